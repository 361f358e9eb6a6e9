"""Hostile texts wherever somebody may write one, looked at in a real Chromium.

They point to a listener on loopback: nothing of what they say may ask it, run, or be a link. Texts
stand in links (any field of any page), names of files and columns, labels and tags of runs, names
of saved views, and in reports.
"""

import contextlib
import json
import re
import shutil
import time
import urllib.parse
from dataclasses import is_dataclass

import numpy as np
from helpers.made import figure, made
from helpers.serving import CHROMIUM_FLAGS

from attack.elsewhere import leading
from attack.figures import Aim
from attack.listener import Listener
from attack.product import Product
from attack.trial import LeftOut, Trial
from ntk_uq import views
from ntk_uq.base.errors import NtkUqError
from ntk_uq.export import Plot
from ntk_uq.export.document import document_of
from ntk_uq.export.report import Report
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.store.named_views import NamedView
from ntk_uq.ui import pages
from ntk_uq.views import CurvesView

AIMS = {
    "sights": Aim("pages looked at", None),
    "requests": Aim("requests that arrived elsewhere", 0, safety=True),
    "dialogs": Aim("dialogs, scripts that ran", 0, safety=True),
    "links": Aim("links to elsewhere shown", 0, safety=True),
    "unshown": Aim("pages that did not come", 0),
}

_WAIT = 15_000  # milliseconds
_LONGEST = 25.0  # seconds that one look may take
_SETTLED = 400
_TEXTS = ("text", "tags", "baseline", "dataset", "selected", "kinds", "states", "values", "v")
"""Fields of links that hold texts: they come first."""


def payloads(base: str) -> list[str]:
    """Texts that are pictures, links and scripts to whoever reads them so."""
    return [
        f"![a]({base}/picture) [b]({base}/link) <{base}/auto> {base}/bare "
        f"$\\href{{{base}/tex}}{{x}}$ [j](javascript:alert(1)) :red[{base}/red]",
        f'"><img src={base}/image onerror=alert(1)>'
        f'<script>alert(2);fetch("{base}/script")</script>',
        f"</style><style>@import '{base}/style';</style><iframe src={base}/frame></iframe>"
        "<svg onload=alert(3)>",
        f"<a href='{base}/a'>x</a><b>y</b>`` ![p]({base}/p)",
    ]


def run(trial: Trial):
    """Looks at as many pages as there is time for, what holds texts of files and people first."""
    playwright = _playwright()
    listener = Listener()
    with contextlib.closing(listener), Product(trial) as product, playwright() as driver:
        product.start_web()
        product.start_engine(wait=0)
        _write_into(product.store, listener)
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        looks = _Looks(browser, listener.netloc)
        for name, look in _sights(trial, product.address, listener):
            if trial.seconds_left() < _LONGEST:
                break
            looks.at(name, look)
        yield "sights", looks.count, ""
        visited = sorted(set(listener.visited))
        yield "requests", len(listener.visited), ", ".join(visited)[:300]
        yield "dialogs", len(looks.dialogs), "; ".join(looks.dialogs)[:300]
        yield "links", len(looks.links), "; ".join(dict.fromkeys(looks.links))[:400]
        yield "unshown", len(looks.unshown), "; ".join(looks.unshown)[:300]
        browser.close()


def _playwright():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise LeftOut("Playwright is not installed") from None
    if shutil.which("chromium") is None:
        raise LeftOut("no chromium; on Debian: apt install chromium")
    return sync_playwright


class _Looks:
    """Pages that were looked at, and what was wrong with them.

    Each is in a browser context of its own, under the pages' own policy, as a visitor has it.
    """

    def __init__(self, browser, netloc: str) -> None:
        self._browser, self._netloc = browser, netloc
        self.count, self.dialogs, self.links, self.unshown = 0, [], [], []

    def at(self, name: str, look) -> None:
        start = time.monotonic()
        context = self._browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(_WAIT)
        page = context.new_page()
        page.on("dialog", lambda dialog: self._dialog(name, dialog))
        try:
            look(page)
            page.wait_for_timeout(_SETTLED)
        except Exception as error:  # noqa: BLE001 (a page that does not come is one of the figures)
            self.unshown.append(f"{name}: {str(error).splitlines()[0][:80]}")
        finally:
            with contextlib.suppress(Exception):
                found = leading(page.content(), self._netloc)
                self.links += [f"{name}: {words}" for words in found]
            self.count += 1
            context.close()
            print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)  # into the part's log

    def _dialog(self, name: str, dialog) -> None:
        self.dialogs.append(f"{name}: {dialog.message[:40]}")
        dialog.dismiss()


def _sights(trial: Trial, address: str, listener: Listener):
    """What is looked at, each with a name: a function of a page that opens it."""
    yield "labels and tags of runs", lambda page: _opened(page, f"{address}/runs")
    yield "one run", lambda page: _one_run(page, address)
    for place, text in enumerate(payloads(listener.base)[: trial.size(4, 1)]):
        file = _file(place, text)
        yield f"file and columns {place}", lambda page, file=file: _upload(page, address, *file)
    refused = _report(listener.base, fetching=True)
    yield "report that fetches a picture", lambda page: _open_report(page, address, refused)
    report = _report(listener.base)
    yield "report", lambda page: _open_report(page, address, report)
    path = trial.folder / "report.html"
    path.write_text(report.to_html(), encoding="utf-8")
    yield "report as HTML", lambda page: page.goto(path.as_uri())
    links = [*_links(trial, address, listener.base)]
    for name, link in links[: trial.size(len(links), 8)]:
        yield f"link, {name}", lambda page, link=link: _opened(page, link)


