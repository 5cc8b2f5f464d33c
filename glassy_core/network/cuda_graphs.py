"""The learning step of a batch of networks as captured graphs, for an accelerator.

A step is some hundreds of small operations; launched one by one they cost more time than the
arithmetic. Captured once, they are replayed by one call. The rule is that of `learning_rule.TorchLearner`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights
from glassy_core.network.learner import Gradient, RuleState
from glassy_core.network.learning_rule import TorchLearner

_PROJECTIONS = 3  # Newton-Schulz iterations a step: an error of 5e-3 becomes 2e-5, 3e-10, below rounding
_WARM_UP = 3  # steps before a capture, in which libraries make their workspaces


class CapturedLearner(TorchLearner):
    """R networks in lockstep, all buffers fixed, evaluate() and update() one captured graph each.

    batch_size: p, or None for all transitions; it is fixed too. On a processor, where there is nothing
    to capture, the same operations run one by one: that is how the tests reach them.
    """

    def __init__(
        self,
        networks: Sequence[Weights],
        data: Transitions,
        gradient: Gradient,
        states: Sequence[RuleState],
        device: str,
        batch_size: int | None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(networks, data, gradient, states, dtype, device)
        R = len(networks)
        self.now = {name: value.to(dtype) for name, value in self.master.items()}
        self._etas = torch.zeros(R, dtype=torch.float64, device=device)
        self._rows = None if batch_size is None else torch.zeros((R, batch_size), dtype=torch.int64, device=device)
        if torch.device(device).type == "cuda":
            self._captured_evaluate, self._captured_update = self._capture()
        else:
            self._captured_evaluate, self._captured_update = self._evaluate, self._update

    def evaluate(self) -> None:
        """Forward pass and effective errors of all transitions with the present weights: one graph."""
        self._captured_evaluate()

    def update(self, etas: Sequence[float], batches: NDArray[np.int64] | None) -> None:
        """Move the weights and project every M: one graph, with _PROJECTIONS Newton-Schulz iterations.

        etas: R learning rates. batches: (R, p) rows, or None for all: as many as the graph was captured for.
        """
        self._etas.copy_(torch.as_tensor(np.asarray(etas, dtype=np.float64)))
        if self._rows is not None:
            self._rows.copy_(torch.as_tensor(batches))
        self._captured_update()

    def _evaluate(self) -> None:
        for name, value in self.master.items():
            self.now[name].copy_(value)
        self._forward()
        self._backward()

    def _update(self) -> None:
        self._move(self._etas, self._rows)
        for l in range(self.depth):
            M = self.master[f"M.{l}"]
            for _ in range(_PROJECTIONS):  # M (3 - M^T M) / 2 leaves padding at zero
                M.copy_(1.5 * M - 0.5 * M @ (M.mT @ M))
        # The buffers stay where they are, so the history is copied rather than renamed.
        self.history[1].copy_(self.history[0])
        self.history[0].copy_(self.deltas)

    def _capture(self) -> tuple[Callable[[], None], Callable[[], None]]:
        """Both graphs; the warm-up's traces are wiped out."""
        state = [*self.master.values(), *self.history, self.deltas]
        before = [tensor.clone() for tensor in state]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._evaluate()
                self._update()
        torch.cuda.current_stream().wait_stream(stream)
        graphs = []
        for step in (self._evaluate, self._update):
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                step()
            graphs.append(graph.replay)
        for tensor, value in zip(state, before, strict=True):
            tensor.copy_(value)
        return graphs[0], graphs[1]
