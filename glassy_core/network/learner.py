"""What an engine of learning is to those who use it, and the state that it keeps between steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from glassy_core.network.equations import Weights

Gradient = Literal["delayed", "exact"]
RuleState = Mapping[str, NDArray[Any]]
DELTAS = ("deltas.1", "deltas.2")  # of the two previous steps, latest first: what dbar is the mean of


class Learner(Protocol):
    """R networks that learn in lockstep; `learning_rule.TorchLearner` says what each of these is."""

    widths: list[int]

    @property
    def mu(self) -> Any:
        """Activations of the hidden units (d, R, P, w), Eqs. 1-2."""

    @property
    def H(self) -> Any:
        """Output fields (R, P, N_v), Eq. B1."""

    @property
    def errors(self) -> Any:
        """Errors eps = S0(t+1) - tanh H, (R, P, N_v)."""

    @property
    def deltas(self) -> Any:
        """Effective errors of the hidden units (d, R, P, w), Eqs. B8-B10."""

    def evaluate(self) -> None:
        """Compute the arrays above for all P transitions with the present weights."""

    def update(self, etas: Sequence[float], batches: NDArray[np.int64] | None) -> None:
        """Make one learning step with R learning rates on (R, p) rows of the transitions, None for all of them."""

    def weights(self, r: int = 0) -> Weights:
        """Replica r's float64 weights without padding, copied."""

    def state(self, r: int = 0) -> RuleState:
        """What besides replica r's weights decides its next step, by name, copied."""
