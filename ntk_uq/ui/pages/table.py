"""The table of pages: navigation, openings and links are made from it.

Everything that is a page's is called as the page: its folder here, its script in ``pages/``, and
its view's file in ``ntk_uq/views/``. So its line in the table is all that others know of it.
"""

from dataclasses import dataclass

from ntk_uq.base.errors import LinkError
from ntk_uq.base.fields import Spec
from ntk_uq.views import page_name


@dataclass(frozen=True)
class Page:
    """One page of the dashboard.

    Attributes:
        name: of its folder, its script and its view's file, and in the address.
        title: in the navigation, above the page, and in links to it.
        icon: one of Streamlit's Material symbols.
        for_admins: whether it stands in the navigation for admins alone, and only where people log
            in; its address is there in any case, and the page asks by itself who opens it.
    """

    name: str
    title: str
    icon: str
    for_admins: bool = False

    @property
    def script(self) -> str:
        """Where its script is, seen from ``app.py``."""
        return f"pages/{self.name}.py"

    @property
    def first(self) -> bool:
        """Whether it is the page that opens where an address names none."""
        return self.name == next(iter(PAGES))

    @property
    def address(self) -> str:
        """Its name in the address: none for the first page."""
        return "" if self.first else self.name


PAGES: dict[str, Page] = {
    page.name: page
    for page in (
        Page("scaling_curves", "Scaling curves", ":material/trending_down:"),
        Page("ensembles", "Ensembles", ":material/hub:"),
        Page("width", "Width", ":material/width:"),
        Page("training_time", "Training time", ":material/timer:"),
        Page("spectrum", "Spectrum", ":material/bar_chart:"),
        Page("phase_map", "Phase map", ":material/grid_on:"),
        Page("data", "Data", ":material/database:"),
        Page("runs", "Runs", ":material/list_alt:"),
        Page("report", "Report", ":material/docs:"),
        Page("start", "Start", ":material/home:"),
        Page("administration", "Administration", ":material/shield_person:", for_admins=True),
    )
}
"""The pages by their names, in the order of the navigation. The first opens by itself."""


def get(name: str) -> Page:
    """The page of that name, as in the address; "" is the first page.

    Raises:
        LinkError: where this version has none.
    """
    if not name:
        return next(iter(PAGES.values()))
    if not known(name):
        raise LinkError(
            f"This version has no page {name!r:.80}; it has {', '.join(PAGES)}. Open one of these, "
            "or open the link in the version that it was made with."
        )
    return PAGES[name]


def known(name: str) -> bool:
    """Whether this version has a page of that name, as in the address."""
    return not name or name in PAGES


def page_of(view: Spec) -> Page:
    """The page that shows a view.

    Raises:
        LinkError: where the table has none that is called as the view's file.
    """
    return get(page_name(view))
