"""The runs of a store that bear on the paper, by world: those of its own task, and those of the class world."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glassy_core.paper.numbers import PRESET_OF
from glassy_core.paper.task import is_class_world, is_papers
from glassy_core.paper.text import TAU, Command, Text, joined, text
from glassy_core.presets import PRESETS
from glassy_core.runs.groups import Member, World, distinct
from glassy_core.runs.measured import series_of, started_from
from glassy_core.runs.records import Series, best_speed
from glassy_core.runs.run import Run
from glassy_core.wording import rounded_steps, span

DepthWidth = tuple[int, int]


@dataclass(frozen=True)
class Evidence:
    """The runs of a store that may be judged, each group of one world: the largest of its kind.

    paper: those of the paper's own task, and the flows that their steps follow. sweeps: by depth, those that may stand
    beside its critical widths; with two layers made by full gradient descent, as the paper's were, by minibatches, or
    flows. classroom: those of the class world.
    bursts: steps by the paper's rule from checkpoints of the paper's networks, with waiting times. read: a run's
    recorded curves.
    """

    paper: tuple[Member, ...]
    sweeps: dict[int, tuple[Member, ...]]
    classroom: tuple[Member, ...]
    bursts: tuple[Member, ...] = ()
    read: Callable[[Run], Series] = series_of

    @classmethod
    def of(cls, members: Sequence[Member], read: Callable[[Run], Series] = series_of) -> Evidence:
        """Evidence among a store's readable runs: those that began with networks of their own."""
        bursts = tuple(m for m in members if started_from(m) and is_papers(m.config, "aging"))
        members = [member for member in members if member.start is None]
        papers = [member for member in members if is_papers(member.config, "learning curves")]
        flows, steps = ([m for m in papers if (m.config.dynamics == "flow") == wanted] for wanted in (True, False))
        of_widths = [member for member in members if is_papers(member.config, "critical width")]
        return cls(
            _largest(steps) + _largest(flows),
            {
                depth: _largest([member for member in of_widths if member.config.depth == depth])
                for depth in sorted({member.config.depth for member in of_widths})
            },
            _largest([member for member in members if is_class_world(member.config)]),
            bursts,
            read,
        )

    def series(self, member: Member) -> Series:
        """The recorded curves of one of the runs."""
        return self.read(member.run)

    def of_network(self, depth: int, width: int) -> list[Member]:
        """The runs of the paper's task with that network."""
        return [m for m in self.paper if (m.config.depth, m.config.width) == (depth, width)]

    def network(self, depth: int, width: int, aging: bool = False, dynamics: str = "") -> Member | None:
        """The run of the paper's task with that network that went furthest; aging: among those with waiting times.

        One with another learning rate than the paper's is taken only where there is none with it, nor a flow.
        dynamics: "steps" or "flow" where only that will do.
        """
        same = self.of_network(depth, width)
        if aging:
            same = [m for m in same if m.config.waiting_times and is_papers(m.config, "aging")]
        if dynamics:
            same = [m for m in same if m.config.dynamics == dynamics]
        etas = (PRESETS[PRESET_OF[depth, width]].config.eta, 0.0)
        return max(same, key=lambda m: (m.config.eta in etas, m.run.state().tau), default=None)

    def aging_seeds(self, depth: int, width: int) -> list[Member]:
        """The run of that network with waiting times that went furthest, and other seeds that went as far."""
        furthest = self.network(depth, width, aging=True)
        if furthest is None:
            return []
        tau = 0.999 * furthest.run.state().tau
        same = [m for m in self.of_network(depth, width) if m.ensemble == furthest.ensemble and m.config.waiting_times]
        return distinct([m for m in same if m is furthest or m.run.state().tau >= tau])

    def bursts_of(self, depth: int, width: int) -> list[Member]:
        """The bursts of steps that began at checkpoints of that network."""
        return [m for m in self.bursts if (m.config.depth, m.config.width) == (depth, width)]

    def class_aging(self) -> list[tuple[int, list[Member]]]:
        """The class world's aging runs with d = 2, the seeds of a width together, by ascending width."""
        groups: dict[int, list[Member]] = {}
        for member in distinct([m for m in self.classroom if m.config.waiting_times and m.config.depth == 2]):
            groups.setdefault(member.config.width, []).append(member)
        return sorted(groups.items())

    def lacks(self, member: Member, tau: float) -> Shortfall | None:
        """Shortfall of a run from the proper time tau; None where it is that far."""
        state, series = member.run.state(), self.series(member)
        end = float(series.tau[-1]) if len(series) else 0.0
        if end >= 0.999 * tau:
            return None
        copy = member.run.read_only  # which cannot go on
        if member.config.dynamics == "flow":
            network, until = (member.config.depth, member.config.width), f"--until {math.ceil(tau)}"
            go_on = _train(network, until, by_flow=True) if copy else Command(command("resume", member, until))
            return Shortfall(tau, end, None, None, go_on)
        steps = tau / member.config.eta if copy else (tau - end) / (state.eta or member.config.eta)
        speed = best_speed(series)
        anew = _train((member.config.depth, member.config.width), f"--steps {math.ceil(steps)}") if copy else None
        return Shortfall(tau, end, steps, steps / speed if speed else None, anew)

    def missing(self, member: Member | None, network: DepthWidth, tau: float, by_flow: bool = True) -> Text:
        """Sentence on why a statement that needs this tau of a network is open; empty where its run is that far.

        by_flow: whether a flow would do.
        """
        if member is None:
            return no_run(network, by_flow)
        shortfall = self.lacks(member, tau)
        if shortfall is None:
            return Text()
        quicker = text("As a flow, in minutes: ", _train(network, by_flow=True), ".")
        return joined([shortfall.text(), quicker if by_flow and shortfall.steps is not None else Text()])


