"""All of a view in one ZIP file."""

import io
import zipfile

from ntk_uq.base.errors import ExportError
from ntk_uq.export.bibliography import bibtex
from ntk_uq.export.document import document_of, json_of
from ntk_uq.export.exhibit import Exhibit
from ntk_uq.export.html import page_of
from ntk_uq.export.render import render
from ntk_uq.export.sizes import SIZES, picture_of
from ntk_uq.export.table import columns_csv, parquet_of, plain_csv

_MEANING = {
    "README.txt": "this file",
    "table.csv": "every plotted point; no comments, so that any program reads it",
    "columns.csv": "unit and meaning of each column of the table",
    "table.parquet": "the same table with units and provenance in its metadata",
    "view.json": "the same, with fits, findings, provenance and BibTeX (see docs/export.md)",
    "specification.json": "the specification of the view alone",
    "view.html": "figures, numbers and findings in one page for a browser",
    "again.py": "a script that computes the same numbers",
    "again.sh": "commands that do",
    "sources.bib": "what the numbers rest on",
    "figures/": "each figure as PDF and SVG",
}


def zip_of(exhibit: Exhibit, address: str = "", size: str = "column", caption: str = "") -> bytes:
    """Everything about a view as a ZIP file; ``README.txt`` in it says what is what.

    Where figures cannot be drawn into files, it says why: they are in ``view.html`` in any case.

    Args:
        exhibit: the view.
        address: where it can be opened.
        size: of the figures, a key of :data:`ntk_uq.export.sizes.SIZES`.
        caption: what stands below each figure.
    """
    document = document_of(exhibit, address)
    page = page_of([document_of(exhibit, address, figures=True)])
    files: dict[str, str | bytes] = {
        "view.json": json_of(document),
        "specification.json": json_of(document["view"]),
        "view.html": page,
    }
    if exhibit.rows:
        files |= {
            "table.csv": plain_csv(exhibit),
            "columns.csv": columns_csv(exhibit),
            "table.parquet": parquet_of(exhibit, address),
        }
    if exhibit.python:
        files["again.py"] = exhibit.python
    if exhibit.shell:
        files["again.sh"] = "\n".join(exhibit.shell) + "\n"
    if exhibit.sources:
        files["sources.bib"] = bibtex(exhibit.sources)
    drawn, reason = _figures(exhibit, size, caption)
    files |= drawn
    files["README.txt"] = _readme(exhibit, address, files, reason)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{exhibit.stem}/{name}", content)
    return out.getvalue()


def _figures(exhibit: Exhibit, size: str, caption: str) -> tuple[dict[str, bytes], str]:
    """The files of the figures by name, or why there are none."""
    if not exhibit.plots:
        return {}, ""
    names = [(plot, kind) for plot in exhibit.plots for kind in ("pdf", "svg")]
    try:
        files = render(
            [picture_of(p.figure, kind, SIZES[size], caption=caption) for p, kind in names]
        )
    except ExportError as error:
        return {}, str(error)
    return {
        f"figures/{plot.name}.{kind}": content
        for (plot, kind), content in zip(names, files, strict=True)
    }, ""


def _readme(exhibit: Exhibit, address: str, files: dict[str, str | bytes], reason: str) -> str:
    there = {*files, "README.txt"} | {f"{n.split('/')[0]}/" for n in files if "/" in n}
    lines = [exhibit.title, "", exhibit.caption, address, ""]
    lines += [f"{name:<20}{about}" for name, about in _MEANING.items() if name in there]
    if reason:
        lines += ["", f"The figures are not here as PDF and SVG, only in view.html. {reason}"]
    return "\n".join(lines) + "\n"
