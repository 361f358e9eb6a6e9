"""A hurried visitor: edits of a page's controls at random intervals; is each one what was entered?

    PYTHONPATH=.:tests python -m helpers.edits SECONDS [SEED [PAGE ...]]

starts the program on a store of its own, with networks that come in and a busy processor beside it,
and prints every edit that was lost.
"""

import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import TimeoutError

PAGES = ("", "ensembles", "width", "training_time", "spectrum", "phase_map", "data", "runs")

PAUSES = (50, 200, 500, 1200, 1200, 2500)
"""Milliseconds between two edits. Most edits were lost about 1.2 s after the one before."""

_NUMBERS = {
    "n_test": ("50", "100", "150", "200"),
    "noise": ("0.5", "0.25"),
    "sigma_w": ("1", "1.2", "1.6"),
    "sigma_b": ("0.1", "0.3"),
    "depth": ("1", "3"),
    "n_low": ("20", "25", "30"),
    "n_high": ("300", "400", "500"),
    "n_points": ("3", "4", "5"),
    "draws": ("1", "2", "4"),
    "jitter": ("0.001", "0.01"),
    "seed": ("1", "2", "17"),
    "fit_low": ("60", "70"),
    "fit_high": ("200", "250"),
    "extrapolate": ("5000", "10000"),
    "members": ("3", "7", "12", "30"),
    "steps": ("20", "133", "400"),
    "eta": ("0.5", "0.75"),
    "tolerance": ("5", "20"),
    "n_train": ("40", "60", "90"),
    "tau_low": ("0.2", "1"),
    "tau_high": ("1000", "50000"),
    "n_times": ("9", "13"),
    "sample": ("200", "300"),
}
"""What is entered into number inputs, by the last part of their key; any two go together."""

_TEXTS = {
    "depths": ("1", "1, 3", "2, 3, 5"),
    "widths": ("16, 32", "32, 128, 512", "24, 48"),
    "n_train": ("50, 100, 400", "40, 80", "30, 60, 90, 120"),
    "noises": ("0, 1", "0, 0.5, 2"),
    "x_values": ("1, 1.5", "0.8, 1.2, 1.6"),
    "y_values": ("1, 2", "1, 3, 5"),
    "text": ("relu", "digits", "width"),
}
_DATA_SETS = ("Calorimeter showers", "Handwritten digits, 8 × 8")
_CHOICES = {
    "activation": ("erf", "relu", "gelu"),
    "preparation": ("each on a sphere", "one common scale", "as they are"),
    "order": ("asked for first", "asked for last"),
}
_TOGGLES = ("linear", "parts", "whiten", "everything", "archived")

_READ = """key => {
    const box = document.querySelector(`.st-key-${key}`)
    if (!box) return null
    const input = box.querySelector('input')
    return input.type === 'checkbox' ? String(input.checked) : input.value
}"""
_NOTE_CLICKS = """key => {
    window.clicks = 0
    document.addEventListener('click', event => {
        window.clicks += event.target.closest?.(`.st-key-${key} label`) ? 1 : 0
    }, true)
}"""
_KEYS = """() => [...document.querySelectorAll('[data-testid=stSidebar] [class*="st-key-"]')]
    .map(box => [[...box.classList].find(c => c.startsWith('st-key-')).slice(7),
                 box.querySelector('input:not(:disabled)')])
    .filter(([, input]) => input)
    .map(([key, input]) => [key, input.type, input.getAttribute('role')])"""


