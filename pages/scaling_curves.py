"""The page "Scaling curves": controls, then the infinite-width curves as they come."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.scaling_curves.page import page

navigation.run(page)
