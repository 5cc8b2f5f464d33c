"""Figs. 1, 5 and 6 of the paper beside the runs of a store: the network's size, critical widths, depth and width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glassy_core.network.equations import parameter_count
from glassy_core.paper.findings import Finding, Gathered, Read, Verdict, command, sources, weigh_alone
from glassy_core.paper.numbers import PAPER_PARAMETERS, PAPER_THRESHOLD, PAPER_W_C, half_digit
from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.physics.critical_width.depths import compare
from glassy_core.presets import SWEEPS, SweepPreset
from glassy_core.runs.groups import Member, distinct
from glassy_core.runs.measured import criticality
from glassy_core.runs.records import best_speed
from glassy_core.wording import whole


def network_findings() -> Iterator[Finding]:
    """Fig. 1: our count of free parameters at the paper's critical widths."""
    ours = {depth: parameter_count(depth, width) for depth, width in PAPER_W_C.items()}
    errors = {d: parameter_count(d, width + half_digit(width)) - ours[d] for d, width in PAPER_W_C.items()}
    same = all(abs(ours[depth] - PAPER_PARAMETERS[depth]) <= errors[depth] + 0.5 for depth in ours)
    at = ", ".join(f"w = {width:g} (d = {depth})" for depth, width in PAPER_W_C.items())
    yield Finding(
        1, f"free parameters at {at}", _papers_parameters(),
        ", ".join(whole(round(count)) for count in ours.values()), "agrees" if same else "differs",
        f"Half a unit of these widths' last digits is {', '.join(f'± {error:.1g}' for error in errors.values())}.",
    )  # fmt: skip


def _papers_parameters() -> str:
    return ", ".join(map(whole, PAPER_PARAMETERS.values()))


def transition_findings(found: Gathered, read: Read) -> Iterator[Finding]:
    """Figs. 5 and 6, with the parameter counts of Sec. IV; the class world's for what the paper's runs do not show."""
    for depth in PAPER_W_C:
        yield _papers_width(depth, found.sweeps.get(depth, ()), read)
    if found.classroom:
        ours = criticality(found.classroom, read)
        yield from _statements(ours, found.classroom)


def _papers_width(depth: int, members: Sequence[Member], read: Read) -> Finding:
    """w_c at NLL* = 0.01, which the paper gives to five digits and without an error; members: of that depth."""
    result = criticality(members, read).depths.get(depth)
    width = result.thresholds[PAPER_THRESHOLD] if result and PAPER_THRESHOLD in result.thresholds else None
    what = f"w_c at NLL* = {PAPER_THRESHOLD:g}, d = {depth}, and the parameters there"
    paper = f"{PAPER_W_C[depth]:g}, {whole(PAPER_PARAMETERS[depth])}"
    if width and width.w_c and width.parameters:
        verdict, doubt = weigh_alone(width.w_c, PAPER_W_C[depth], half_digit(PAPER_W_C[depth]))
        ours = f"{width.w_c.text(4)}, {whole(round(width.parameters.value))}"
        again = command("critical", None, *[m.run.id for m in distinct(members)], "--json")
        return Finding(5, what, paper, ours, verdict, doubt, sources=sources(members), command=again)
    name = f"paper-d{depth}"
    words = f"It needs a sweep: `python -m glassy_core sweep --like {name}`.{_sweep_hours(members, SWEEPS[name], read)}"
    return Finding(5, what, paper, "-", "open", words, sources=sources(members))


def _sweep_hours(members: Sequence[Member], sweep: SweepPreset, read: Read) -> str:
    """The hours of a sweep, from the best speed of a run of that depth; a step costs about w^1.5."""
    timed = [(member, speed) for member in members if (speed := best_speed(read(member.run)))]
    if not timed:
        return ""
    member, speed = timed[0]
    hours = sum(sweep.base.steps / speed * (w / member.config.width) ** 1.5 for w in sweep.widths) / 3600
    return f" That is about {hours:.0f} hours of one core at the best speed of {member.run.id}."


def _statements(found: Criticality, members: Sequence[Member]) -> Iterator[Finding]:
    seen = compare(found)
    n = len(seen.shared)
    depths = ", ".join(map(str, found.depths))

    def finding(figure: int, what: str, paper: str, ours: str, verdict: Verdict, words: str) -> Finding:
        again = command("critical", None, "--json")
        return Finding(figure, what, paper, ours or "-", verdict, words, "class", sources(members), again)

    yield finding(
        5, "the deeper the network, the smaller w_c", "at every NLL*, d = 1, 2, 5",
        _widths_in_words(found), _of_all(len(seen.narrower), len(seen.apart), n),
        f"d = {depths}: smaller at {len(seen.narrower)} of {n} thresholds, {_apart(len(seen.apart), n)}",
    )  # fmt: skip
    yield finding(
        5, "the deeper network needs fewer parameters at w_c", f"{_papers_parameters()} for d = 1, 2, 5",
        _parameters_in_words(found), _of_all(len(seen.fewer), len(seen.fewer_apart), n),
        f"Fewer at {len(seen.fewer)} of {n} thresholds, {_apart(len(seen.fewer_apart), n)}",
    )  # fmt: skip
    slopes = {depth: result.line.slope for depth, result in found.depths.items() if result.line.slope}
    falling = [slope for slope in slopes.values() if slope.high < 0]
    rising = [slope for slope in slopes.values() if slope.low > 0]
    verdict: Verdict = "agrees" if slopes and len(falling) == len(slopes) else "differs" if rising else "open"
    ours = "; ".join(f"d = {depth}: {slope.text(3)} units per bit" for depth, slope in slopes.items())
    words = "The slope of the line through w_c against NLL*; its interval must lie below zero."
    yield finding(6, "w_c falls with NLL*", "falling lines", ours, verdict, words)


def _of_all(yes: int, apart: int, n: int) -> Verdict:
    """Agrees where it holds at all thresholds, at most of them beyond the intervals; differs where it holds at none."""
    if not n:
        return "open"
    return "agrees" if yes == n and 2 * apart > n else "differs" if not yes else "open"


def _apart(apart: int, n: int) -> str:
    words = f"with intervals apart at {apart}."
    return words if 2 * apart > n else f"{words} It needs most of them apart: more seeds or widths would tell."


def _widths_in_words(found: Criticality) -> str:
    return "; ".join(
        f"d = {depth}: {width.w_c.text(3)}"
        for depth, result in found.depths.items()
        if (width := result.thresholds.get(PAPER_THRESHOLD)) and width.w_c
    )


def _parameters_in_words(found: Criticality) -> str:
    return "; ".join(
        f"d = {depth}: {whole(round(width.parameters.value))}"
        for depth, result in found.depths.items()
        if (width := result.thresholds.get(PAPER_THRESHOLD)) and width.parameters
    )
