"""What a flow hands out: its state, its accepted steps, and its values in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.errors import GlassyError
from glassy_core.network.equations import Weights
from glassy_core.network.stiff_modes import MODES


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
    def fresh(cls, weights: Weights) -> FlowState:
        """The start of a flow at tau = 0; the first guesses of the modes are the same every time."""
        rng = np.random.default_rng(0)
        guesses = ({name: rng.normal(size=value.shape) for name, value in weights.items()} for _ in range(MODES))
        return cls(weights, tuple(guesses))

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """All arrays by name: weights.J.0, ... and modes.J.0, ..., these with all modes along their first axis."""
        modes = {f"modes.{name}": np.stack([mode[name] for mode in self.modes]) for name in self.weights}
        return {f"weights.{name}": value for name, value in self.weights.items()} | modes

    def numbers(self) -> dict[str, Any]:
        """All numbers by name, plain JSON values."""
        numbers = {name: value for name, value in vars(self).items() if name not in ("weights", "modes")}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in numbers.items()}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[np.float64]], numbers: dict[str, Any]) -> FlowState:
        """The inverse of `arrays` and `numbers`."""
        names = [name.removeprefix("weights.") for name in arrays if name.startswith("weights.")]
        weights = {name: arrays[f"weights.{name}"] for name in names}
        modes = tuple({name: arrays[f"modes.{name}"][i] for name in names} for i in range(MODES))
        plain: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in numbers.items()}
        return cls(weights, modes, **plain)


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
