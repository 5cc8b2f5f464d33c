"""What the benchmark compares with: the same learning problem in torch's own recurrent network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils.rnn import PackedSequence

from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.network.equations import Weights, depth_and_width


class Peer:
    """torch.nn.RNN on the packed chorales, autograd, stochastic gradient descent, projection by SVD.

    This is the straightforward way to write the learning of Hertz & Tyrcha (Appendix B): the true gradient of
    the minibatch's loss (nats, summed over pitches, averaged over the p transitions), then every recurrent
    matrix replaced by its polar factor. All that does not change from step to step is prepared beforehand.
    """

    def __init__(self, weights: Weights, data: Transitions) -> None:
        self.depth, width = depth_and_width(weights)

        def single(values: NDArray) -> torch.Tensor:
            return torch.as_tensor(values, dtype=torch.float32)

        self.recurrent = torch.nn.RNN(N_PITCHES, width, self.depth, nonlinearity="tanh", bias=False)
        self.from_hidden = torch.nn.Linear(width, N_PITCHES, bias=False)
        self.from_input = torch.nn.Linear(N_PITCHES, N_PITCHES)
        start = {"from_hidden.weight": "K", "from_input.weight": "W", "from_input.bias": "h0"}
        for l in range(self.depth):
            start |= {f"recurrent.weight_ih_l{l}": f"J.{l}", f"recurrent.weight_hh_l{l}": f"M.{l}"}
        modules = {name: getattr(self, name) for name in ("recurrent", "from_hidden", "from_input")}
        self.parameters = {
            ours: modules[module].get_parameter(parameter)
            for (module, parameter), ours in ((name.split("."), ours) for name, ours in start.items())
        }
        for name, parameter in self.parameters.items():
            parameter.data = single(weights[name]).clone()
        self.S, self.targets = single(data.S), single(data.targets)
        self.packed = PackedSequence(self.S, torch.as_tensor(data.counts))

    def step(self, eta: float, batch: NDArray[np.int64] | None) -> float:
        """One learning step on the chosen transitions, all of them if None; their loss in nats."""
        H = self.from_hidden(self.recurrent(self.packed)[0].data) + self.from_input(self.S)
        targets = self.targets
        if batch is not None:
            chosen = torch.as_tensor(batch)
            H, targets = H[chosen], targets[chosen]
        loss = torch.nn.functional.softplus(-2 * targets * H).sum(dim=1).mean()
        gradients = torch.autograd.grad(loss, list(self.parameters.values()))
        with torch.no_grad():
            for parameter, gradient in zip(self.parameters.values(), gradients, strict=True):
                parameter -= eta * gradient
            for l in range(self.depth):
                M = self.parameters[f"M.{l}"]
                U, _, Vh = torch.linalg.svd(M)
                M.copy_(U @ Vh)
        return float(loss.detach())

    def weights(self) -> Weights:
        """Present weights by name, float64, copied."""
        return {name: value.detach().numpy().astype(np.float64) for name, value in self.parameters.items()}
