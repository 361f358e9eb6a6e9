"""The page "Spectrum": why curves fall as they do, foreseen from the kernel of a sample."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.spectrum.page import page

navigation.run(page)
