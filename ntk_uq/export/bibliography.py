"""What the numbers rest on, as BibTeX."""

from collections.abc import Iterable
from dataclasses import dataclass

from ntk_uq.specs import DataSpec, TrainingSpec

PAPER = "elsharkawy2025"
"""The paper that the program follows."""


@dataclass(frozen=True)
class Reference:
    """Something to cite.

    Attributes:
        kind: of the entry, such as ``article``.
        fields: of BibTeX, in their order; titles in braces keep their capitals.
    """

    kind: str
    fields: tuple[tuple[str, str], ...]

    def entry(self, key: str) -> str:
        """The BibTeX entry."""
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in self.fields)
        return f"@{self.kind}{{{key},\n{lines}\n}}\n"

    def words(self) -> str:
        """Authors, title and where, in one line without markup."""
        found = dict(self.fields)
        authors = _without_markup(found["author"]).split(" and ")
        short = f"{authors[0]} et al." if len(authors) > 3 else "; ".join(authors)
        where = found.get("journal") or found.get("booktitle") or found.get("institution")
        where = where or found.get("publisher") or ""
        numbers = " ".join(filter(None, (found.get("volume"), found.get("pages"))))
        place = f"{where} {numbers}".strip().replace("--", "–")
        parts = (short, _without_markup(found["title"]), place, found["year"])
        text = ", ".join(part for part in parts if part)
        if "eprint" in found:
            text += f", arXiv:{found['eprint']}"
        return f"{text}, doi:{found['doi']}" if "doi" in found else text


def _source(kind: str, **found: str) -> Reference:
    return Reference(kind, tuple(found.items()))


def _arxiv(identifier: str) -> dict[str, str]:
    return {"eprint": identifier, "archiveprefix": "arXiv"}


_CHALLENGE = (
    "Faucci Giannelli, Michele and Kasieczka, Gregor and Krause, Claudius and Nachman, Ben and "
    "Salamani, Dalila and Shih, David and Zaborowska, Anna"
)

