"""The page "Data": what there is, what is in it, and a file of one's own."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.data.page import page

navigation.run(page)
