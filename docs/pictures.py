"""Takes the pictures of the README: ``make pictures`` (with Debian's chromium; some minutes).

The program runs on a store of its own with data sets that it brings along, trains what the pages
show, and is photographed as a visitor with a window of 1440 pixels sees it.
"""

import shutil
import sys
import tempfile
import urllib.parse
from pathlib import Path

from helpers.serving import CHROMIUM_FLAGS, serving
from playwright.sync_api import sync_playwright

from ntk_uq.base.fields import Spec
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import DataSpec, MapSpec, OptimizerSpec
from ntk_uq.store import JobState, open_store
from ntk_uq.views import CurvesView, DataView, EnsemblesView, PhaseMapView, WidthView

HERE = Path(__file__).parent
WAIT = 900_000  # milliseconds: networks are trained meanwhile

_SMALL = {"data": DataSpec(n_test=200), "optimizer": OptimizerSpec(steps=200), "members": 20}
VIEWS: dict[str, tuple[str, Spec, int]] = {
    "scaling-curves": (
        "",
        CurvesView(finite=True, depths=(1, 3), widths=(128,), n_low=50, n_high=800, n_points=5),
        1400,
    ),
    "ensembles": (
        "ensembles",
        EnsemblesView(widths=(32, 128, 512), n_train=(50, 100, 200, 400), **_SMALL),
        1500,
    ),
    "width": (
        "width",
        WidthView(depths=(1, 2), widths=(16, 32, 64, 128, 256, 512), n_train=(100,), **_SMALL),
        1560,
    ),
    "phase-map": (
        "phase_map",
        PhaseMapView(
            MapSpec(
                n_train=200,
                x="sigma_w",
                x_values=tuple(round(0.6 + 0.2 * k, 1) for k in range(11)),
                y="depth",
                y_values=(1, 2, 3, 4, 6, 8),
                draws=1,
            ),
            row=2,
            column=4,
        ),
        1150,
    ),
    "data": ("data", DataView(), 1250),
}
"""Of each picture the page, what it shows, and the window's height."""

_DRAWN = """() => {
  const plots = [...document.querySelectorAll('.ntk-uq-row > div')]
  const done = document.querySelector('[data-testid=stApp]')?.dataset.testScriptState
  const said = document.querySelector('[data-testid=stMain]')?.innerText ?? ''
  return done === 'notRunning' && said.length > 500 && plots.length
    && plots.every(e => e.querySelector('.main-svg'))
    && !/being computed|networks trained|cells computed|: …/.test(said)
}"""


def main(*names: str) -> None:
    """Those of these names, or all of them, into this folder."""
    views = {name: VIEWS[name] for name in names or VIEWS}
    with tempfile.TemporaryDirectory() as base, serving(Path(base)) as address:
        jobs = open_store(Path(base) / "store").jobs
        for _, view, _ in views.values():
            for spec in _launched(view):
                submit(jobs, spec)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
            )
            for name, (page_address, view, height) in views.items():
                page = browser.new_page(viewport={"width": 1440, "height": height}, bypass_csp=True)
                page.goto(f"{address}/{page_address}?{urllib.parse.urlencode(view.to_query())}")
                page.wait_for_function(_DRAWN, timeout=WAIT)
                while jobs.count((JobState.QUEUED, JobState.RUNNING)):
                    page.wait_for_timeout(1000)
                page.wait_for_function(_DRAWN, timeout=WAIT)
                page.wait_for_timeout(3000)  # points glide in, the last word of the engine comes
                page.screenshot(path=HERE / f"{name}.png")
                print(name, flush=True)
                page.close()
            browser.close()


def _launched(view: Spec) -> list[Spec]:
    """What a page computes only when somebody has pressed its button."""
    if isinstance(view, CurvesView):
        return [spec for spec in view.networks() if spec is not None]
    if isinstance(view, WidthView):
        return list(view.ensembles())
    if isinstance(view, EnsemblesView):
        return [view.ensembles()]
    return [view.map] if isinstance(view, PhaseMapView) else []


if __name__ == "__main__":
    main(*sys.argv[1:])
