"""What is compiled, counted."""

import jax
import pytest

_SECONDS = "/jax/core/compile/backend_compile_duration"


@pytest.fixture
def compilations():
    """Counts what JAX compiles, or reads from the disk as compiled."""
    counted = []

    def listen(event, seconds, **more):
        if event == _SECONDS:
            counted.append(seconds)

    jax.monitoring.register_event_duration_secs_listener(listen)
    jax.jit(lambda x: x + 1)(1.0)
    assert counted  # it is told
    yield counted
    jax.monitoring.unregister_event_duration_listener(listen)
