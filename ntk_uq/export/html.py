"""Views as one HTML file that needs nothing else: figures, tables, findings, how to get them again.

Plotly's JavaScript is in it once. It asks no server for anything, and a policy in its head has the
browser hold it to that: no script runs but those that are written here, whatever a title or a note
holds.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.io as pio
from plotly.offline import get_plotlyjs

from ntk_uq.export.bibliography import SOURCES, bibtex
from ntk_uq.export.document import Document, figure_json, figure_of
from ntk_uq.export.exhibit import Value
from ntk_uq.export.sizes import fit
from ntk_uq.figures import PLOT_CONFIG

MOST_ROWS = 60
"""Rows of a table that are printed; all of them are in the file behind the link beside it."""

_STYLE = Path(__file__).with_name("report.css")
_FIGURE_WIDTH = 680
_CONFIG = {
    **PLOT_CONFIG,
    "modeBarButtons": [*PLOT_CONFIG["modeBarButtons"], ["toImage"]],
    "toImageButtonOptions": {"format": "svg", "filename": "ntk-uq"},
    "responsive": False,
}
_DRAW = """
for (const place of document.querySelectorAll("[data-figure]")) {
  const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  figure.layout.template = template;
  Plotly.newPlot(place, figure.data, figure.layout, config);
}
"""


def page_of(
    documents: Sequence[Document],
    title: str = "",
    introduction: str = "",
    headings: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """One HTML page of some views.

    Args:
        documents: the views, with their figures (:func:`ntk_uq.export.document.document_of`).
        title: of the page; that of the first view where there is none.
        introduction: what stands before the views.
        headings: one for each view; by default the views' own titles.
        notes: one for each view, or none at all; lines are kept.
    """
    headings = headings or [document["title"] for document in documents]
    title = title or (headings[0] if headings else "Report")
    scripts = [get_plotlyjs(), _setup(), _DRAW]
    parts = [f"<h1>{_text(title)}</h1>", _paragraphs(introduction, "introduction")]
    for number, (document, heading) in enumerate(zip(documents, headings, strict=True), 1):
        note = notes[number - 1] if notes else ""
        parts.append(_view(document, number, heading, note, len(documents) > 1))
    parts.append(_bibliography(documents))
    body = "\n".join(part for part in parts if part)
    code = "\n".join(f"<script>{script}</script>" for script in scripts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>\n"
        f"{body}\n</main>\n{code}\n</body>\n</html>\n"
    )


def _policy(scripts: Sequence[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def _setup() -> str:
    template = pio.templates["plotly"].to_plotly_json()
    return f"const template = {_script_json(template)}, config = {_script_json(_CONFIG)};"


def _view(document: Document, number: int, heading: str, note: str, numbered: bool) -> str:
    count = f"{number}. " if numbered else ""
    parts = [
        f"<h2>{count}{_text(heading)}</h2>",
        f'<p class="caption">{_text(document["caption"])}</p>' if document["caption"] else "",
        _paragraphs(note, "note"),
        *(_figure(f, f"figure-{number}-{i}") for i, f in enumerate(document.get("figures", ()))),
        _list(document["findings"]),
        _table(document),
        _details(document),
    ]
    return f"<section>\n{chr(10).join(part for part in parts if part)}\n</section>"


def _figure(item: Mapping[str, Any], name: str) -> str:
    fitted = figure_json(fit(figure_of(item["figure"]), _FIGURE_WIDTH))
    height = fitted["layout"]["height"]
    return (
        f'<figure aria-label="{_text(item["title"])}">\n'
        f'<div data-figure="{name}" style="width:{_FIGURE_WIDTH}px;height:{height:g}px"></div>\n'
        f'<script type="application/json" id="{name}">{_script_json(fitted)}</script>\n</figure>'
    )


def _table(document: Document) -> str:
    if not document["columns"] or not document["rows"]:
        return ""
    about = "".join(
        f"<dt>{_text(c['name'])}</dt><dd>{_text(c['about'])}</dd>"
        for c in document["columns"]
        if c["about"]
    )
    data = base64.b64encode(json.dumps(document, ensure_ascii=False).encode()).decode()
    tables = "\n".join(_part(document["columns"], rows) for rows in _parts(document))
    return (
        '<details open><summary>Numbers</summary>\n<p><a download="view.json" '
        f'href="data:application/json;base64,{data}">All numbers as JSON</a></p>\n'
        f"{tables}\n</details>\n<details><summary>The columns</summary><dl>{about}</dl></details>"
    )


def _parts(document: Document) -> list[list[dict[str, Value]]]:
    """The rows, in a list for each kind of them where there are several."""
    kinds: dict[Value, list[dict[str, Value]]] = {}
    for row in document["rows"]:
        kinds.setdefault(row.get("part"), []).append(row)
    return list(kinds.values())


def _part(all_columns: list[dict[str, str]], rows: list[dict[str, Value]]) -> str:
    columns, common = _columns(all_columns, rows)
    head = "".join(map(_head, columns))
    body = "\n".join(
        f"<tr>{''.join(_cell(row.get(c['name'])) for c in columns)}</tr>"
        for row in rows[:MOST_ROWS]
    )
    shown = "" if len(rows) <= MOST_ROWS else f"The first {MOST_ROWS} of {len(rows):,} rows. "
    said = f"<p>{shown}{common}</p>\n" if shown or common else ""
    table = f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"
    return f'{said}<div class="wide">{table}</div>'


def _columns(
    columns: list[dict[str, str]], rows: list[dict[str, Value]]
) -> tuple[list[dict[str, str]], str]:
    """The columns that tell rows apart, and a sentence about those that are the same in all."""
    same = {c["name"]: rows[0].get(c["name"]) for c in columns if len(rows) > 1}
    same = {n: v for n, v in same.items() if all(row.get(n) == v for row in rows)}
    told = [f"{n} {_plain(v)}" for n, v in same.items() if v not in (None, "")]
    sentence = f"The same in all rows: {_text(', '.join(told))}." if told else ""
    return [c for c in columns if c["name"] not in same], sentence


def _plain(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _head(column: Mapping[str, str]) -> str:
    unit = f"<br><small>[{_text(column['unit'])}]</small>" if column["unit"] else ""
    return f"<th>{_text(column['name'])}{unit}</th>"


def _cell(value: Value) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, bool | str):
        return f'<td class="words">{_text(str(value))}</td>'
    return f"<td>{value:,}</td>" if isinstance(value, int) else f"<td>{value:.6g}</td>"


def _details(document: Document) -> str:
    origin = "".join(
        f"<dt>{_text(key)}</dt><dd>{_text(_words(value))}</dd>"
        for key, value in document["provenance"].items()
    )
    link = document["link"]
    where = f'<a href="{_text(link)}">{_text(link)}</a>' if _is_address(link) else _text(link)
    code = _code("Python", document["python"]) + _code("Shell", "\n".join(document["shell"]))
    return (
        "<details><summary>Where it comes from, and how to get it again</summary>\n"
        f"<dl>{origin}<dt>live view</dt><dd>{where}</dd>"
        f"<dt>written by</dt><dd>{_text(document['program'])}</dd></dl>\n{code}</details>"
    )


def _bibliography(documents: Sequence[Document]) -> str:
    keys = dict.fromkeys(key for d in documents for key in d["sources"] if key in SOURCES)
    if not keys:
        return ""
    lines = "".join(f"<li>{_text(SOURCES[key].words())}</li>" for key in keys)
    return (
        f"<section><h2>Sources</h2>\n<ul>{lines}</ul>\n"
        f"<details><summary>BibTeX</summary>{_code('', bibtex(keys))}</details></section>"
    )


def _code(name: str, text: str) -> str:
    heading = f"<h3>{name}</h3>" if name else ""
    return f"{heading}<pre>{_text(text)}</pre>" if text else ""


def _list(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(s)}</li>' for s in sentences)}</ul>" if sentences else ""


def _paragraphs(text: str, kind: str) -> str:
    pieces = [piece for piece in text.split("\n\n") if piece.strip()]
    return "".join(f'<p class="{kind}">{_text(p).replace(chr(10), "<br>")}</p>' for p in pieces)


def _is_address(link: str) -> bool:
    """Whether it can be a link: nothing but http, or a script could stand in it."""
    return link.startswith(("http://", "https://"))


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _script_json(value: Any) -> str:
    """JSON that cannot end the script in which it stands."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text
