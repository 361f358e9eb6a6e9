"""Stochastic gradient descent: each step on a batch, in an order shuffled anew for each pass.

The gradient of a batch is scaled by ``n_train / batch_size``, to that of all examples in the mean.
"""

from ntk_uq.optimizers.base import LARGEST_MODE, Optimizer
from ntk_uq.optimizers.gd import bound, update

OPTIMIZER = Optimizer(
    name="sgd",
    title="stochastic gradient descent",
    about="Gradient descent on batches, in an order shuffled anew for each pass.",
    update=update,
    bound=bound,
    why=LARGEST_MODE,
    needs={"batch_size": 32},
    departure="minibatches (SGD)",
    linear=True,
)
