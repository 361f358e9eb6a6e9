"""The page "Start": what there is to open, as cards with small pictures."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.start.page import page

navigation.run(page)
