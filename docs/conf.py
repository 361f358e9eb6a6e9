"""How Sphinx makes one site of the guides and of the docstrings; ``make docs``."""

import os
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert

# The project's folder is the source, and this one only configures: so the guides link to each
# other, to README.md and to benchmarks/ with the words that lead there in a checkout, too.
ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from ntk_uq import VERSION  # noqa: E402

project = "ntk_uq"
author = copyright = "The ntk_uq developers"
version = release = VERSION
root_doc = "docs/index"
include_patterns = [
    *("*.md", "benchmarks/*.md", "docs/*.md", "docs/contributing/*.md"),
    "docs/reference/*.rst",
]
exclude_patterns = [".*", "docs/_build", "ntk_uq", "pages", "tests", "dist"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

# Guides: $ and $$ are mathematics, and headings of three levels can be linked to.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# Docstrings: a module tells what it defines itself, in its own order; what it passes on is told
# where it is defined. A type such as bytes is also the name of an attribute somewhere.
autodoc_default_options = {"members": True, "ignore-module-all": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False
default_role = "literal"
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"ntk_uq {VERSION}"
html_math_renderer = "mathml"


def write_reference(_: Any) -> None:
    """A page for each folder of the package, made from the tree: nobody keeps a list of modules."""
    pages = {}
    for init in sorted((ROOT / "ntk_uq").rglob("__init__.py")):
        folder = ".".join(init.parent.relative_to(ROOT).parts)
        lines = _module(folder, "=")
        for path in sorted(init.parent.glob("[!_]*.py")):
            lines += _module(f"{folder}.{path.stem}", "-")
        pages[REFERENCE / f"{folder}.rst"] = "\n".join(lines)
    REFERENCE.mkdir(exist_ok=True)
    for path in set(REFERENCE.iterdir()) - set(pages):
        path.unlink()
    for path, text in pages.items():
        if not path.exists() or path.read_text() != text:  # what is unchanged is not read again
            path.write_text(text)


def _module(name: str, underline: str) -> list[str]:
    title = name.replace("_", r"\_")
    return [title, underline * len(title), "", f".. automodule:: {name}", ""]


def as_written(
    _app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Docstrings are plain text: what is indented after a colon is kept as it stands, and signs
    of mathematics are no markup."""
    block: int | None = None
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if block is not None and line.strip() and indent <= block:
            block = None
        if block is not None or not line.strip():
            continue
        parts = re.split(r"(`+[^`]+`+)", line)
        lines[i] = "".join(
            part if part.startswith("`") else re.sub(r"([*|])", r"\\\1", part) for part in parts
        )
        after = next((later for later in lines[i + 2 :] if later.strip()), "")
        starts = line.endswith(":") and lines[i + 1 : i + 2] == [""]
        if starts and len(after) - len(after.lstrip()) > indent:
            lines[i] += "" if line.endswith("::") else ":"
            block = indent


def _mathml(translator: Any, node: nodes.Element) -> None:
    """Browsers draw MathML themselves: a page asks no other server for a program that does it."""
    display = "inline" if node.tagname == "math" else "block"
    translator.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Connects the three to Sphinx."""
    app.connect("builder-inited", write_reference)
    app.connect("autodoc-process-docstring", as_written, priority=100)  # before napoleon's 500
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
