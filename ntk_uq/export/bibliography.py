"""What the numbers rest on, as BibTeX."""

from collections.abc import Iterable

from ntk_uq import datasets
from ntk_uq.base.live_mapping import Live
from ntk_uq.base.references import Reference
from ntk_uq.specs import DataSpec, TrainingSpec

PAPER = "elsharkawy2025"
"""The paper that the program follows."""

LITERATURE = (
    Reference.of(
        PAPER,
        "misc",
        author="Elsharkawy, Ibrahim and Kahn, Yonatan and Hooberman, Benjamin",
        title="{Uncertainty Quantification From Scaling Laws in Deep Neural Networks}",
        year="2025",
        arxiv="2503.05938",
    ),
    Reference.of(
        "novak2020",
        "inproceedings",
        author=(
            "Novak, Roman and Xiao, Lechao and Hron, Jiri and Lee, Jaehoon and Alemi, Alexander A. "
            "and Sohl-Dickstein, Jascha and Schoenholz, Samuel S."
        ),
        title="{Neural Tangents: Fast and Easy Infinite Neural Networks in Python}",
        booktitle="International Conference on Learning Representations",
        year="2020",
        arxiv="1912.02803",
    ),
    Reference.of(
        "dyer2020",
        "inproceedings",
        author="Dyer, Ethan and Gur-Ari, Guy",
        title="{Asymptotics of Wide Networks from Feynman Diagrams}",
        booktitle="International Conference on Learning Representations",
        year="2020",
        arxiv="1909.11304",
    ),
    Reference.of(
        "yaida2020",
        "inproceedings",
        author="Yaida, Sho",
        title="{Non-Gaussian processes and neural networks at finite widths}",
        booktitle="Mathematical and Scientific Machine Learning",
        year="2020",
        arxiv="1910.00019",
    ),
    Reference.of(
        "poole2016",
        "inproceedings",
        author=(
            "Poole, Ben and Lahiri, Subhaneil and Raghu, Maithra and Sohl-Dickstein, Jascha and "
            "Ganguli, Surya"
        ),
        title="{Exponential expressivity in deep neural networks through transient chaos}",
        booktitle="Advances in Neural Information Processing Systems",
        volume="29",
        year="2016",
        arxiv="1606.05340",
    ),
    Reference.of(
        "schoenholz2017",
        "inproceedings",
        author=(
            "Schoenholz, Samuel S. and Gilmer, Justin and Ganguli, Surya and Sohl-Dickstein, Jascha"
        ),
        title="{Deep Information Propagation}",
        booktitle="International Conference on Learning Representations",
        year="2017",
        arxiv="1611.01232",
    ),
    Reference.of(
        "hayou2019",
        "inproceedings",
        author="Hayou, Soufiane and Doucet, Arnaud and Rousseau, Judith",
        title="{On the Impact of the Activation Function on Deep Neural Networks Training}",
        booktitle="International Conference on Machine Learning",
        year="2019",
        arxiv="1902.06853",
    ),
    Reference.of(
        "roberts2022",
        "book",
        author="Roberts, Daniel A. and Yaida, Sho and Hanin, Boris",
        title="{The Principles of Deep Learning Theory}",
        publisher="Cambridge University Press",
        year="2022",
        arxiv="2106.10165",
    ),
    Reference.of(
        "jacot2018",
        "inproceedings",
        author="Jacot, Arthur and Gabriel, Franck and Hongler, Cl{\\'e}ment",
        title="{Neural Tangent Kernel: Convergence and Generalization in Neural Networks}",
        booktitle="Advances in Neural Information Processing Systems",
        volume="31",
        year="2018",
        arxiv="1806.07572",
    ),
    Reference.of(
        "lee2018",
        "inproceedings",
        author=(
            "Lee, Jaehoon and Bahri, Yasaman and Novak, Roman and Schoenholz, Samuel S. and "
            "Pennington, Jeffrey and Sohl-Dickstein, Jascha"
        ),
        title="{Deep Neural Networks as Gaussian Processes}",
        booktitle="International Conference on Learning Representations",
        year="2018",
        arxiv="1711.00165",
    ),
    Reference.of(
        "lee2019",
        "inproceedings",
        author=(
            "Lee, Jaehoon and Xiao, Lechao and Schoenholz, Samuel S. and Bahri, Yasaman and Novak, "
            "Roman and Sohl-Dickstein, Jascha and Pennington, Jeffrey"
        ),
        title=(
            "{Wide Neural Networks of Any Depth Evolve as Linear Models Under Gradient Descent}"
        ),
        booktitle="Advances in Neural Information Processing Systems",
        volume="32",
        year="2019",
        arxiv="1902.06720",
    ),
    Reference.of(
        "lee2020",
        "inproceedings",
        author=(
            "Lee, Jaehoon and Schoenholz, Samuel S. and Pennington, Jeffrey and Adlam, Ben and "
            "Xiao, Lechao and Novak, Roman and Sohl-Dickstein, Jascha"
        ),
        title="{Finite Versus Infinite Neural Networks: an Empirical Study}",
        booktitle="Advances in Neural Information Processing Systems",
        volume="33",
        year="2020",
        arxiv="2007.15801",
    ),
    Reference.of(
        "efron1979",
        "article",
        author="Efron, Bradley",
        title="{Bootstrap Methods: Another Look at the Jackknife}",
        journal="The Annals of Statistics",
        volume="7",
        number="1",
        pages="1--26",
        year="1979",
        doi="10.1214/aos/1176344552",
    ),
    Reference.of(
        "efron1987",
        "article",
        author="Efron, Bradley",
        title="{Better Bootstrap Confidence Intervals}",
        journal="Journal of the American Statistical Association",
        volume="82",
        number="397",
        pages="171--185",
        year="1987",
        doi="10.1080/01621459.1987.10478410",
    ),
    Reference.of(
        "hurvich1989",
        "article",
        author="Hurvich, Clifford M. and Tsai, Chih-Ling",
        title="{Regression and Time Series Model Selection in Small Samples}",
        journal="Biometrika",
        volume="76",
        number="2",
        pages="297--307",
        year="1989",
        doi="10.1093/biomet/76.2.297",
    ),
    Reference.of(
        "imhof1961",
        "article",
        author="Imhof, J. P.",
        title="{Computing the Distribution of Quadratic Forms in Normal Variables}",
        journal="Biometrika",
        volume="48",
        number="3/4",
        pages="419--426",
        year="1961",
        doi="10.1093/biomet/48.3-4.419",
    ),
    Reference.of(
        "soven1967",
        "article",
        author="Soven, Paul",
        title="{Coherent-Potential Model of Substitutional Disordered Alloys}",
        journal="Physical Review",
        volume="156",
        number="3",
        pages="809--813",
        year="1967",
        doi="10.1103/PhysRev.156.809",
    ),
    Reference.of(
        "bordelon2020",
        "inproceedings",
        author="Bordelon, Blake and Canatar, Abdulkadir and Pehlevan, Cengiz",
        title=(
            "{Spectrum Dependent Learning Curves in Kernel Regression and Wide Neural Networks}"
        ),
        booktitle="International Conference on Machine Learning",
        year="2020",
        arxiv="2002.02561",
    ),
    Reference.of(
        "simon2023",
        "article",
        author=(
            "Simon, James B. and Dickens, Madeline and Karkada, Dhruva and DeWeese, Michael R."
        ),
        title=(
            "{The Eigenlearning Framework: A Conservation Law Perspective on Kernel Regression "
            "and Wide Neural Networks}"
        ),
        journal="Transactions on Machine Learning Research",
        year="2023",
        arxiv="2110.03922",
    ),
    Reference.of(
        "bahri2021",
        "misc",
        author=(
            "Bahri, Yasaman and Dyer, Ethan and Kaplan, Jared and Lee, Jaehoon and Sharma, Utkarsh"
        ),
        title="{Explaining Neural Scaling Laws}",
        year="2021",
        arxiv="2102.06701",
    ),
    Reference.of(
        "koltchinskii2000",
        "article",
        author="Koltchinskii, Vladimir and Gin{\\'e}, Evarist",
        title="{Random Matrix Approximation of Spectra of Integral Operators}",
        journal="Bernoulli",
        volume="6",
        number="1",
        pages="113--167",
        year="2000",
    ),
)