SOURCES: dict[str, Reference] = {
    PAPER: _source(
        "misc",
        author="Elsharkawy, Ibrahim and Kahn, Yonatan and Hooberman, Benjamin",
        title="{Uncertainty Quantification From Scaling Laws in Deep Neural Networks}",
        year="2025",
        **_arxiv("2503.05938"),
    ),
    "novak2020": _source(
        "inproceedings",
        author=(
            "Novak, Roman and Xiao, Lechao and Hron, Jiri and Lee, Jaehoon and Alemi, Alexander A. "
            "and Sohl-Dickstein, Jascha and Schoenholz, Samuel S."
        ),
        title="{Neural Tangents: Fast and Easy Infinite Neural Networks in Python}",
        booktitle="International Conference on Learning Representations",
        year="2020",
        **_arxiv("1912.02803"),
    ),
    "dyer2020": _source(
        "inproceedings",
        author="Dyer, Ethan and Gur-Ari, Guy",
        title="{Asymptotics of Wide Networks from Feynman Diagrams}",
        booktitle="International Conference on Learning Representations",
        year="2020",
        **_arxiv("1909.11304"),
    ),
    "yaida2020": _source(
        "inproceedings",
        author="Yaida, Sho",
        title="{Non-Gaussian processes and neural networks at finite widths}",
        booktitle="Mathematical and Scientific Machine Learning",
        year="2020",
        **_arxiv("1910.00019"),
    ),
    "poole2016": _source(
        "inproceedings",
        author=(
            "Poole, Ben and Lahiri, Subhaneil and Raghu, Maithra and Sohl-Dickstein, Jascha and "
            "Ganguli, Surya"
        ),
        title="{Exponential expressivity in deep neural networks through transient chaos}",
        booktitle="Advances in Neural Information Processing Systems",
        volume="29",
        year="2016",
        **_arxiv("1606.05340"),
    ),
    "schoenholz2017": _source(
        "inproceedings",
        author=(
            "Schoenholz, Samuel S. and Gilmer, Justin and Ganguli, Surya and Sohl-Dickstein, Jascha"
        ),
        title="{Deep Information Propagation}",
        booktitle="International Conference on Learning Representations",
        year="2017",
        **_arxiv("1611.01232"),
    ),
    "hayou2019": _source(
        "inproceedings",
        author="Hayou, Soufiane and Doucet, Arnaud and Rousseau, Judith",
        title="{On the Impact of the Activation Function on Deep Neural Networks Training}",
        booktitle="International Conference on Machine Learning",
        year="2019",
        **_arxiv("1902.06853"),
    ),
    "roberts2022": _source(
        "book",
        author="Roberts, Daniel A. and Yaida, Sho and Hanin, Boris",
        title="{The Principles of Deep Learning Theory}",
        publisher="Cambridge University Press",
        year="2022",
        **_arxiv("2106.10165"),
    ),
    "jacot2018": _source(
        "inproceedings",
        author="Jacot, Arthur and Gabriel, Franck and Hongler, Cl{\\'e}ment",
        title="{Neural Tangent Kernel: Convergence and Generalization in Neural Networks}",
        booktitle="Advances in Neural Information Processing Systems",
        volume="31",
        year="2018",
        **_arxiv("1806.07572"),
    ),
    "lee2018": _source(
        "inproceedings",
        author=(
            "Lee, Jaehoon and Bahri, Yasaman and Novak, Roman and Schoenholz, Samuel S. and "
            "Pennington, Jeffrey and Sohl-Dickstein, Jascha"
        ),
        title="{Deep Neural Networks as Gaussian Processes}",
        booktitle="International Conference on Learning Representations",
        year="2018",
        **_arxiv("1711.00165"),
    ),
    "lee2019": _source(
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
        **_arxiv("1902.06720"),
    ),
    "lee2020": _source(
        "inproceedings",
        author=(
            "Lee, Jaehoon and Schoenholz, Samuel S. and Pennington, Jeffrey and Adlam, Ben and "
            "Xiao, Lechao and Novak, Roman and Sohl-Dickstein, Jascha"
        ),
        title="{Finite Versus Infinite Neural Networks: an Empirical Study}",
        booktitle="Advances in Neural Information Processing Systems",
        volume="33",
        year="2020",
        **_arxiv("2007.15801"),
    ),
    "efron1979": _source(
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
    "efron1987": _source(
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
    "hurvich1989": _source(
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
    "imhof1961": _source(
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
    "koltchinskii2000": _source(
        "article",
        author="Koltchinskii, Vladimir and Gin{\\'e}, Evarist",
        title="{Random Matrix Approximation of Spectra of Integral Operators}",
        journal="Bernoulli",
        volume="6",
        number="1",
        pages="113--167",
        year="2000",
    ),
    "alpaydin1998": _source(
        "misc",
        author="Alpaydin, E. and Kaynak, C.",
        title="{Optical Recognition of Handwritten Digits}",
        publisher="UCI Machine Learning Repository",
        year="1998",
        doi="10.24432/C50P49",
    ),
    "lecun1998": _source(
        "article",
        author="LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick",
        title="{Gradient-Based Learning Applied to Document Recognition}",
        journal="Proceedings of the IEEE",
        volume="86",
        number="11",
        pages="2278--2324",
        year="1998",
        doi="10.1109/5.726791",
        note="Published with the MNIST database of Y. LeCun, C. Cortes and C. J. C. Burges",
    ),
    "krizhevsky2009": _source(
        "techreport",
        author="Krizhevsky, Alex",
        title="{Learning Multiple Layers of Features from Tiny Images}",
        institution="University of Toronto",
        year="2009",
    ),
    "grindhammer2000": _source(
        "misc",
        author="Grindhammer, Guenter and Peters, Sven",
        title=(
            "{The Parameterized Simulation of Electromagnetic Showers in Homogeneous and Sampling "
            "Calorimeters}"
        ),
        year="2000",
        **_arxiv("hep-ex/0001020"),
    ),
    "calochallenge1": _source(
        "misc",
        author=_CHALLENGE,
        title="{Fast Calorimeter Simulation Challenge 2022 - Dataset 1}",
        publisher="Zenodo",
        year="2023",
        doi="10.5281/zenodo.8099322",
    ),
    "calochallenge2": _source(
        "misc",
        author=_CHALLENGE,
        title="{Fast Calorimeter Simulation Challenge 2022 - Dataset 2}",
        publisher="Zenodo",
        year="2022",
        doi="10.5281/zenodo.6366271",
    ),
}
"""Everything that a view may rest on, by the key of its BibTeX entry."""

_DATASETS = {
    "digits": "alpaydin1998",
    "mnist": "lecun1998",
    "cifar10": "krizhevsky2009",
    "calorimeter": "grindhammer2000",
    "calochallenge1-photons": "calochallenge1",
    "calochallenge1-pions": "calochallenge1",
    "calochallenge2-electrons": "calochallenge2",
}


def of_data(spec: DataSpec) -> tuple[str, ...]:
    """Keys of what a data set and its preparation rest on; none for a file of one's own."""
    keys = [_DATASETS[spec.dataset]] if spec.dataset in _DATASETS else []
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
    return "\n".join(SOURCES[key].entry(key) for key in dict.fromkeys(keys))


def _without_markup(text: str) -> str:
    return text.replace("{\\'e}", "é").replace("{", "").replace("}", "")
