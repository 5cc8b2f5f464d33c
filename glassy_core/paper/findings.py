"""A statement of the paper beside what the runs in a store say of it: agrees, differs, open, or by construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from glassy_core.paper.text import Text, joined, text
from glassy_core.physics.estimate import Estimate
from glassy_core.runs.groups import Member, distinct

Verdict = Literal["agrees", "differs", "open", "by construction"]
TaskName = Literal["paper", "class"]  # the paper's own task, or the class world

TOO_WIDE = 3.0  # of our half-width over the paper's error: a wider interval meets it too easily to agree
TOO_WIDE_ALONE = 0.25  # of our half-width over the value itself, where the paper gives no error
TOO_UNCERTAIN = "Too uncertain to tell: more seeds or more time would tell."
_NO_VALUE = text("-")
_BY_FLOW = "The run is a flow, without the noise of minibatches."
_BY_FLOWS = "The runs are flows, without the noise of minibatches."


@dataclass(frozen=True)
class Source:
    """A run behind a finding: its network, its data, how far it went, and by which dynamics: "steps" or "flow"."""

    run: str
    network: str
    edition: str
    digest: str
    steps: int
    tau: float
    dynamics: str = "steps"


@dataclass(frozen=True)
class Finding:
    """A statement of the paper, judged by the runs in a store.

    figure: of the paper, 1 to 9. what: the quantity or the statement. paper, ours: each with its numbers.
    verdict: "open" where the runs do not reach far enough, or are too uncertain; "by construction" where it holds and
    no run could have shown otherwise, which is no agreement. words: why, or by what rule it was judged.
    world: "paper" for the paper's own data, else "class". command: computes ours again and prints its numbers.
    """

    figure: int
    what: Text
    paper: Text
    ours: Text
    verdict: Verdict
    words: Text
    world: TaskName = "paper"
    sources: tuple[Source, ...] = ()
    command: str = ""

    def to_json(self) -> dict[str, Any]:
        """One object of `paper --json`: its texts as the terminal has them."""
        texts = {name: str(part) for name, part in vars(self).items() if isinstance(part, Text)}
        return asdict(self) | texts


@dataclass(frozen=True)
class Statement:
    """What the paper says of one quantity or in one sentence: the part of a Finding that no run changes."""

    figure: int
    what: Text
    paper: Text
    world: TaskName = "paper"

    def judged(
        self, ours: Text, verdict: Verdict, words: Text, members: Iterable[Member | None] = (), command: str = ""
    ) -> Finding:
        """A finding with its verdict; ours: what the runs say, a dash where that is nothing.

        members: the runs used, None where there is no run. words: why. command: prints ours again.
        """
        used = _sources([member for member in members if member])
        if any(source.dynamics == "flow" for source in used):
            words = joined([words, text(_BY_FLOW if len(used) == 1 else _BY_FLOWS)])
        return Finding(self.figure, self.what, self.paper, ours or _NO_VALUE, verdict, words, self.world, used, command)

    def open(
        self, why: Text, members: Iterable[Member | None] = (), ours: Text = _NO_VALUE, command: str = ""
    ) -> Finding:
        """A finding of which nothing can be said yet; why: in a sentence."""
        return self.judged(ours, "open", why, members, command)


def _sources(members: Sequence[Member]) -> tuple[Source, ...]:
    """What to say of the runs used, one a network."""
    return tuple(_source(member) for member in distinct(members))


def _source(member: Member) -> Source:
    config, state = member.config, member.run.state()
    network = f"d = {config.depth}, w = {config.width}, seed {config.seed}"
    return Source(member.run.id, network, config.edition, member.digest or "", state.step, state.tau, config.dynamics)


def judge(ours: Estimate, paper: float, uncertainty: float) -> Verdict:
    """Whether our 95 % interval and the paper's value, with its own uncertainty, have a value in common."""
    return "agrees" if ours.low <= paper + uncertainty and ours.high >= paper - uncertainty else "differs"


def weigh(ours: Estimate, paper: float, error: float, trivial: float | None = None) -> tuple[Verdict, str]:
    """Verdict on a value whose error the paper states, and a sentence where ours is too uncertain for one.

    An interval over TOO_WIDE times as wide as the paper's never agrees: it differs, or tells nothing. Nor does one that
    holds a trivial value, too: the one that a process without glassiness would give.
    """
    return _weighed(ours, paper, error, TOO_WIDE * error, trivial)


def weigh_alone(ours: Estimate, paper: float, digit: float) -> tuple[Verdict, str]:
    """Verdict, and doubt, on a value that the paper gives without an error; digit: half a unit of its last digit."""
    return _weighed(ours, paper, digit, TOO_WIDE_ALONE * abs(paper), None)


def _weighed(ours: Estimate, paper: float, error: float, widest: float, trivial: float | None) -> tuple[Verdict, str]:
    verdict = judge(ours, paper, error)
    if verdict == "agrees" and (ours.high - ours.low) / 2 > widest:
        return "open", TOO_UNCERTAIN
    if verdict == "agrees" and trivial is not None and ours.low <= trivial <= ours.high:
        return "open", f"Our interval holds {trivial:g}, too. {TOO_UNCERTAIN}"
    return verdict, ""
