"""Help at a control: what it is, its range, what it does to the curves, and where that is derived.

What a field is and may hold follows from the specifications. Here stands what it does.
"""

from typing import Any

from ntk_uq.base.fields import Increasing, Maybe, Real, Whole, about, check_of

THEORY = "docs/theory.md"

_EFFECTS: dict[str, tuple[str, int]] = {
    # data
    "dataset": (
        "Levels and exponents belong to data and network together: a harder target falls slower.",
        10,
    ),
    "n_test": ("More of them lower the floor of ε as $1/\\sqrt{N_T}$; the own part stays.", 4),
    "seed": ("Another one draws other examples: curves move by about their errors.", 5),
    "preparation": ("It changes the kernel, and with it levels and exponents.", 10),
    "zca": ("Makes all directions of the inputs equally important, noise included.", 10),
    "target": ("Sets the unit of the loss: μ and σ of different choices do not compare.", 10),
    "noise": ("Raises μ, most where training goes to the end; early stopping then helps.", 10),
    # network
    "depth": ("Another kernel with every layer, and so other levels and exponents.", 2),
    "depths": ("A curve for each, with levels and exponents of its own.", 2),
    "activation": ("Sets the kernel, and for which σ_w and σ_b signals reach deep layers.", 14),
    "sigma_w": (
        "Larger ones spread the outputs before training: more variance, a larger σ; with depth, "
        "they lead from order to chaos.",
        14,
    ),
    "sigma_b": ("Larger ones make inputs more alike: an offset that all of them share.", 14),
    # training in the theory
    "kind": (
        "To convergence, the training set is fitted exactly; earlier, slow directions are left. "
        "A Bayesian network has another mean and another spread than a trained one.",
        2,
    ),
    "time": ("A longer one learns slower directions, and fits noise as well.", 6),
    "steps": ("More of them learn slower directions; the theory takes the same number.", 2),
    "eta": ("What counts for the theory is about η times the steps; near 2 training diverges.", 2),
    "jitter": (
        "A ridge: the training set is no longer fitted exactly, nearly equal examples do no harm, "
        "and μ of clean data rises where it is large.",
        7,
    ),
    # what varies
    "vary": ("A curve for each value, with levels and exponents of its own.", 2),
    # grids and fits
    "n_low": ("Curves begin there; small ones may lie before the power law, and bend.", 8),
    "n_high": ("Curves end there; the cost grows as its cube.", 6),
    "n_points": ("Laws need five or more, and exponents a factor 4 in $N_D$.", 8),
    "draws": ("More of them give errors, which fall as one over the root of their number.", 5),
    "test": (
        "Folds take every example of the pool as a test example once, and the test part stays "
        "unused; $N_D$ is then the number of examples that are used. The floor of ε falls as folds "
        "grow.",
        5,
    ),
    "fit_low": ("Fits leave out what lies below; empty finds the widest window that passes.", 8),
    "fit_high": ("Fits leave out what lies above.", 8),
    "law": ("Changes lines, legend and extrapolation, and no point.", 8),
    "extrapolate": ("Draws laws with their 95 % bands so far beyond the data.", 8),
    "bayes": ("Adds dashed curves with open markers, and their ratios below.", 2),
    "foreseen": (
        "Adds dashed lines through crosses up to half of the sample, where they pass a check on "
        "it, and ratios below.",
        11,
    ),
    "parts": ("Adds dashed and dotted lines; the parts of μ add up to it.", 3),
    "axis": ("A power law is straight on logarithmic axes alone; no number changes.", 8),
    # finite networks
    "widths": ("A curve for each; wider ones come closer to infinite width, as one over it.", 12),
    "n_train": ("An ensemble at each; more examples lower μ and σ.", 12),
    "members": ("More networks shrink the bars: σ of 20 has about 16 % of error, of 80 8 %.", 12),
    "optimizer": ("Gradient descent has a theory beside it; the others depart from it.", 12),
    "momentum": ("Larger ones move faster along slow directions; no theory beside it.", 12),
    "batch_size": ("Smaller ones make steps noisier; no theory beside it.", 12),
    "net_steps": ("More of them learn slower directions; their own limit takes as many.", 12),
    "net_eta": ("Only its product with the steps counts, well below 2; at 2 they diverge.", 12),
    "tolerance": ("Widens the grey band; the width that is needed goes about as one over it.", 13),
    "shown_width": ("Only which networks are shown one by one below.", 12),
    "shown_n_train": ("Only which training set the plots show.", 12),
    # training time
    "against": ("What is on the horizontal axis; the rest makes several curves, or one.", 6),
    "family": ("A curve for each of its values.", 6),
    "noises": ("A curve or a point for each; the minimum of μ moves to earlier times.", 10),
    "jitters": ("A curve or a point for each; a ridge does what early stopping does.", 7),
    "tau_low": ("Curves begin there: below 1 not even the fastest direction is learnt.", 6),
    "tau_high": ("Curves end there: beyond λ_max/λ_min all directions are learnt.", 6),
    "n_times": ("More of them show a sharper minimum, at little cost.", 6),
    "finite": ("Adds trained networks of the widths below; launch them first.", 12),
    "networks": ("Which curve the networks belong to.", 12),
    "training": ("Adds the loss on the training set: the gap is what does not generalize.", 6),
    # maps
    "x": ("Replaces that field's own control; every value is a column of cells.", 14),
    "y": ("Replaces that field's own control; every value is a row of cells.", 14),
    "sizes": ("Fits an exponent in every cell, at that many times the cost.", 8),
    "quantity": ("Colours alone; nothing is computed again.", 3),
    "scale": ("Colours alone; a logarithm shows small differences beside large ones.", 14),
    # data page
    "curve": ("Adds open points: 3 draws, tested on the test set of the other pages.", 5),
    "sample": ("More of them reach smaller eigenvalues; the cost grows as the cube.", 11),
}


def of(cls: type, name: str) -> str:
    """Help for the control of a specification's field, as Markdown.

    Args:
        cls: the specification.
        name: of the field.
    """
    return beside(about(cls, name), name, range_of(check_of(cls, name)))


def beside(what: str, name: str, span: str = "") -> str:
    """Help for a control that stands for several fields, or for none.

    Args:
        what: it is.
        name: of what it does to the curves.
        span: what it may hold; "" where the control shows that itself.
    """
    lines = [f"{what[0].upper()}{what[1:]}."]
    if span:
        lines.append(f"Range: {span}.")
    if name in _EFFECTS:  # that of a page that somebody has added may do nothing to curves
        does, section = _EFFECTS[name]
        lines += [does, f"Theory: {THEORY}, section {section}."]
    return "\n\n".join(lines)


def range_of(check: Any) -> str:
    """What a field may hold, in words; "" for a choice, which shows it."""
    if isinstance(check, Maybe):
        inner = range_of(check.inner)
        return f"{inner}, or empty" if inner else ""
    if isinstance(check, Increasing):
        return f"up to {check.longest} numbers with commas between, rising; {range_of(check.item)}"
    if isinstance(check, Whole):
        return f"whole numbers from {check.low:,} to {check.high:,}"
    if isinstance(check, Real):
        low = f"above {check.low:g}" if check.above else f"from {check.low:g}"
        return f"{low} {'and below' if check.below else 'to'} {check.high:,.15g}"
    return ""
