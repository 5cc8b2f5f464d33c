"""What a flow hands out: its state, its accepted steps, and its values in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.errors import GlassyError
from glassy_core.network.equations import Weights


class FlowError(GlassyError):
    """The flow cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class FlowState:
    """Everything that decides the rest of a flow, at an accepted step.

    sharpest: the direction of the largest curvature, or a guess. path: sum of the lengths of all steps' changes.
    step: proposed length of the next step, in tau, 0 before the first one. age: evaluations since the sharpness was
    estimated.
    """

    weights: Weights
    sharpest: Weights
    tau: float = 0.0
    path: float = 0.0
    step: float = 0.0
    sharpness: float = 0.0
    residual: float = 0.0
    age: int = 0
    evaluations: int = 0
    steps: int = 0
    rejections: int = 0

    @classmethod
    def fresh(cls, weights: Weights) -> FlowState:
        """The start of a flow at tau = 0; the first guess of the sharpest direction is the same every time."""
        rng = np.random.default_rng(0)
        return cls(weights, {name: rng.normal(size=value.shape) for name, value in weights.items()})

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """All arrays by name: weights.J.0, ... and sharpest.J.0, ..."""
        both = {"weights": self.weights, "sharpest": self.sharpest}
        return {f"{kind}.{name}": value for kind, arrays in both.items() for name, value in arrays.items()}

    def numbers(self) -> dict[str, int | float]:
        """All numbers by name, plain JSON values."""
        return {name: value for name, value in vars(self).items() if name not in ("weights", "sharpest")}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[np.float64]], numbers: dict[str, Any]) -> FlowState:
        """The inverse of `arrays` and `numbers`."""

        def kind(prefix: str) -> Weights:
            return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}

        return cls(kind("weights."), kind("sharpest."), **numbers)


@dataclass(frozen=True)
class FlowPoint:
    """An accepted step, at its end."""

    tau: float
    step: float  # its length
    stages: int
    steps: int  # accepted so far
    rejections: int  # so far
    evaluations: int  # of the velocity so far, estimates of the sharpness included
    sharpness: float  # largest curvature of the loss along the orthogonal matrices, nats; last estimate
    nll: float  # bits per pitch and transition
    gradient_norm: float  # length of the velocity


@dataclass(frozen=True)
class FlowSample:
    """The flow at a given tau within the last step."""

    tau: float
    nll: float  # bits per pitch and transition
    weights: Weights
