"""One network at a time in PyTorch: the same network in NTK parameterization, float32."""

import jax
import numpy as np
import torch

from benchmarks.machine import cores
from benchmarks.training_problem import Problem, Train


def trainer(problem: Problem) -> Train:
    """Gradient descent with autograd, on as many threads as there are cores, or on the GPU.

    The factor sigma_w / sqrt(fan_in) is part of the product (``alpha`` of addmm), so that no pass
    over the activations is spent on it; there are no biases, as sigma_b = 0.
    """
    torch.set_num_threads(cores())
    on_gpu = jax.default_backend() == "gpu" and torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    x, y, x_test = (torch.tensor(a, dtype=torch.float32, device=device) for a in problem.data)
    start = [torch.tensor(layer[0], device=device) for layer in problem.start if layer]
    scales = [problem.architecture.sigma_w / np.sqrt(len(w)) for w in start]
    zero = torch.zeros((), device=device)

    def outputs(weights: list[torch.Tensor], h: torch.Tensor) -> torch.Tensor:
        for weight, scale in zip(weights[:-1], scales[:-1], strict=True):
            h = torch.relu(torch.addmm(zero, h, weight, beta=0, alpha=scale))
        return torch.addmm(zero, h, weights[-1], beta=0, alpha=scales[-1])

    def run(steps: int) -> np.ndarray:
        weights = [w.clone().requires_grad_() for w in start]
        for _ in range(steps):
            loss = (outputs(weights, x) - y).square().sum() / 2
            gradient = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for w, g in zip(weights, gradient, strict=True):
                    w.sub_(g, alpha=problem.step_size)
        with torch.no_grad():
            return outputs(weights, x_test).cpu().numpy()

    return run
