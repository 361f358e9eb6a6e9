"""Taking a view home: its figures, its numbers, and how to get them again.

An :class:`Exhibit` is what a page fills; ``table.py``, ``document.py``, ``html.py``, ``render.py``
and ``bundle.py`` write the files.
"""

from ntk_uq.export.exhibit import Column, Exhibit, Plot, spec_columns
from ntk_uq.export.snippets import commented, needed, python_of, shell_of

__all__ = [
    "Column",
    "Exhibit",
    "Plot",
    "commented",
    "needed",
    "python_of",
    "shell_of",
    "spec_columns",
]