def _opened(page, link: str) -> None:
    page.goto(link)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_role("heading", level=1).first.wait_for()


def _links(trial: Trial, address: str, base: str):
    """One hostile field a link; fields that hold texts first, those of all pages in turn."""
    texts, rng = payloads(base), trial.random("links")
    found = [("page", f"{address}/{urllib.parse.quote(texts[0], safe='')}")]
    fields = []
    for name in views.__all__:
        view = getattr(views, name)
        if is_dataclass(view):
            where = f"{address}/{pages.page_of(view()).address}"
            items = view().to_query()
            fields += [(where, items, key) for key in items]
            fields.append((where, items, texts[3]))  # an item that no page knows
    rng.shuffle(fields)
    fields.sort(key=lambda field: field[2] not in _TEXTS)
    for number, (where, items, key) in enumerate(fields):
        value = texts[number % len(texts)]
        link = f"{where}?{urllib.parse.urlencode({**items, key: value})}"
        found.append((f"{key[:20]} of {where.rpartition('/')[2] or 'the first page'}", link))
    return found


def _write_into(store, listener: Listener) -> None:
    """Labels, tags and names of views, as far as they are taken."""
    base = listener.base
    short = (
        *(f"![x]({base}/l)", f"<img src={base}/m>", "<script>alert(4)</script>", f"{base}/n"),
        *(f"[x]({base}/o)", "<svg onload=alert(5)>", f"$\\href{{{base}/q}}{{x}}$"),
    )
    for number, text in enumerate(short):
        spec = CurveSpec(DataSpec(n_test=20, seed=number), ArchitectureSpec(1), n_train=(10, 20))
        job = submit(store.jobs, spec, launched=True)
        with contextlib.suppress(NtkUqError):
            store.jobs.set_label(job.id, text)
        with contextlib.suppress(NtkUqError):
            store.jobs.set_tags(job.id, [text[:24], f"{base}"[:24], "<b>x</b>"])
        with contextlib.suppress(NtkUqError):
            store.views.save(NamedView(text, "", CurvesView().to_query()))


def _one_run(page, address: str) -> None:
    _opened(page, f"{address}/runs")
    rows = page.get_by_role("row")
    if rows.count() > 1:
        rows.nth(1).click()
        page.wait_for_timeout(1000)
    _opened(page, page.url)


def _file(place: int, text: str) -> tuple[str, bytes]:
    """A table whose name and columns are the text; by its last column, classes are, too. The names
    of columns of one of them are too long, and are quoted where it is refused."""
    rng = np.random.default_rng(place)
    quoted = '"' + text.replace('"', '""') + '"'
    lines = [f'{quoted},x1,"{place} {text.replace(chr(34), "")}",y']
    for row in range(60):
        values = ",".join(f"{value:.3f}" for value in rng.normal(size=3))
        lines.append(f"{values},{quoted if row % 2 else 'b'}")
    # A slash ends the part that is shown of a name.
    return f"{text.replace('/', chr(0x2215))[:120]}.csv", "\n".join(lines).encode()


def _upload(page, address: str, name: str, content: bytes) -> None:
    _opened(page, f"{address}/data")
    page.get_by_text("A file of your own").click()
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_text(re.compile("60 rows|at most 200")).first.wait_for()
    if page.get_by_text("60 rows").count() == 0:
        return
    page.get_by_role("button", name="Use these data").click()
    page.wait_for_url(re.compile("dataset=own-"))
    page.get_by_text("examples of").first.wait_for()
    page.wait_for_timeout(2000)  # what is in it is looked through by the engine


def _report(base: str, fetching: bool = False) -> Report:
    """A report of whose texts each is hostile, and whose figures may fetch a picture."""
    report = Report(payloads(base)[0][:200], "\n\n".join(payloads(base)))
    for place, text in enumerate(payloads(base)):
        drawn = figure(title=text)
        drawn.update_xaxes(title=text)
        drawn.add_annotation(text=text, x=1, y=1)
        if fetching:
            drawn.add_layout_image(source=f"{base}/layout.png", x=0, y=1, sizex=1, sizey=1)
        exhibit = made(title=text, words=text, plots=(Plot("mu", text, drawn),))
        document = document_of(exhibit, "http://localhost", figures=True)
        report = report.with_view(json.loads(json.dumps(document)))
        report = report.changed(place, text[:200], text)
    return report


def _open_report(page, address: str, report: Report) -> None:
    _opened(page, f"{address}/report")
    page.locator("input[type=file]").set_input_files(
        {
            "name": "report.json",
            "mimeType": "application/json",
            "buffer": report.to_json().encode(),
        }
    )
    opened = page.get_by_role("textbox", name="Title of view 1")
    opened.or_(page.get_by_text("This is no report")).first.wait_for()
    boxes = page.get_by_text("Figures", exact=True)
    for number in range(min(boxes.count(), 4)):
        boxes.nth(number).click()
        page.wait_for_timeout(700)
