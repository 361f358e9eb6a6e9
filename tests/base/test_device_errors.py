"""Errors of an accelerator, as XLA raises them, in words."""

import pytest
from jax.errors import JaxRuntimeError

from ntk_uq.base import device_errors
from ntk_uq.base.errors import DeviceLostError, MemoryLimitError

FULL = [
    "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.",
    "INTERNAL: Failed to allocate: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
    "INTERNAL: cuSolver: CUSOLVER_STATUS_ALLOC_FAILED",
]
LOST = [
    "INTERNAL: Failed to synchronize: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access",
    "UNKNOWN: CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered",
    "INTERNAL: cuBLAS: CUBLAS_STATUS_EXECUTION_FAILED",
    "UNAVAILABLE: device lost",
    "INTERNAL: GPU 0 has fallen off the bus",
]


@pytest.mark.parametrize("text", FULL)
def test_a_full_card_says_what_to_choose_smaller(text):
    error = device_errors.told(JaxRuntimeError(text), "width")
    assert isinstance(error, MemoryLimitError)
    assert str(error).startswith("The accelerator's memory is full")
    assert "Choose a smaller width" in str(error)


@pytest.mark.parametrize("text", LOST)
def test_a_card_that_failed_says_how_and_what_to_look_at(text):
    error = device_errors.told(JaxRuntimeError(text + "\nwith details"), "width")
    assert isinstance(error, DeviceLostError)
    assert f"({text})" in str(error)
    assert "nvidia-smi" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        JaxRuntimeError("INTERNAL: something else"),
        JaxRuntimeError("INVALID_ARGUMENT: shapes"),
        ValueError("RESOURCE_EXHAUSTED"),
        RuntimeError("CUDA_ERROR_UNKNOWN"),
    ],
)
def test_what_is_no_accelerators_doing_is_left_alone(error):
    assert device_errors.told(error, "width") is None
