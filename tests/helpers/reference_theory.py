"""What the theory's tests share: small problems, and answers by other routes than the package's."""

import numpy as np
from scipy.special import erf

from ntk_uq import datasets
from ntk_uq.specs import ArchitectureSpec, DataSpec

LONG = np.longdouble  # 80 bits on x86: three digits more than the package has


def neural_tangents():
    """neural-tangents, made importable by the package's stand-ins first."""
    from ntk_uq.networks.architecture import build

    build(ArchitectureSpec())
    import neural_tangents as nt

    return nt


def digits(n_train, n_test, seed=0, draw=0):
    """The split that a curve with these numbers sees."""
    return datasets.load_split(
        datasets.get("digits"), DataSpec(n_test=n_test, seed=seed), n_train, draw
    )


def dataset(inputs, targets, n_pool, n_outputs=10, preparation="sphere"):
    """A data set in memory: the first ``n_pool`` rows are the pool, the rest the test part.

    Integer targets are classes, others a regression's.
    """
    classes = np.issubdtype(np.asarray(targets).dtype, np.integer)
    examples = datasets.Examples(
        inputs[:n_pool], targets[:n_pool], inputs[n_pool:], targets[n_pool:]
    )
    # What is prepared is remembered by data set and fingerprint, so it must tell sets apart.
    fingerprint = f"{preparation} {np.asarray(inputs).tobytes().__hash__()}"
    return datasets.Dataset(
        name="memory",
        title="In memory",
        about="",
        task="classification" if classes else "regression",
        n_outputs=n_outputs if classes else 1,
        shape=(inputs.shape[1],),
        input_unit="1",
        target_unit="1",
        preparation=preparation,
        citation="",
        sizes=lambda: (n_pool, len(inputs) - n_pool),
        fingerprint=lambda: fingerprint,
        load=lambda: examples,
    )


def random_spd(n, rng, condition=1e4):
    """A random symmetric matrix of that condition number."""
    vectors = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return (vectors * np.geomspace(1, 1 / condition, n)) @ vectors.T


def relu_expectations(q1, q2, k):
    """E[phi(u) phi(v)], E[phi'(u) phi'(v)] for ReLU; Cho and Saul, NeurIPS 2009."""
    angle = np.arccos(np.clip(k / np.sqrt(q1 * q2), -1, 1))
    pi = LONG("3.14159265358979323846264338327950288")
    value = np.sqrt(q1 * q2) * (np.sin(angle) + (pi - angle) * np.cos(angle)) / (2 * pi)
    return value, (pi - angle) / (2 * pi)


def erf_expectations(q1, q2, k):
    """The same for erf; Williams, NeurIPS 1996."""
    pi = LONG("3.14159265358979323846264338327950288")
    product = (1 + 2 * q1) * (1 + 2 * q2)
    return 2 / pi * np.arcsin(2 * k / np.sqrt(product)), 4 / pi / np.sqrt(product - 4 * k * k)


def linear_expectations(q1, q2, k):
    return k, np.ones_like(k)


def _cdf(x):
    return (1 + erf(x / np.sqrt(2))) / 2


ACTIVATIONS = {
    "erf": (lambda x: erf(x), lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x)),
    "gelu": (
        lambda x: x * _cdf(x),
        lambda x: _cdf(x) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi),
    ),
}


def by_quadrature(activation, nodes=180):
    """E[phi(u) phi(v)], E[phi'(u) phi'(v)] by Gauss-Hermite quadrature in two dimensions."""
    x, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()
    functions = ACTIVATIONS[activation]

    def expectations(q1, q2, k):
        q1, q2, k = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (q1, q2, k)))
        out = np.empty((2, *k.shape))
        for index in np.ndindex(k.shape):
            s = np.sqrt(q1[index])
            along = k[index] / s
            across = np.sqrt(max(q2[index] - along**2, 0.0))
            u = s * x[:, None]
            v = along * x[:, None] + across * x[None, :]
            for which, phi in enumerate(functions):
                out[(which, *index)] = weights @ (phi(u) * phi(v)) @ weights
        return out[0], out[1]

    return expectations


def kernels_by_recursion(spec, x1, x2, expectations):
    """NNGP and NTK between two sets of examples from a layer's two Gaussian expectations.

    ``K_{l+1} = sigma_w^2 E[phi phi] + sigma_b^2``,
    ``T_{l+1} = K_{l+1} + sigma_w^2 E[phi' phi'] T_l``; Jacot et al., arXiv:1806.07572.
    """
    w2, b2 = LONG(spec.sigma_w) ** 2, LONG(spec.sigma_b) ** 2
    x1, x2 = x1.astype(LONG), x2.astype(LONG)
    d = x1.shape[1]
    k = w2 * (x1 @ x2.T) / d + b2
    q1 = (w2 * np.sum(x1 * x1, axis=1) / d + b2)[:, None] + 0 * k
    q2 = (w2 * np.sum(x2 * x2, axis=1) / d + b2)[None, :] + 0 * k
    t = k
    for _ in range(spec.depth):
        value, slope = expectations(q1, q2, k)
        k_next = w2 * value + b2
        t = k_next + w2 * slope * t
        # The diagonals need their own recursion: k = q1 = q2.
        q1 = w2 * expectations(q1, q1, q1)[0] + b2
        q2 = w2 * expectations(q2, q2, q2)[0] + b2
        k = k_next
    return k, t
