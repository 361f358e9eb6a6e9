"""The page "Runs": every job, how far it is, and what can be done with it."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.runs.page import page

navigation.run(page)
