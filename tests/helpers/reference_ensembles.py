"""What the ensembles' tests share: a network and its training written out in NumPy, float64."""

import numpy as np
from scipy.special import erf

from ntk_uq import datasets
from ntk_uq.specs import DataSpec
from ntk_uq.training.program import initialize

SLOPES = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "erf": (erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-z * z)),
    "gelu": (
        lambda z: z * (1 + erf(z / np.sqrt(2))) / 2,
        lambda z: (1 + erf(z / np.sqrt(2))) / 2 + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi),
    ),
    "linear": (lambda z: z, np.ones_like),
}


def digits(n_train, n_test, draw=0, seed=0):
    """The split that an ensemble with these numbers sees."""
    return datasets.load_split(
        datasets.get("digits"), DataSpec(n_test=n_test, seed=seed), n_train, draw
    )


def keys(m, first=0):
    return np.arange(2 * m, dtype=np.uint32).reshape(m, 2) + np.uint32(first)


class NumpyNetwork:
    """A fully connected network in NTK parameterization with backpropagation by hand."""

    def __init__(self, spec, width, n_outputs, n_features, key):
        """Starts where the package's network of that key starts."""
        start, order = initialize(spec, width, n_outputs, n_features, key[None])
        layers = [layer for layer in start if layer]
        self.w = [np.asarray(layer[0][0], float) for layer in layers]
        self.b = [np.asarray(layer[1][0], float) for layer in layers]
        self.order_key = np.asarray(order)[0]
        self.spec = spec
        self.phi, self.slope = SLOPES[spec.activation]

    @property
    def parameters(self):
        return [*self.w, *self.b]

    def forward(self, x):
        """Outputs, the inputs of each affine map, and its outputs."""
        inputs, outputs = [], []
        h = x
        for i, (w, b) in enumerate(zip(self.w, self.b, strict=True)):
            inputs.append(h)
            z = self.spec.sigma_w / np.sqrt(len(w)) * (h @ w) + self.spec.sigma_b * b
            outputs.append(z)
            h = self.phi(z) if i < len(self.w) - 1 else z
        return h, inputs, outputs

    def __call__(self, x):
        return self.forward(x)[0]

    def gradient(self, x, y, scale=1.0):
        """Of ``scale sum |f - y|^2 / 2`` with respect to :attr:`parameters`."""
        f, inputs, outputs = self.forward(x)
        delta = scale * (f - y)
        grad_w, grad_b = [], []
        for i in reversed(range(len(self.w))):
            norm = self.spec.sigma_w / np.sqrt(len(self.w[i]))
            grad_w.append(norm * inputs[i].T @ delta)
            grad_b.append(self.spec.sigma_b * delta.sum(axis=0, keepdims=True))
            if i:
                delta = norm * (delta @ self.w[i].T) * self.slope(outputs[i - 1])
        return [*grad_w[::-1], *grad_b[::-1]]


def train_by_hand(network, rule, x, y, steps, batches=None):
    """Trains in place: ``rule(gradients) -> steps to add``; batches: an iterator of indices."""
    for _ in range(steps):
        if batches is None:
            gradients = network.gradient(x, y)
        else:
            rows = next(batches)
            gradients = network.gradient(x[rows], y[rows], len(x) / len(rows))
        for parameter, update in zip(network.parameters, rule(gradients), strict=True):
            parameter += update


def descent(step, momentum=0.0):
    """Gradient descent with a heavy ball."""
    velocity = {}

    def rule(gradients):
        for i, g in enumerate(gradients):
            velocity[i] = momentum * velocity.get(i, 0.0) + g
        return [-step * velocity[i] for i in range(len(gradients))]

    return rule


def adam(rate, decay1=0.9, decay2=0.999, tiny=1e-8):
    """Kingma and Ba, arXiv:1412.6980, algorithm 1."""
    first, second, t = {}, {}, 0

    def rule(gradients):
        nonlocal t
        t += 1
        out = []
        for i, g in enumerate(gradients):
            first[i] = decay1 * first.get(i, 0.0) + (1 - decay1) * g
            second[i] = decay2 * second.get(i, 0.0) + (1 - decay2) * g * g
            m, v = first[i] / (1 - decay1**t), second[i] / (1 - decay2**t)
            out.append(-rate * m / (np.sqrt(v) + tiny))
        return out

    return rule
