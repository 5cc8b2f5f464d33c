"""A statement of the paper beside what the runs in a store say of it: agrees, differs, or open."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from glassy_core.paper.numbers import PRESET_OF
from glassy_core.paper.task import is_class_world, is_papers
from glassy_core.physics.estimate import Estimate
from glassy_core.presets import PRESETS
from glassy_core.runs.groups import Member, World, distinct
from glassy_core.runs.records import Series, best_speed
from glassy_core.runs.run import Run
from glassy_core.wording import rounded_steps, span

Verdict = Literal["agrees", "differs", "open"]
Task = Literal["paper", "class"]  # the paper's own task, or the class world
Network = tuple[int, int]  # depth, width
Read = Callable[[Run], Series]

TOO_WIDE = 3.0  # of our half-width over the paper's error: a wider interval meets it too easily to agree
TOO_WIDE_ALONE = 0.25  # of our half-width over the value itself, where the paper gives no error
TOO_UNCERTAIN = "Too uncertain to tell: more seeds or more time would tell."


@dataclass(frozen=True)
class Source:
    """A run behind a finding: its network, its data, how far it went."""

    run: str
    network: str
    edition: str
    digest: str
    steps: int
    tau: float


@dataclass(frozen=True)
class Finding:
    """One statement.

    figure: of the paper, 1 to 9. what: the quantity or the statement. paper, ours: each as it is to be read.
    verdict: "open" where the runs do not reach far enough, or are too uncertain; words: why, or by what rule it was
    judged.
    world: "paper" for the paper's own data, else "class". command: computes ours again and prints its numbers.
    """

    figure: int
    what: str
    paper: str
    ours: str
    verdict: Verdict
    words: str
    world: Task = "paper"
    sources: tuple[Source, ...] = ()
    command: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Gathered:
    """The runs of a store that may be judged, each group of one world.

    paper: those of the paper's own task. sweeps: by depth, those that may stand beside its critical widths; with two
    layers made by full gradient descent, as the paper's were, or by minibatches. classroom: those of the class world.
    """

    paper: tuple[Member, ...]
    sweeps: dict[int, tuple[Member, ...]]
    classroom: tuple[Member, ...]

    @classmethod
    def of(cls, members: Sequence[Member]) -> Gathered:
        """The largest group of either kind; its runs are of one data set."""
        of_widths = [member for member in members if is_papers(member.config, "critical width")]
        return cls(
            _largest([member for member in members if is_papers(member.config, "learning curves")]),
            {
                depth: _largest([member for member in of_widths if member.config.depth == depth])
                for depth in sorted({member.config.depth for member in of_widths})
            },
            _largest([member for member in members if is_class_world(member.config)]),
        )

    def network(self, depth: int, width: int, aging: bool = False) -> Member | None:
        """The run of the paper's task with that network that went furthest; aging: among those with waiting times.

        One with another learning rate than the paper's is taken only where there is none with it.
        """
        same = [m for m in self.paper if (m.config.depth, m.config.width) == (depth, width)]
        if aging:
            same = [m for m in same if m.config.waiting_times and is_papers(m.config, "aging")]
        eta = PRESETS[PRESET_OF[depth, width]].config.eta
        return max(same, key=lambda m: (m.config.eta == eta, m.run.state().tau), default=None)

    def class_aging(self) -> list[tuple[int, list[Member]]]:
        """The class world's aging runs with d = 2, the seeds of a width together, by ascending width."""
        groups: dict[int, list[Member]] = {}
        for member in distinct([m for m in self.classroom if m.config.waiting_times and m.config.depth == 2]):
            groups.setdefault(member.config.width, []).append(member)
        return sorted(groups.items())


def _largest(members: Sequence[Member]) -> tuple[Member, ...]:
    """The members of that world of which there are most."""
    groups: dict[World, list[Member]] = {}
    for member in members:
        groups.setdefault(member.world, []).append(member)
    largest: list[Member] = max(groups.values(), key=len, default=[])
    return tuple(largest)


def sources(members: Sequence[Member]) -> tuple[Source, ...]:
    """What to say of the runs used, one a network."""
    return tuple(_source(member) for member in distinct(members))


def _source(member: Member) -> Source:
    config, state = member.config, member.run.state()
    network = f"d = {config.depth}, w = {config.width}, seed {config.seed}"
    return Source(member.run.id, network, config.edition, member.digest or "", state.step, state.tau)


def judge(ours: Estimate, paper: float, uncertainty: float) -> Verdict:
    """Whether our 95 % interval and the paper's value, with its own uncertainty, have a value in common."""
    return "agrees" if ours.low <= paper + uncertainty and ours.high >= paper - uncertainty else "differs"


def weigh(ours: Estimate, paper: float, error: float, trivial: float | None = None) -> tuple[Verdict, str]:
    """The verdict on a value whose error the paper states, and a sentence where ours is too uncertain for one.

    An interval over TOO_WIDE times as wide as the paper's never agrees: it differs, or tells nothing. Nor does one that
    holds a trivial value, too: the one that a process without glassiness would give.
    """
    return _weighed(ours, paper, error, TOO_WIDE * error, trivial)


def weigh_alone(ours: Estimate, paper: float, digit: float) -> tuple[Verdict, str]:
    """The same of a value that the paper gives without an error; digit: half a unit of its last digit."""
    return _weighed(ours, paper, digit, TOO_WIDE_ALONE * abs(paper), None)


def _weighed(ours: Estimate, paper: float, error: float, widest: float, trivial: float | None) -> tuple[Verdict, str]:
    verdict = judge(ours, paper, error)
    if verdict == "agrees" and (ours.high - ours.low) / 2 > widest:
        return "open", TOO_UNCERTAIN
    if verdict == "agrees" and trivial is not None and ours.low <= trivial <= ours.high:
        return "open", f"Our interval holds {trivial:g}, too. {TOO_UNCERTAIN}"
    return verdict, ""


def no_run(network: Network) -> str:
    """Why a statement on a network without a run is open."""
    return f"No run yet: `{_train(network)}` makes it."


def _train(network: Network) -> str:
    return command("train", None, "--preset", PRESET_OF[network])


def missing(member: Member | None, network: Network, tau: float, read: Read) -> str | None:
    """Why a statement that needs this tau is open, with the hours it would take; None where the run is that far."""
    if member is None:
        return no_run(network)
    state, series = member.run.state(), read(member.run)
    end = float(series.tau[-1]) if len(series) else 0.0
    if end >= 0.999 * tau:
        return None
    copy = member.run.read_only  # which cannot go on
    steps = tau / member.config.eta if copy else (tau - end) / (state.eta or member.config.eta)
    speed = best_speed(series)
    time = f", about {span(steps / speed)} at its best speed so far" if speed else ""
    if copy:
        anew = f"`{_train(network)} --steps {math.ceil(steps)}`"
        return f"It needs tau = {tau:.4g}; this run ends at {end:.4g}. Anew: {anew}{time}."
    return f"It needs tau = {tau:.4g}; the run is at tau = {end:.4g} ({rounded_steps(steps)} missing{time})."


def command(name: str, member: Member | None, *options: str) -> str:
    """The command that computes a number again."""
    return " ".join(["python -m glassy_core", name, *([member.run.id] if member else []), *options])
