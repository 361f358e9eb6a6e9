"""The page "Training time": losses along the training, where to stop, finite networks over it."""

from ntk_uq.ui import navigation
from ntk_uq.ui.pages.training_time.page import page

navigation.run(page)
