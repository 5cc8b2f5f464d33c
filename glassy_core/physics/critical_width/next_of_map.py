"""Which run tells most next on the capacity map: of its widest interval, what shrinks it most an hour of one core."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassy_core.arrays import Floats, Integers
from glassy_core.physics.critical_width.capacity import Capacity
from glassy_core.physics.critical_width.criticality import CriticalWidth
from glassy_core.physics.critical_width.next_run import shrinking

HOUR = 3600.0  # seconds


@dataclass(frozen=True)
class Offer:
    """The best run for one interval of the map.

    shrink: the share by which the interval should shrink. seconds: of one core, as fast as the runs so far. tau: proper
    time by which the run should reach the threshold.
    """

    capacity: Capacity
    width: int
    seed: int
    shrink: float
    seconds: float
    tau: float

    @property
    def spread(self) -> float:
        """Width of the interval, parameters of the hidden units a transition."""
        return self.capacity.hidden.high - self.capacity.hidden.low

    @property
    def an_hour(self) -> float:
        """What the run takes off the interval for each hour of a core, in units of `spread`."""
        return self.spread * self.shrink / (self.seconds / HOUR)

    def words(self) -> str:
        """What it should do, and how long it takes."""
        minutes = self.seconds / 60
        time = f"{self.seconds / HOUR:.1f} h" if minutes > 90 else f"{max(math.ceil(minutes), 1)} min"
        now = self.capacity.hidden.text(2, "f")
        return f"w = {self.width}, seed {self.seed} should shrink {now} by {self.shrink:.0%} in {time} of one core"

    def to_json(self) -> dict[str, Any]:
        """What `capacity --json` has of it."""
        cell = {"chorales": self.capacity.load.chorales, "depth": self.capacity.depth, "interval": self.spread}
        run = {"width": self.width, "seed": self.seed, "shrink": self.shrink, "hours": self.seconds / HOUR}
        return cell | run | {"tau": self.tau, "an_hour": self.an_hour}


def best_run(
    capacity: Capacity, at: CriticalWidth, seconds: Mapping[str, float], taken: Iterable[tuple[int, int]] = ()
) -> Offer | None:
    """The run that shrinks this interval most for each second of a core; None where no run tells how long one takes.

    at: the critical width behind the capacity. seconds: of training until the threshold, by run. taken: (width, seed)
    of runs that are planned, which are not offered again.
    """
    timed = sorted((time.width, seconds[time.run] * time.rate) for time in at.points if seconds.get(time.run))
    if at.fit is None or not timed:
        return None
    widths, rates, shrinks = shrinking(at.fit, at.times)
    rises = rates > 0
    if not np.any(rises):
        return None
    widths, rates, shrinks = widths[rises], rates[rises], shrinks[rises]
    took = _cost(np.array(timed), widths) / rates
    best = int(np.argmax(shrinks / took))
    width = int(widths[best])
    used = {time.seed for time in at.times if time.width == width} | {seed for w, seed in taken if w == width}
    seed = next(k for k in range(len(used) + 1) if k not in used)
    return Offer(capacity, width, seed, float(shrinks[best]), float(took[best]), float(1 / rates[best]))


def _cost(timed: Floats, widths: Integers) -> Floats:
    """Seconds a unit of tau at widths (n,), from those of runs, rows of width and cost: between them in log-log."""
    known = np.unique(timed[:, 0])
    mean = [np.log(timed[timed[:, 0] == width, 1]).mean() for width in known]
    return np.exp(np.interp(np.log(widths), np.log(known), mean))


def most_telling(offers: Iterable[Offer]) -> list[Offer]:
    """The offers, that of the widest interval first: the map is known no better than that."""
    return sorted(offers, key=lambda offer: -offer.spread)
