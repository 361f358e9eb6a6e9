"""The page "Width": how finite networks approach infinite width, and how wide is wide enough."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.width.page import page

navigation.run(page)
