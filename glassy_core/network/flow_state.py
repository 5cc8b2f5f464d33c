"""What a flow hands out: its state, its accepted steps, and its values in between."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.errors import GlassyError
from glassy_core.network.equations import Weights, weight_shapes
from glassy_core.network.stiff_modes import MODES

_FROM_ZERO = ("K", "W", "h0")  # the weights that are zero in a network that has learned nothing
_MODES, _NUMBERS = "modes.", "flow."  # how the names of a state's tensors begin


class FlowError(GlassyError):
    """The flow cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class FlowState:
    """Everything that decides the rest of a flow, at an accepted step.

    modes: directions of the stiffest modes, or guesses. path: sum of the lengths of all steps' changes.
    step: proposed length of the next step, in tau, 0 before the first one. curvatures, residuals: see
    `stiff_modes.Modes`; slowed: D of every mode. age: evaluations since the modes were estimated.
    """

    weights: Weights
    modes: tuple[Weights, ...]
    tau: float = 0.0
    path: float = 0.0
    step: float = 0.0
    curvatures: tuple[float, ...] = (0.0,) * MODES
    residuals: tuple[float, ...] = (0.0,) * MODES
    slowed: tuple[float, ...] = (0.0,) * MODES
    age: int = 0
    evaluations: int = 0
    steps: int = 0
    rejections: int = 0

    @classmethod
    def fresh(cls, weights: Weights, tau: float = 0.0) -> FlowState:
        """The start of a flow, usually at tau = 0; the first guesses of the modes are the same every time.

        Weights that have learned have come a way already, at least as far as those that begin at zero are from it.
        Without it errors would be measured by a path that has just begun, which rounding alone is too coarse for.
        """
        rng = np.random.default_rng(0)
        guesses = ({name: rng.normal(size=value.shape) for name, value in weights.items()} for _ in range(MODES))
        way = math.sqrt(sum(float(np.sum(weights[name] ** 2)) for name in _FROM_ZERO))
        return cls(weights, tuple(guesses), tau, path=way)

    def tensors(self) -> dict[str, NDArray[np.float64]]:
        """All but the weights, by name: modes.J.0, ... with all modes along their first axis, and flow.path, ..."""
        modes = {f"{_MODES}{name}": np.stack([mode[name] for mode in self.modes]) for name in self.weights}
        numbers = {name: np.array(getattr(self, name), dtype=np.float64) for name in _numbers()}
        return modes | {f"{_NUMBERS}{name}": np.atleast_1d(value) for name, value in numbers.items()}

    @classmethod
    def of(cls, weights: Weights, tensors: Mapping[str, NDArray[np.float64]]) -> FlowState:
        """The inverse of `tensors`, exact: whole numbers are kept as floats far below 2^53."""
        modes = tuple({name: tensors[f"{_MODES}{name}"][i] for name in weights} for i in range(MODES))
        numbers: dict[str, Any] = {}
        for name, usual in _numbers().items():
            value = tensors[f"{_NUMBERS}{name}"].tolist()
            numbers[name] = tuple(value) if isinstance(usual, tuple) else type(usual)(value[0])
        return cls(weights, modes, **numbers)


def tensor_shapes(depth: int, width: int) -> dict[str, tuple[int, ...]]:
    """Shapes of `FlowState.tensors` by name."""
    modes = {f"{_MODES}{name}": (MODES, *shape) for name, shape in weight_shapes(depth, width).items()}
    return modes | {f"{_NUMBERS}{name}": np.atleast_1d(usual).shape for name, usual in _numbers().items()}


def _numbers() -> dict[str, Any]:
    """The numbers of a state with their usual values."""
    return {field.name: field.default for field in fields(FlowState) if field.default is not MISSING}


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
