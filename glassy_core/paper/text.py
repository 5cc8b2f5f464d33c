"""Sentences that keep their parts: symbols, numbers and commands stay such until a terminal or a page writes them.

`str` of each part, and of a whole Text, is what the terminal and the JSON have; a page writes each part its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from glassy_core.physics.estimate import Estimate
from glassy_core.wording import whole


@dataclass(frozen=True)
class Symbol:
    """Name of a quantity: in ASCII, and as the letter with its index that print has for it."""

    name: str
    letter: str
    index: str = ""

    def __str__(self) -> str:
        return self.name


NLL_INF = Symbol("NLL_inf", "NLL∞")
W_C = Symbol("w_c", "w", "c")
TAU_W = Symbol("tau_w", "τ", "w")
TAU = Symbol("tau", "τ")
MU = Symbol("mu", "μ")
ALPHA = Symbol("alpha", "α")
GAMMA = Symbol("Gamma", "Γ")
DELTA = Symbol("Delta", "Δ")
_SYMBOLS = {symbol.name: symbol for symbol in (NLL_INF, W_C, TAU_W, TAU, MU, ALPHA, GAMMA, DELTA)}


@dataclass(frozen=True)
class Command:
    """A line for the shell, between backticks on the terminal."""

    line: str

    def __str__(self) -> str:
        return f"`{self.line}`"


@dataclass(frozen=True)
class Quantity:
    """A number as it is read, with unit and uncertainty.

    value: an Estimate has its 95 % interval, a whole number its thousands apart, any other so many significant digits
    unit: in words; unsaid: where the next number has the same unit and says it
    error: of the paper's numbers, as it states it
    """

    value: float | Estimate
    unit: str = ""
    digits: int = 3
    error: float | None = None
    unsaid: bool = False

    def __str__(self) -> str:
        error = "" if self.error is None else f" ± {self.error:.{self.digits}g}"
        unit = "" if self.unsaid or not self.unit else f" {self.unit}"
        return f"{self._number()}{error}{unit}"

    def _number(self) -> str:
        if isinstance(self.value, Estimate):
            return self.value.text(self.digits)
        return whole(self.value) if isinstance(self.value, int) else f"{self.value:.{self.digits}g}"


TextPart = str | Symbol | Command | Quantity


@dataclass(frozen=True)
class Text:
    """Parts in the order in which they are read; false where there are none."""

    parts: tuple[TextPart, ...] = ()

    def __str__(self) -> str:
        return "".join(map(str, self.parts))

    def __bool__(self) -> bool:
        return bool(self.parts)


def text(*parts: TextPart | Text) -> Text:
    """One Text of parts and of other Texts; empty strings are none."""
    flat = (part.parts if isinstance(part, Text) else (part,) for part in parts)
    return Text(tuple(part for some in flat for part in some if part != ""))


def joined(texts: Iterable[Text], between: str = " ") -> Text:
    """Those that are not empty, one after the other: sentences, or the items of a list."""
    some = [one for one in texts if one]
    return text(*(part for k, one in enumerate(some) for part in ((between, one) if k else (one,))))


def with_symbols(sentence: str) -> Text:
    """A sentence of the analyses, which give their reasons in plain words, with the names of quantities as symbols."""
    words = re.split(rf"\b({'|'.join(_SYMBOLS)})\b", sentence)
    return text(*(_SYMBOLS.get(word, word) for word in words))
