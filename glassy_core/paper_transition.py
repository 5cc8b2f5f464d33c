"""Figs. 5 and 6 of the paper beside the runs of a store: critical widths, and depth against width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glassy_core.comparable import Member, distinct
from glassy_core.criticality import Criticality
from glassy_core.depths import compare
from glassy_core.findings import Finding, Gathered, Read, Verdict, command, interval, judge, sources
from glassy_core.measured import criticality
from glassy_core.paper import PAPER_PARAMETERS, PAPER_THRESHOLD, PAPER_W_C
from glassy_core.sweep_presets import SWEEPS


def transition_findings(found: Gathered, read: Read) -> Iterator[Finding]:
    """Figs. 5 and 6, with the parameter counts of Sec. IV; the class world's for what the paper's runs do not show."""
    paper = criticality(found.paper, read) if found.paper else Criticality({})
    for depth in PAPER_W_C:
        yield _papers_width(depth, paper, [m for m in found.paper if m.config.depth == depth])
    if found.classroom:
        ours = criticality(found.classroom, read)
        yield from _statements(ours, found.classroom)


def _papers_width(depth: int, found: Criticality, members: Sequence[Member]) -> Finding:
    """w_c at NLL* = 0.01, which the paper gives to five digits and without an error: half a unit is taken."""
    result = found.depths.get(depth)
    width = result.thresholds[PAPER_THRESHOLD] if result and PAPER_THRESHOLD in result.thresholds else None
    what = f"w_c at NLL* = {PAPER_THRESHOLD:g}, d = {depth}, and the parameters there"
    paper = f"{PAPER_W_C[depth]:g}, {PAPER_PARAMETERS[depth]}"
    if width and width.w_c and width.parameters:
        verdict = judge(width.w_c, PAPER_W_C[depth], 0.5)
        ours = f"{interval(width.w_c, 4)}, {width.parameters.value:.0f}"
        again = command("critical", None, *[m.run.id for m in distinct(members)], "--json")
        return Finding(5, what, paper, ours, verdict, "", sources=sources(members), command=again)
    sweep = SWEEPS[f"paper-d{depth}"]
    widths = ",".join(map(str, sweep.widths))
    words = f"It needs a sweep: `python -m glassy_core sweep --preset paper-d{depth}{'-near' if depth == 2 else ''} "
    words += f"--depths {depth} --widths {widths} --steps {sweep.base.steps}`.{_sweep_hours(members, sweep.widths)}"
    return Finding(5, what, paper, "-", "open", words, sources=sources(members))


def _sweep_hours(members: Sequence[Member], widths: Sequence[int]) -> str:
    """The hours of a sweep, from the speed of a run of that depth; a step costs about w^1.5."""
    timed = [m for m in members if m.run.state().step and m.run.state().seconds]
    if not timed:
        return ""
    state, base = timed[0].run.state(), timed[0].config
    each = state.seconds / state.step
    steps = 4_000_000
    hours = sum(steps * each * (w / base.width) ** 1.5 for w in widths) / 3600
    return f" That is about {hours:.0f} hours of one core at the speed of {timed[0].run.id}."


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
        5, "the deeper network needs fewer parameters at w_c", "20890, 18080, 15040 for d = 1, 2, 5",
        _parameters_in_words(found), _of_all(len(seen.fewer), len(seen.fewer_apart), n),
        f"Fewer at {len(seen.fewer)} of {n} thresholds, {_apart(len(seen.fewer_apart), n)}",
    )  # fmt: skip
    slopes = {depth: result.line.slope for depth, result in found.depths.items() if result.line.slope}
    falling = [slope for slope in slopes.values() if slope.high < 0]
    rising = [slope for slope in slopes.values() if slope.low > 0]
    verdict: Verdict = "agrees" if slopes and len(falling) == len(slopes) else "differs" if rising else "open"
    ours = "; ".join(f"d = {depth}: {interval(slope)} units per bit" for depth, slope in slopes.items())
    words = "The slope of the line through w_c against NLL*; its interval must lie below zero."
    yield finding(6, "w_c falls along a line with NLL*", "falling lines", ours, verdict, words)


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
        f"d = {depth}: {interval(width.w_c)}"
        for depth, result in found.depths.items()
        if (width := result.thresholds.get(PAPER_THRESHOLD)) and width.w_c
    )


def _parameters_in_words(found: Criticality) -> str:
    return "; ".join(
        f"d = {depth}: {width.parameters.value:.0f}"
        for depth, result in found.depths.items()
        if (width := result.thresholds.get(PAPER_THRESHOLD)) and width.parameters
    )
