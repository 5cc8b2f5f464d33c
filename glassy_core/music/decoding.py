"""From output fields to a chord: the decoding rules there are, and how one is to be used.

A new rule is a file in `decodings` and an entry in DECODINGS: the command line, the page with its address, and
piece.json go by this table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.music.decodings.rule import Decoding, Option
from glassy_core.music.decodings.sampling import Sampling
from glassy_core.music.decodings.threshold import Threshold
from glassy_core.music.voices import NAMES
from glassy_core.settings import ConfigError

# By name: on the command line, in the page's address, in piece.json.
DECODINGS: dict[str, Decoding] = {
    "threshold": Threshold(),
    "sample": Sampling(),
}
USUAL = "threshold"  # where nothing else is said


def all_options() -> dict[str, Option]:
    """The options of all rules, by name."""
    return {option.name: option for rule in DECODINGS.values() for option in rule.options}


@dataclass(frozen=True)
class DecodingConfig:
    """How a chord is read off the output.

    mode:        a key of DECODINGS
    options:     values by name, not to be changed; what is not given has its default
    four_voices: at most four pitches, as soprano, alto, tenor and bass can sing
    seed:        of rules that draw
    """

    mode: str = USUAL
    options: dict[str, float] = field(default_factory=dict, hash=False)
    four_voices: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mode not in DECODINGS:
            raise ConfigError(f"The decoding is {self.mode!r}: choose one of {', '.join(DECODINGS)}.")
        allowed = all_options()
        for name in self.options:
            if name not in allowed:
                raise ConfigError(f"There is no option {name!r} of a decoding: choose one of {', '.join(allowed)}.")
        values = {name: option.checked(self.options.get(name, option.default)) for name, option in allowed.items()}
        object.__setattr__(self, "options", values)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise ConfigError(f"The seed is {self.seed!r}: it must be a whole number from 0 to 2^63 - 1.")

    @property
    def rule(self) -> Decoding:
        """The rule of that name."""
        return DECODINGS[self.mode]

    def generators(self, n: int) -> list[np.random.Generator]:
        """One generator a piece, so that a piece does not depend on those made beside it."""
        return [np.random.default_rng([self.seed, piece]) for piece in range(n)]

    def to_json(self) -> dict[str, Any]:
        """Plain values: the rule's name, the options of all rules, the limit, the seed."""
        return {"mode": self.mode, **self.options, "four_voices": self.four_voices, "seed": self.seed}


def choose(
    H: NDArray[np.float64], decoding: DecodingConfig, generators: Sequence[np.random.Generator] = ()
) -> NDArray[np.int8]:
    """Chords S0 in {-1, +1} for fields H, both (B, N_v); generators: B of them, for rules that draw."""
    limit = len(NAMES) if decoding.four_voices else None
    return np.where(decoding.rule.sounding(H, limit, decoding.options, generators), 1, -1).astype(np.int8)
