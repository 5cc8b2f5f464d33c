"""Which networks the atlas has, how they learn, and the proper times at which they are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from glassy_core.network.equations import parameter_count
from glassy_core.settings import USUAL_FLOW, RunConfig

EDITION = "corpus"
WIDTHS = (4, 6, 8, 10, 14, 18, 24, 30, 36, 48, 60, 72, 96)
DEPTHS = (1, 2, 3)
CHORALES = (1, 2, 4, 8)
SEEDS = (0, 1)
END = 1000.0  # proper time
LEARNED = 1e-3  # NLL, bits, at which a network is followed no further
_PER_DECADE = 12
TAUS = tuple(round(END * 10 ** (-k / _PER_DECADE), 6) for k in range(60, -1, -1))  # 61 from 0.01 to 1000
SONG_PLACES = (0, *range(18, len(TAUS), 2))  # in TAUS, where songs are kept: before tau = 0.3 hardly anything changes
SONG_LENGTH = 64  # chords, the given ones included: sixteen bars


@dataclass(frozen=True, order=True)
class Coordinates:
    """Where in the atlas a network lies. chorales: how many of the edition's first ones it learns."""

    chorales: int
    depth: int
    width: int
    seed: int

    @property
    def name(self) -> str:
        """As files and the browser name it."""
        return f"{self.chorales}-{self.depth}-{self.width}-{self.seed}"

    @property
    def config(self) -> RunConfig:
        """The settings of its run, a flow with all else as usual."""
        return replace(
            USUAL_FLOW, edition=EDITION, chorales=self.chorales, depth=self.depth, width=self.width, seed=self.seed,
            until=END, stop_nll=LEARNED,
        )  # fmt: skip

    @property
    def cost(self) -> float:
        """How much work its learning is, in no unit: to tell how long others take from those that are made."""
        return (3 + self.chorales) * (1000 + parameter_count(self.depth, self.width))


def whole_grid() -> Iterator[Coordinates]:
    """All networks of the atlas, those first that tell most: one seed of all, with many chorales."""
    for seed in SEEDS:
        for chorales in reversed(CHORALES):
            for depth in DEPTHS:
                for width in WIDTHS:
                    yield Coordinates(chorales, depth, width, seed)