def _sources() -> dict[str, Reference]:
    cited = (dataset.reference for dataset in datasets.REGISTRY.values())
    return {each.key: each for each in (*LITERATURE, *cited) if each is not None}


SOURCES = Live(_sources)
"""Everything that a view may rest on, by the key of its BibTeX entry: the literature above, and
what each data set of the registry names."""


OF_FORESEEN = ("soven1967", "bordelon2020", "simon2023", "bahri2021", "koltchinskii2000")
"""Keys of what learning curves foreseen from a kernel rest on."""


def of_data(spec: DataSpec) -> tuple[str, ...]:
    """Keys of what a data set and its preparation rest on; none for a file of one's own."""
    dataset = datasets.REGISTRY.get(spec.dataset)
    keys = [] if dataset is None or dataset.reference is None else [dataset.reference.key]
    return (*keys, *(("lee2020",) if spec.zca is not None else ()))


def of_theory(training: TrainingSpec) -> tuple[str, ...]:
    """Keys of what the numbers of infinite width rest on."""
    how = ("lee2018",) if training.posterior == "bayes" else ("jacot2018", "lee2019")
    return (PAPER, "novak2020", *how)


def bibtex(keys: Iterable[str]) -> str:
    """The entries of some keys, each once.

    Raises:
        KeyError: for a key that is not in :data:`SOURCES`.
    """
    return "\n".join(SOURCES[key].entry() for key in dict.fromkeys(keys))