@dataclass(frozen=True)
class Shortfall:
    """Steps and seconds that a run lacks of the proper time that a statement needs.

    tau: needed. end: where the run is. steps: that are missing, None for a flow. seconds: that they take at its best
    speed so far, None where that is not known. anew: the command for a run that cannot go on, steps and seconds are
    then of all of it; or that for a flow.
    """

    tau: float
    end: float
    steps: float | None
    seconds: float | None
    anew: Command | None

    def text(self, subject: str = "It") -> Text:
        """One sentence or two on what is missing, with what to do."""
        time = f", about {span(self.seconds)} at its best speed so far" if self.seconds else ""
        needs = text(f"{subject} needs ", TAU, f" = {self.tau:.4g}; ")
        if self.anew:
            what = "Anew" if self.steps is not None else "It goes there by"
            return text(needs, f"this run ends at {self.end:.4g}. {what}: ", self.anew, f"{time}.")
        assert self.steps is not None
        return text(needs, "the run is at ", TAU, f" = {self.end:.4g} ({rounded_steps(self.steps)} missing{time}).")


def no_run(network: DepthWidth, by_flow: bool = True) -> Text:
    """Sentence on why a statement on a network without a run is open, with the command that trains it."""
    return text("No run yet: ", _train(network, by_flow=by_flow), " makes it.")


def _train(network: DepthWidth, *options: str, by_flow: bool = False) -> Command:
    """The command that trains one of the paper's networks; options: other than the preset's."""
    preset = PRESET_OF[network].replace("paper-", "paper-flow-") if by_flow else PRESET_OF[network]
    return Command(command("train", None, "--preset", preset, *options))


def command(name: str, member: Member | None, *options: str) -> str:
    """Shell line that computes a number again: a command of glassy, the run's id where one is given, its options."""
    return " ".join(["python -m glassy_core", name, *([member.run.id] if member else []), *options])


def _largest(members: Sequence[Member]) -> tuple[Member, ...]:
    """The members of that world of which there are most."""
    groups: dict[World, list[Member]] = {}
    for member in members:
        groups.setdefault(member.world, []).append(member)
    largest: list[Member] = max(groups.values(), key=len, default=[])
    return tuple(largest)
