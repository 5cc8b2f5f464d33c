"""What a decoding rule is, and the numbers that it goes by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from glassy_core.settings import ConfigError


@dataclass(frozen=True)
class Option:
    """A number that a rule goes by: --NAME on the command line, NAME in the page's address and in piece.json.

    above, most: what it may be; above itself is excluded
    step, usual: of the page's slider, and where that ends unless the address asks for more
    help:        for the page's reader
    remark:      ends the sentence that refuses a value
    """

    name: str
    default: float
    above: float
    most: float
    step: float
    usual: float
    help: str
    remark: str = ""

    @property
    def least(self) -> float:
        """The least value that the page offers."""
        return self.above + self.step

    def checked(self, value: Any) -> float:
        """value if it is allowed, else ConfigError."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and self.above < value <= self.most):
            raise ConfigError(
                f"The {self.name} is {value!r}: it must be above {self.above:g} and at most {self.most:g}"
                + (f"; {self.remark}." if self.remark else ".")
            )
        return float(value)


class Decoding(Protocol):
    """A rule by which chords are read off the output.

    label:         its name on the page
    meaning:       what it does, after its label: a clause with its full stop
    deterministic: equal fields give equal chords, so that a piece ends in a cycle; else each piece is a draw
    untrained:     what is heard where every pitch is as likely to sound as not, H = 0: a clause with its full stop
    options:       the numbers that it goes by
    """

    label: str
    meaning: str
    deterministic: bool
    untrained: str
    options: tuple[Option, ...]

    def sounding(
        self,
        H: NDArray[np.float64],
        limit: int | None,
        options: Mapping[str, float],
        generators: Sequence[np.random.Generator],
    ) -> NDArray[np.bool_]:
        """Which pitches sound under fields H, both (B, N_v).

        limit: the most that may sound at once, None for any number. options: a value for each of the rule's.
        generators: one a row of H, for rules that draw; so that a piece does not depend on those made beside it.
        """
        ...
