"""The page "Administration": who is here, what is computed where, and what went wrong."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.administration.page import page

navigation.run(page)
