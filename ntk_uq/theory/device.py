"""The device that JAX computes on."""

import jax


def device() -> str:
    """It in words."""
    first = jax.devices()[0]
    return f"{first.platform}: {first.device_kind}"


def accelerator_memory() -> int | None:
    """Bytes that JAX may take on the accelerator that it computes on; None where that is a CPU."""
    if jax.default_backend() == "cpu":
        return None
    return int((jax.devices()[0].memory_stats() or {}).get("bytes_limit", 0))


def accelerator_memory_used() -> int:
    """Bytes that JAX has given to arrays there."""
    return int((jax.devices()[0].memory_stats() or {}).get("bytes_in_use", 0))
