"""Which side of the critical width a network is on: the colours and the words of the app go by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from glassy_core.paper.numbers import PAPER_W_C
from glassy_core.paper.task import is_class_world
from glassy_core.presets import CLASS_TRIO, PRESETS
from glassy_core.settings import RunConfig, usual

Key = TypeVar("Key")

REGIMES = ("under", "near", "over")
# The width of the nearly critical run, d = 2, by the number of chorales: the class world's and the paper's.
_NEAR_WIDTH = {PRESETS[key].config.chorales: PRESETS[key].config.width for key in ("class-near", "paper-d2-near")}
# Of that width: below the first it is under, above the second over. In the class world the first is close to the
# upper ends of the intervals of w_c (NLL* = 0.01); the second is between the paper's w = 68 and 90.
_BOUNDS = (0.55, 1.15)
# Settings of the world that need not be as usual: the number of chorales has its own width, and by which edition they
# are had, and whether all are learned at every step, the critical width is not seen to move.
_ANY = ("chorales", "edition", "batch_size")


def regime(config: RunConfig) -> str | None:
    """One of REGIMES, by depth, width and data alone, so that a network keeps it whatever other runs there are.

    None where nothing is known of the critical width: own data, another number of chorales, another learning rule.
    With depth the bounds move as the paper's w_c does (Fig. 5: d = 1, 2, 5; between them along power laws); beyond
    its depths only what is over at d = 5 is known, because w_c falls with depth.
    """
    near = _NEAR_WIDTH.get(config.chorales)
    if not config.widths_known or near is None or config.only("world", without=_ANY) != usual(config.dynamics):
        return None
    place = config.width / (near * _shrink(config.depth))
    if place > _BOUNDS[1]:
        return "over"
    if config.depth > max(PAPER_W_C):
        return None
    return "near" if place >= _BOUNDS[0] else "under"


def of_the_trio(config: RunConfig) -> str | None:
    """The regime of a network that is one of the class trio, whatever its name, seed and steps; else None."""
    return _TRIO.get((config.depth, config.width)) if is_class_world(config) else None


def trio(networks: Iterable[tuple[Key, RunConfig | None]]) -> list[Key]:
    """Those that are of the class trio, from narrow to wide: of each regime the first."""
    first: dict[str | None, Key] = {}
    for key, config in networks:
        first.setdefault(of_the_trio(config) if config else None, key)
    return [first[name] for name in REGIMES if name in first]


def _shrink(depth: int) -> float:
    """w_c(d) / w_c(2) in the paper."""
    depths, widths = zip(*sorted(PAPER_W_C.items()), strict=True)
    return float(np.exp(np.interp(np.log(depth), np.log(depths), np.log(widths)))) / PAPER_W_C[2]


_TRIO = {(PRESETS[key].config.depth, PRESETS[key].config.width): key.removeprefix("class-") for key in CLASS_TRIO}
