"""The page "Ensembles": finite networks trained in the background, over the theory."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.ensembles.page import page

navigation.run(page)
