"""The machine's own ceilings, which the other cases are compared with."""

from collections.abc import Iterator

import jax

from benchmarks import ceilings
from benchmarks.plan import Plan
from benchmarks.report import Line, Report, rate
from benchmarks.timing import alternate


def run(plan: Plan) -> Iterator[Report]:
    """Products, copies, a Cholesky factor and eigenvectors, by NumPy or SciPy and by XLA."""
    product, n, n_eigen = plan.size((ceilings.PRODUCT, 4000, 2000), (512, 500, 300))
    count = plan.size(2**25, 2**21)
    found = [
        *(ceilings.numpy_product(dtype, product) for dtype in ("float64", "float32")),
        *(ceilings.xla_product(dtype, product) for dtype in ("float64", "float32")),
        ceilings.numpy_copy(count),
        ceilings.xla_copy(count),
        ceilings.lapack_cholesky(n),
        ceilings.xla_cholesky(n),
        ceilings.lapack_eigenvectors(n_eigen),
        ceilings.xla_eigenvectors(n_eigen),
    ]
    timings = alternate({c.name: c.compute for c in found}, plan.repetitions)
    device = jax.devices()[0]
    report = Report("ceilings", f"what the machine can do; XLA on {device.device_kind}")
    for ceiling in found:
        timing = timings[ceiling.name]
        report.lines.append(Line(ceiling.name, "", timing))
        if ceiling.unit:
            report.values.append(rate(ceiling.name, ceiling.amount, timing, ceiling.unit))
    yield report
