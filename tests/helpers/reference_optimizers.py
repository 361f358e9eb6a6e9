"""Update rules written out in NumPy, and optax's, for tests that compare with them."""

import jax
import numpy as np
import optax


def nesterov(step, momentum):
    """As Nesterov writes it, with two sequences: x from a step down at y, y ahead of x."""
    x, y = {}, {}

    def rule(gradients):
        out = []
        for i, g in enumerate(gradients):
            old, here = x.get(i, 0.0), y.get(i, 0.0)
            x[i] = here - step * g
            y[i] = x[i] + momentum * (x[i] - old)
            out.append(y[i] - here)
        return out

    return rule


def sign_descent(rate):
    """The same step for every parameter, downhill."""
    return lambda gradients: [-rate * np.sign(g) for g in gradients]


def optax_updates(optimizer, gradient, memory, step):
    """In place of the program's own: the transformation that optax has under that name."""
    if optimizer.name == "adam":
        rule = optax.adam(step.size)
        start, rest = rule.init(gradient)
        mean, square = memory
        state = (start._replace(count=step.number - 1, mu=mean, nu=square), rest)
        moved, (after, _) = rule.update(gradient, state)
        return moved, (after.mu, after.nu)
    rule = optax.sgd(step.size, momentum=step.settings.momentum)
    if not memory:
        return rule.update(gradient, rule.init(gradient))[0], ()
    start, rest = rule.init(gradient)
    moved, (after, _) = rule.update(gradient, (start._replace(trace=memory[0]), rest))
    return moved, (jax.tree.map(lambda a: a, after.trace),)