@dataclass(frozen=True)
class Edit:
    """One edit: whose control, what kind of one (number, text, choice, toggle), and its value."""

    key: str
    kind: str
    value: str

    @property
    def field(self) -> str:
        """Of the page's view, as it is written in the address."""
        return self.key.split("_", 1)[1]

    def do(self, page, rng):
        """Enters it."""
        box = page.locator(f".st-key-{self.key}")
        folded = box.locator("xpath=ancestor::details[not(@open)]")
        if folded.count():
            folded.locator("summary").click()
        control = box.locator("input").first
        if self.kind == "choice":
            option = page.get_by_role("option", name=self.value, exact=True).first
            for _ in range(5):  # a list that a busy page has closed is opened again
                control.click()
                with contextlib.suppress(TimeoutError):
                    option.click(timeout=6000)
                    return
            raise AssertionError(f"{self.value} could not be chosen in five tries")
        elif self.kind == "toggle":
            page.evaluate(_NOTE_CLICKS, self.key)
            for _ in range(5):  # a fold that is opening moves it away from under the mouse
                box.locator("label").first.click()
                page.wait_for_timeout(100)
                if page.evaluate("window.clicks"):
                    return
            raise AssertionError(f"{self.key} could not be clicked in five tries")
        else:
            control.fill(self.value)
            control.press(rng.choice(["Enter", "Tab"]))

    def shown(self, page):
        """Whether the control shows it."""
        found = page.evaluate(_READ, self.key)
        if found is None:
            return False
        return _same(found, self.value) if self.kind in ("number", "text") else found == self.value

    def kept(self, page):
        """Whether the address, which says what the page shows, has it."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
        found = query.get(self.field)
        return self.kind not in ("number", "text") or not found or _same(found[0], self.value)


def _same(one, other):
    """Whether two texts are the same numbers, or else the same text."""
    try:
        a, b = ([float(item) for item in text.split(",")] for text in (one, other))
    except ValueError:
        return one == other
    return a == b


def planned(page, rng, n=4):
    """A few edits of different controls that the page has."""
    found = {key: (kind, role) for key, kind, role in page.evaluate(_KEYS)}
    possible = []
    for key, (kind, role) in found.items():
        name = key.split("_", 1)[-1]
        if kind == "checkbox" and name in _TOGGLES:
            possible.append((key, "toggle", None))
        elif role == "combobox" and name in _CHOICES:
            possible.append((key, "choice", _CHOICES[name]))
        elif kind == "number" and name in _NUMBERS:
            possible.append((key, "number", _NUMBERS[name]))
        elif kind == "text" and role is None and name in _TEXTS:
            possible.append((key, "text", _TEXTS[name]))
    edits = []
    for key, kind, values in rng.sample(possible, min(n, len(possible))):
        now = page.evaluate(_READ, key)
        if kind == "toggle":
            value = "false" if now == "true" else "true"
        else:
            value = rng.choice([value for value in values if not _same(now, value)])
        edits.append(Edit(key, kind, value))
    data = next((key for key in found if key.endswith("_dataset")), None)
    if data is not None and rng.random() < 0.5:
        # First, since what suits one data set may be fitted to another one.
        others = [name for name in _DATA_SETS if name != page.evaluate(_READ, data)]
        edits.insert(0, Edit(data, "choice", rng.choice(others)))
    return edits


def sequence(page, address, rng, patience=30.0):
    """Opens a page, edits it in a hurry and waits until all edits are there and stay.

    Returns:
        The edits, and those of them that are not there.
    """
    page.goto(address)
    page.locator("[data-testid=stSidebar] input").nth(2).wait_for(timeout=90_000)
    page.wait_for_timeout(rng.choice([300, 1500, 4000]))
    edits = planned(page, rng)
    for edit in edits:
        edit.do(page, rng)
        page.wait_for_timeout(rng.choice(PAUSES))
    end, seen = time.monotonic() + patience, 0
    while True:
        lost = [edit for edit in edits if not (edit.shown(page) and edit.kept(page))]
        seen = 0 if lost else seen + 1
        if seen == 3 or time.monotonic() > end:  # a value that is put back comes a little later
            return edits, lost
        page.wait_for_timeout(1000)


def main(seconds, seed="0", *pages):
    """Many sequences on all pages; the process's exit code."""
    from playwright.sync_api import sync_playwright

    from helpers.serving import CHROMIUM_FLAGS, serving

    rng, end = random.Random(int(seed)), time.monotonic() + float(seconds)
    tries, failures = 0, 0
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        stop = threading.Event()
        threading.Thread(target=_launch, args=(Path(folder), stop), daemon=True).start()
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
                )
                while time.monotonic() < end:
                    name = rng.choice(pages or PAGES)
                    page = browser.new_page(
                        viewport={"width": 1440, "height": 1200}, bypass_csp=True
                    )
                    edits, lost = sequence(page, f"{address}/{name}", rng)
                    tries += 1
                    if lost:
                        failures += 1
                        print("LOST", name, edits, lost, page.url, flush=True)
                        page.screenshot(
                            path=Path(tempfile.gettempdir()) / f"lost-{seed}-{failures}.png"
                        )
                    page.close()
                    if tries % 10 == 0:
                        print(f"{tries} sequences, {failures} with a lost edit", flush=True)
                browser.close()
        finally:
            stop.set()
            busy.kill()
    print(f"{tries} sequences, {failures} with a lost edit")
    return min(failures, 1)


def _launch(folder, stop):
    """Networks that come in while edits are made: one small ensemble after the other."""
    from ntk_uq.jobs.asking import submit
    from ntk_uq.specs import DataSpec, EnsembleSpec, OptimizerSpec
    from ntk_uq.store import open_store

    store = open_store(folder / "store")
    for seed in range(10_000):
        spec = EnsembleSpec(
            DataSpec(n_test=50, seed=seed),
            optimizer=OptimizerSpec(steps=50),
            widths=(32,),
            n_train=(50,),
            members=8,
        )
        submit(store.jobs, spec)
        if stop.wait(5):
            return


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
