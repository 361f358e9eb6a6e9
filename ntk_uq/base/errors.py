"""The exceptions that a user sees.

Every message is a sentence for the person who made the mistake: what was got, what is allowed,
what to do. Interfaces show ``str(error)`` and nothing else; anything that is not an
:class:`NtkUqError` is a defect of the program.
"""

from typing import Any


class NtkUqError(Exception):
    """Base of everything that is reported to a user in words, without a traceback."""


class SpecError(NtkUqError, ValueError):
    """A field of a specification is out of its range, or fields contradict each other."""


class LinkError(SpecError):
    """A permalink that cannot be read: unknown version, missing, unknown or malformed field."""


class DataError(NtkUqError):
    """A data file is damaged, or is not what its name says."""


class MissingDataError(DataError):
    """A data set's files are not where the settings say.

    Attributes:
        data: the specification of the data that are missing, where that is known.
    """

    data: Any = None


class PrivateDataError(DataError):
    """A data set, or what was computed from it, is shown to its owner alone."""


class FetchError(DataError):
    """No mirror delivered a data set's file."""


class MemoryLimitError(NtkUqError):
    """The computation does not fit into the memory that the settings allow."""


class CostLimitError(NtkUqError):
    """The computation takes longer than the settings allow."""


class SingularKernelError(NtkUqError):
    """A kernel matrix is not positive definite in float64."""


class KernelOverflowError(SpecError):
    """A kernel, or what is made of it, is not finite in float64."""


class StoreError(NtkUqError):
    """The store cannot be used: wrong version, not writable, not ours."""


class StoreNotWritableError(StoreError):
    """Nothing can be written to the store; what is in it may still be read."""


class StoreReadOnlyError(StoreNotWritableError):
    """The store was opened for reading alone."""


class StoreFullError(StoreNotWritableError):
    """A result could not be written because the disk, or a quota, is full."""


class StoreGoneError(StoreError):
    """The store's files are not where they were when it was opened."""


class StoreDamagedError(StoreError):
    """A file of the store does not hold what was written into it."""


class NotAllowedError(NtkUqError):
    """Somebody may not do that; who may is said."""


class QuotaError(NotAllowedError):
    """Somebody has used up what she may have; when there is room again is said."""


class EngineError(NtkUqError):
    """The engine, or a worker, could not do what was asked."""


class ExportError(NtkUqError):
    """Something cannot be written to a file, or a saved file cannot be opened."""


class DeviceLostError(NtkUqError):
    """An accelerator failed, or is gone, while something was computed on it."""
