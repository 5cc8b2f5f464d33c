"""Figs. 1, 5 and 6 of the paper beside the runs of a store: the network's size, critical widths, depth and width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glassy_core.network.equations import parameter_count
from glassy_core.paper.evidence import Evidence, command
from glassy_core.paper.findings import Finding, Statement, Verdict, weigh_alone
from glassy_core.paper.numbers import PAPER_PARAMETERS, PAPER_THRESHOLD, PAPER_W_C, half_digit
from glassy_core.paper.text import W_C, Command, Quantity, Text, joined, text
from glassy_core.physics.critical_width.criticality import Criticality, CriticalWidth, compare
from glassy_core.runs.groups import Member, distinct
from glassy_core.runs.measured import criticality

_CLASS_COMMAND = command("critical", None, "--json")


def network_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 1: our count of free parameters at the paper's critical widths: arithmetic, which needs no run."""
    ours = {depth: parameter_count(depth, width) for depth, width in PAPER_W_C.items()}
    errors = {d: parameter_count(d, width + half_digit(width)) - ours[d] for d, width in PAPER_W_C.items()}
    same = all(abs(ours[depth] - PAPER_PARAMETERS[depth]) <= errors[depth] + 0.5 for depth in ours)
    at = ", ".join(f"w = {width:g} (d = {depth})" for depth, width in PAPER_W_C.items())
    digits = ", ".join(f"± {error:.1g}" for error in errors.values())
    words = text(f"Counted, not measured. Half a unit of these widths' last digits is {digits}.")
    statement = Statement(1, text(f"free parameters at {at}"), _papers_parameters())
    counted = joined([text(Quantity(round(count))) for count in ours.values()], ", ")
    yield statement.judged(counted, "by construction" if same else "differs", words)


def _papers_parameters() -> Text:
    return joined([text(Quantity(count)) for count in PAPER_PARAMETERS.values()], ", ")


def critical_width_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 5, with the parameter counts of Sec. IV; the class world's for what the paper's runs do not show."""
    for depth in PAPER_W_C:
        yield _papers_width(evidence, depth)
    if evidence.classroom:
        ours = criticality(evidence.classroom, evidence.read)
        yield _narrower(ours, evidence.classroom)
        yield _fewer_parameters(ours, evidence.classroom)


def threshold_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 6, of the class world."""
    if evidence.classroom:
        yield _falls_with_threshold(criticality(evidence.classroom, evidence.read), evidence.classroom)


def _papers_width(evidence: Evidence, depth: int) -> Finding:
    """w_c at NLL* = 0.01, which the paper gives to five digits and without an error."""
    statement = Statement(
        5,
        text(W_C, f" at NLL* = {PAPER_THRESHOLD:g}, d = {depth}, and the parameters there"),
        text(Quantity(PAPER_W_C[depth], digits=6), ", ", Quantity(PAPER_PARAMETERS[depth])),
    )
    members = evidence.sweeps.get(depth, ())
    result = criticality(members, evidence.read).depths.get(depth)
    width = result.thresholds.get(PAPER_THRESHOLD) if result else None
    if width and width.w_c and width.parameters:
        verdict, doubt = weigh_alone(width.w_c, PAPER_W_C[depth], half_digit(PAPER_W_C[depth]))
        ours = text(Quantity(width.w_c, digits=4), ", ", Quantity(round(width.parameters.value)))
        again = command("critical", None, *[m.run.id for m in distinct(members)], "--json")
        return statement.judged(ours, verdict, joined([_laws(width), text(doubt)]), members, again)
    sweep = Command(command("sweep", None, f"--like paper-flow-d{depth}"))
    return statement.open(text("It needs a sweep; as flows, minutes a width: ", sweep, "."), members)


