"""A number with its uncertainty: what every analysis gives back, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from glassy_core.arrays import Floats


@dataclass(frozen=True)
class Estimate:
    """A value and the ends of its 95 % interval, all in the value's own unit; low <= value <= high."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, samples: Floats) -> Estimate:
        """The value with the middle 95 % of samples (R,), which is widened to hold the value where it does not."""
        return cls.within(value, *np.percentile(samples, [2.5, 97.5]))

    @classmethod
    def within(cls, value: float, low: float, high: float) -> Estimate:
        """The value with the interval low..high, which is widened to hold the value where it does not."""
        return cls(float(value), float(min(low, value)), float(max(high, value)))

    def through(self, rising: Callable[[float], float]) -> Estimate:
        """The estimate of a quantity that rises with this one."""
        return Estimate(rising(self.value), rising(self.low), rising(self.high))

    def to_json(self) -> dict[str, float]:
        """The contract's {"value", "low", "high"}."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def text(self, digits: int, form: Literal["g", "f"] = "g") -> str:
        """The estimate as it is read, `0.42 [0.35, 0.5]`: so many significant digits; form "f": so many decimals."""
        return self.written(lambda number: f"{number:.{digits}{form}}")

    def written(self, number: Callable[[float], str]) -> str:
        """The estimate as it is read, each of its numbers as `number` writes it."""
        return f"{number(self.value)} [{number(self.low)}, {number(self.high)}]"
