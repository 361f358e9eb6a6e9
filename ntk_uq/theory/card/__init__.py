"""The outputs' Gaussian on an accelerator: whole matrices in its memory, and few programs.

| file | what runs there |
| --- | --- |
| `kernels.py` | both kernels of whole sets of examples, or their products, by panels of rows |
| `factor.py` | Cholesky, triangular solves, eigenvectors |
| `condition.py` | Lanczos steps for the condition number |
| `moments.py` | the covariance at one N_D, and what the loss's moments are made of |
| `modes.py` | kernels in the NTK's eigenvectors, for training times, descents and spectra |
| `many.py` | all of a curve for several networks at once, where kernels are small |
| `resident.py` | nothing: inputs that are there already |
| `ahead.py` | what is likely to be asked next, to have it compiled |
| `posterior.py` | nothing: which of these are run, in what order, with what fits |

Sizes are filled up to those of :mod:`ntk_uq.costs.buckets`; what fits is told by
:func:`ntk_uq.costs.memory.card_route`.
"""