def _laws(width: CriticalWidth) -> Text:
    """What the parabola and a power of w - w_c give, and which of them the runs speak for."""
    if width.power is None or width.alone is None:
        return Text()
    both = text(
        "By the parabola alone ", Quantity(width.alone, digits=4), "; by a power of w - ", W_C, " ",
        Quantity(width.power.w_c, digits=4), ", with z = ", Quantity(width.power.z), ", of which the runs make "
        f"{width.power.share:.0%} likely.",
    )  # fmt: skip
    return joined([both, text(width.doubt)])


def _narrower(criticality: Criticality, members: Sequence[Member]) -> Finding:
    seen = compare(criticality)
    n = len(seen.shared)
    what, paper = text("the deeper the network, the smaller ", W_C), text("at every NLL*, d = 1, 2, 5")
    depths = ", ".join(map(str, criticality.depths))
    words = text(f"d = {depths}: smaller at {len(seen.narrower)} of {n} thresholds, {_apart(len(seen.apart), n)}")
    verdict = _of_all(len(seen.narrower), len(seen.apart), n)
    statement = Statement(5, what, paper, "class")
    return statement.judged(_widths(criticality), verdict, words, members, _CLASS_COMMAND)


def _fewer_parameters(criticality: Criticality, members: Sequence[Member]) -> Finding:
    seen = compare(criticality)
    n = len(seen.shared)
    what = text("the deeper network needs fewer parameters at ", W_C)
    words = text(f"Fewer at {len(seen.fewer)} of {n} thresholds, {_apart(len(seen.fewer_apart), n)}")
    verdict = _of_all(len(seen.fewer), len(seen.fewer_apart), n)
    statement = Statement(5, what, text(_papers_parameters(), " for d = 1, 2, 5"), "class")
    return statement.judged(_parameters(criticality), verdict, words, members, _CLASS_COMMAND)


def _falls_with_threshold(criticality: Criticality, members: Sequence[Member]) -> Finding:
    slopes = {depth: result.line.slope for depth, result in criticality.depths.items() if result.line.slope}
    falling = [slope for slope in slopes.values() if slope.high < 0]
    rising = [slope for slope in slopes.values() if slope.low > 0]
    falls = slopes and len(falling) == len(slopes)
    verdict: Verdict = "by construction" if falls else "differs" if rising else "open"
    ours = joined([text(f"d = {d}: ", Quantity(slope, "units per bit")) for d, slope in slopes.items()], "; ")
    words = text(
        "Each run comes down to a higher NLL* earlier, so that ", W_C, " cannot but fall. The slope of the line "
        "through ", W_C, " against NLL*; its interval must lie below zero.",
    )  # fmt: skip
    statement = Statement(6, text(W_C, " falls with NLL*"), text("falling lines"), "class")
    return statement.judged(ours, verdict, words, members, _CLASS_COMMAND)


def _of_all(yes: int, apart: int, n: int) -> Verdict:
    """Agrees where it holds at all thresholds, at most of them beyond the intervals; differs where it holds at none."""
    if not n:
        return "open"
    return "agrees" if yes == n and 2 * apart > n else "differs" if not yes else "open"


def _apart(apart: int, n: int) -> str:
    words = f"with intervals apart at {apart or 'none'} of them."
    return words if 2 * apart > n else f"{words} It needs most of them apart: more seeds or widths would tell."


def _widths(criticality: Criticality) -> Text:
    """w_c of each depth at the paper's threshold."""
    at = {depth: result.thresholds.get(PAPER_THRESHOLD) for depth, result in criticality.depths.items()}
    return joined([text(f"d = {d}: ", Quantity(width.w_c)) for d, width in at.items() if width and width.w_c], "; ")


def _parameters(criticality: Criticality) -> Text:
    """Free parameters of each depth there."""
    at = {depth: result.thresholds.get(PAPER_THRESHOLD) for depth, result in criticality.depths.items()}
    counts = {d: round(width.parameters.value) for d, width in at.items() if width and width.parameters}
    return joined([text(f"d = {depth}: ", Quantity(count)) for depth, count in counts.items()], "; ")
