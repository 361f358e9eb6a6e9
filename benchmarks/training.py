"""How fast finite networks are trained, beside what a bare float32 matrix product reaches.

    python benchmarks/training.py [--json] [--repetitions 9]

Each repetition measures the product and the training one after the other, so that what else the
machine does meets both; the ratio is that of medians. Operations of a step are the textbook's
(``ntk_uq.ensembles.estimate.step_flops``): with the first layer in the span of the data fewer are
done, and the ratio can exceed 1; ``done`` counts those that are.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ntk_uq.ensembles.estimate import span_step_flops, step_flops
from ntk_uq.ensembles.members import threads
from ntk_uq.ensembles.seeds import key_data
from ntk_uq.ensembles.training import in_span, train
from ntk_uq.specs import ArchitectureSpec, OptimizerSpec
from ntk_uq.theory.kernels import device

PRODUCT = 1024
SHAPES = (  # n_train, features, width, depth: MNIST's and digits' inputs
    (500, 784, 512, 2),
    (2000, 784, 512, 2),
    (500, 784, 1024, 2),
    (500, 784, 128, 2),
    (100, 64, 64, 2),
    (100, 64, 256, 2),
    (100, 64, 1024, 2),
)
N_OUTPUTS = 10
SECONDS = 1.0
"""About how long one measurement of a training takes."""


def timed(compute: Callable[[], object]) -> float:
    start = time.perf_counter()
    compute()
    return time.perf_counter() - start


def measure(
    n: int,
    d: int,
    width: int,
    depth: int,
    span: bool,
    beside: int,
    at_once: int,
    repetitions: int,
) -> dict[str, float | int | str]:
    """One line of the table: ``beside`` networks in a program, ``at_once`` programs."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n + 10, d))
    x *= np.sqrt(d) / np.linalg.norm(x, axis=1, keepdims=True)
    y = np.eye(N_OUTPUTS)[rng.integers(0, N_OUTPUTS, n)] - 1 / N_OUTPUTS
    keys = np.stack([key_data(i) for i in range(beside)])
    pool = ThreadPoolExecutor(at_once)
    spec, data = ArchitectureSpec(depth), (x[:n], y, x[n:])
    # A step so small that a training of any length is sound; it costs the same.
    step_size = 1e-3 / n

    def program(steps: int) -> None:
        train(spec, OptimizerSpec(), width, keys, data, step_size, np.array([0, steps]), span)

    def run(steps: int) -> None:
        list(pool.map(program, [steps] * at_once))

    a = jnp.asarray(rng.standard_normal((PRODUCT, PRODUCT)), jnp.float32)
    dot = jax.jit(lambda m: m @ m)
    host = np.asarray(a)

    def product() -> None:
        jax.block_until_ready(dot(a))

    def host_product() -> None:
        host @ host

    product()
    host_product()
    program(1)
    few = max(1, round(SECONDS / 4 / timed(lambda: run(2)) * 2))
    steps = max(2, round(few * SECONDS / timed(lambda: run(few))))
    seconds: dict[str, list[float]] = {"product": [], "numpy": [], "run": []}
    for _ in range(repetitions):
        seconds["product"] += [timed(product) for _ in range(5)]
        seconds["numpy"] += [timed(host_product) for _ in range(5)]
        # Initialization and two evaluations are counted as if they were steps: a difference of
        # two timings can be anything on a busy machine.
        seconds["run"].append(timed(lambda: run(steps)))
    median = {name: float(np.median(values)) for name, values in seconds.items()}
    per_step = median["run"] / steps / (beside * at_once)
    nominal = step_flops(n, d, width, depth, N_OUTPUTS)
    done = span_step_flops(n, width, depth, N_OUTPUTS) if span else nominal
    bare = 2 * PRODUCT**3 / median["product"]
    return {
        "n_train": n,
        "features": d,
        "width": width,
        "depth": depth,
        "beside": beside,
        "at_once": at_once,
        "first_layer": "span" if span else "direct",
        "steps": steps,
        "ms_per_step": 1e3 * per_step,
        "gflops": nominal / per_step / 1e9,
        "product_gflops": bare / 1e9,
        "numpy_gflops": 2 * PRODUCT**3 / median["numpy"] / 1e9,
        "ratio": nominal / per_step / bare,
        "ratio_done": done / per_step / bare,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--first", action="store_true", help="only the first shape")
    options = parser.parse_args()
    rows = []
    if not options.json:
        print(f"float32 on {device()}; GF/s, medians of {options.repetitions}")
        print(
            "n_train    d  width depth beside at_once  1st layer  ms/step   GF/s  product  numpy",
            end="",
        )
        print("  ratio  (done)")
    for shape in SHAPES[:1] if options.first else SHAPES:
        n, d = shape[:2]
        span = in_span("gd", n, d)
        variants = {(False, 1, 1), (False, 4, 1), (span, 1, 1), (span, 1, threads())}
        for variant in sorted(variants):
            row = measure(*shape, *variant, options.repetitions)
            rows.append(row)
            if not options.json:
                print(
                    "{n_train:7d} {features:4d} {width:6d} {depth:5d} {beside:6d} {at_once:7d} "
                    "{first_layer:>10s} {ms_per_step:8.3f} {gflops:6.0f} {product_gflops:8.0f} "
                    "{numpy_gflops:6.0f} {ratio:6.2f}  {ratio_done:6.2f}".format(**row),
                    flush=True,
                )
    if options.json:
        print(json.dumps({"device": device(), "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
