"""The exponent a against width and depth, which the paper leaves open (Sec. III): settings on one map, by w / w_c."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from glassy_core.paper.numbers import PAPER_THRESHOLD
from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.exponents import at_ratio
from glassy_core.physics.learning_curves.power_law import PowerLawFit
from glassy_core.runs.groups import Member, World, ensembles
from glassy_core.runs.measured import criticality
from glassy_core.settings import RunConfig

RATIOS = (1.25, 1.5, 2.0, 3.0)  # w / w_c at which exponents are compared

Widths = Mapping[tuple[World, int], Estimate]
"""w_c (units) by world and depth, at the paper's threshold."""


@dataclass(frozen=True)
class ExponentPoint:
    """One setting on the map: its settings, the fit of its seeds together, the seeds' ids.

    pure: whether the fit's law without NLL_inf is the one that is shown. w_c: of its world and depth, units, None where
    that is not known. task: what it learns and how, in words.
    """

    config: RunConfig
    fit: PowerLawFit
    runs: tuple[str, ...]
    pure: bool = False
    w_c: Estimate | None = None
    task: str = ""

    @property
    def exponent(self) -> Estimate | None:
        """The exponent a of the law that is shown; None where there is no fit."""
        if self.pure:
            return self.fit.pure.exponent if self.fit.pure else None
        return self.fit.exponent

    @property
    def nll_inf(self) -> Estimate | None:
        """NLL_inf in bits; None where there is no fit, or the law has none."""
        return None if self.pure else self.fit.nll_inf

    def to_json(self) -> dict[str, Any]:
        """What `exponents --json` has of it."""
        estimates = {"exponent": self.exponent, "nll_inf": self.nll_inf, "w_c": self.w_c}
        numbers = {name: estimate and estimate.to_json() for name, estimate in estimates.items()}
        verdict = {"window": self.fit.window, "reliable": self.fit.reliable, "why": self.fit.why}
        network = {"depth": self.config.depth, "width": self.config.width, "runs": self.runs}
        return {"task": self.task} | network | numbers | verdict


def critical_widths_of(
    groups: Iterable[Sequence[Member]], analyse: Callable[[Sequence[Member]], Criticality] = criticality
) -> dict[tuple[World, int], Estimate]:
    """w_c (units) of each world and depth that has one at the paper's threshold; groups: the runs of a world each."""
    found = ((members[0].world, analyse(members)) for members in groups if members[0].start is None)
    return {
        (world, depth): w_c
        for world, of_world in found
        for depth, result in of_world.depths.items()
        if (w_c := result.thresholds[PAPER_THRESHOLD].w_c)
    }


def places(
    members: Iterable[Member], fit: Callable[[Sequence[Member]], PowerLawFit], widths: Widths, pure: bool = False
) -> list[ExponentPoint]:
    """A place a setting, but for runs that began at another one's checkpoint: their tau begins there.

    fit: that of the seeds of a setting; pure: as in Place.
    """
    groups = ensembles(member for member in members if member.start is None)
    return [_place(group, fit, widths, pure) for group in groups]


def _place(
    group: Sequence[Member], fit: Callable[[Sequence[Member]], PowerLawFit], widths: Widths, pure: bool
) -> ExponentPoint:
    first = group[0]
    ids = tuple(member.run.id for member in group)
    return ExponentPoint(
        first.config, fit(group), ids, pure, widths.get((first.world, first.config.depth)), first.world.words()
    )


@dataclass(frozen=True)
class AtRatios:
    """The exponents of one task and depth by w / w_c, at those of RATIOS that its widths enclose."""

    task: str
    depth: int
    exponents: Mapping[float, Estimate]

    def to_json(self) -> dict[str, Any]:
        """What `exponents --json` has of it."""
        by_ratio = {f"{ratio:g}": estimate.to_json() for ratio, estimate in self.exponents.items()}
        return {"task": self.task, "depth": self.depth, "exponents": by_ratio}


def at_ratios(points: Iterable[ExponentPoint]) -> list[AtRatios]:
    """By task and depth, of a width that several settings have the one with the most seeds."""
    groups: dict[tuple[str, int], dict[int, ExponentPoint]] = {}
    for place in points:
        if place.exponent and place.w_c:
            by_width = groups.setdefault((place.task, place.config.depth), {})
            kept = by_width.get(place.config.width)
            if kept is None or len(place.runs) > len(kept.runs):
                by_width[place.config.width] = place
    return [AtRatios(task, depth, _at_ratios(by_width)) for (task, depth), by_width in sorted(groups.items())]


def _at_ratios(by_width: Mapping[int, ExponentPoint]) -> dict[float, Estimate]:
    widths = sorted(by_width)
    w_c, exponents = by_width[widths[0]].w_c, [e for w in widths if (e := by_width[w].exponent)]
    assert w_c
    return {ratio: one for ratio in RATIOS if (one := at_ratio(widths, exponents, w_c, ratio))}


@dataclass(frozen=True)
class RatioCollapse:
    """Whether exponents are one curve of w / w_c. Each comparison is of two of them at one ratio.

    depths: number of those of two depths on one task; deeper: in which the deeper network's is greater; deeper_apart:
    beyond the intervals. tasks, tasks_apart: the same of two tasks at one depth.
    """

    depths: int
    deeper: int
    deeper_apart: int
    tasks: int
    tasks_apart: int

    @classmethod
    def of(cls, rows: Sequence[AtRatios]) -> RatioCollapse:
        """The comparisons of all pairs of rows."""
        layers = [(b, a) for a, b in _pairs(rows, "task")]
        tasks = list(_pairs(rows, "depth"))
        return cls(
            len(layers),
            sum(deep.value > shallow.value for deep, shallow in layers),
            sum(deep.low > shallow.high for deep, shallow in layers),
            len(tasks),
            sum(a.low > b.high or b.low > a.high for a, b in tasks),
        )

    def words(self) -> str:
        """What can be said of a collapse; empty where nothing can be compared."""
        depths = (
            f"At the same w / w_c the deeper network decays faster in {self.deeper} of {self.depths} comparisons, "
            f"beyond the intervals in {self.deeper_apart}."
        )
        agree = self.tasks - self.tasks_apart
        tasks = f"One depth on different tasks agrees within the intervals in {agree} of {self.tasks}."
        return " ".join([depths] * bool(self.depths) + [tasks] * bool(self.tasks))


def _pairs(rows: Sequence[AtRatios], same: str) -> Iterator[tuple[Estimate, Estimate]]:
    """The exponents at each ratio of two rows that share a task or a depth, the less deep one first."""
    ordered = sorted(rows, key=lambda row: row.depth)
    for a, b in combinations(ordered, 2):
        if getattr(a, same) == getattr(b, same):
            yield from ((a.exponents[r], b.exponents[r]) for r in RATIOS if r in a.exponents and r in b.exponents)
