"""Without the checks of shapes, which take two thirds of what is in small steps.

For what a test does hundreds of times; other tests do the same a few times with the checks.
"""

import contextlib

import jaxtyping


@contextlib.contextmanager
def unchecked():
    """Within it, and in a function that it decorates, shapes are not checked."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
