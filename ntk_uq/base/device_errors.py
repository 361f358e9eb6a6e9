"""What an accelerator's errors mean, by type and text, since XLA has one type for all."""

from ntk_uq.base.errors import DeviceLostError, MemoryLimitError, NtkUqError

_TYPES = ("JaxRuntimeError", "XlaRuntimeError")
_FULL = ("RESOURCE_EXHAUSTED", "CUDA_ERROR_OUT_OF_MEMORY", "_STATUS_ALLOC_FAILED")
_LOST = (
    "CUDA_ERROR_",
    "cudaError",
    "HIP_ERROR_",
    "hipError",
    "_STATUS_EXECUTION_FAILED",
    "DEVICE LOST",
    "DEVICE IS LOST",
    "FALLEN OFF THE BUS",
)
_SHOWN = 200


def is_full(error: BaseException) -> bool:
    """Whether an accelerator had no memory left."""
    return _has(error, _FULL)


def is_lost(error: BaseException) -> bool:
    """Whether an accelerator failed or is gone; its process has to be started anew to use it."""
    return _has(error, _LOST) and not is_full(error)


def told(error: BaseException, smaller: str) -> NtkUqError | None:
    """An accelerator's error as one of ours, in words; None if it is none.

    Args:
        smaller: what to choose smaller where the memory does not suffice.
    """
    if is_full(error):
        return MemoryLimitError(
            "The accelerator's memory is full: this takes more than was estimated, or another "
            f"program has some of it. Choose a smaller {smaller}, or end that program "
            "and ask for the rest again."
        )
    if is_lost(error):
        said = str(error).splitlines()[0][:_SHOWN]
        return DeviceLostError(
            f"The accelerator failed while this was computed ({said}). Ask for the rest again; if "
            "it fails again, look at it with nvidia-smi and at the system's log, or set "
            "JAX_PLATFORMS=cpu to compute on the processor."
        )
    return None


def _has(error: BaseException, marks: tuple[str, ...]) -> bool:
    text = str(error).upper()
    return type(error).__name__ in _TYPES and any(mark.upper() in text for mark in marks)
