"""The page "Report": views collected from the other pages, in an order, as one file."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.report.page import page

navigation.run(page)
