"""The page "Phase map": the theory over two axes, cell by cell as it comes."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.phase_map.page import page

navigation.run(page)
