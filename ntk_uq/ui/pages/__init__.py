"""A folder a page: its controls, what it takes home, its tables; and the table of all pages."""

from ntk_uq.ui.pages.table import PAGES, Page, get, known, page_of

__all__ = ["PAGES", "Page", "get", "known", "page_of"]
