"""Fig. 7 of the paper beside the runs of a store: aging."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from glassy_core.paper.evidence import DepthWidth, Evidence, command
from glassy_core.paper.findings import TOO_UNCERTAIN, Finding, Statement, Verdict, weigh
from glassy_core.paper.numbers import AGING, FIRST_TAU_W, FOLLOWED, LONGEST, PAPER_ALPHA
from glassy_core.paper.text import ALPHA, MU, TAU, TAU_W, Quantity, Text, joined, text, with_symbols
from glassy_core.physics.aging.aging import Aging, aging
from glassy_core.physics.aging.collapse import AGING_REGIME, BREAK, breakdowns
from glassy_core.physics.aging.fluctuations import Trajectory
from glassy_core.physics.aging.growth import SHORT, short_time
from glassy_core.physics.estimate import Estimate
from glassy_core.presets import CLASS_TRIO, PRESETS
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import burst_trajectories, started_from, trajectory
from glassy_core.runs.run import RunError

_ENOUGH = 3  # waiting times of bursts
_THIRD_TAU_W = 4 * FIRST_TAU_W
_UNDER_WIDTH, _NEAR_WIDTH, _OVER_WIDTH = (PRESETS[name].config.width for name in CLASS_TRIO)
_DIFFUSION = 1.0  # alpha of weights that diffuse freely
_FULL_AGING = 1.0  # mu of a collapse on tau / tau_w
_DRIFTS = (
    "The curves rise nearly as the square of the time, as weights do that slide in one direction: a slide that slows "
    "down in log tau collapses as well, without a glass."
)
_SURE = 0.1  # half-width of an interval of mu that tells full aging from sub-aging
X = text(TAU, " / ", TAU_W)
_ONE_CURVE = text("all waiting times on one curve of ", X)
_BREAKS_DOWN = text("the scaling with ", X, " breaks down")
_FAILS = text("it fails at the largest ", TAU_W)


def aging_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 7 of the paper's networks, and of the class world's, which are there within minutes."""
    for network in AGING:
        yield _alpha(evidence, network)
    yield _collapse(evidence)
    yield _breaks_down_late(evidence)
    for width, members in evidence.class_aging():
        yield from _of_class(evidence, width, members)


def measured(evidence: Evidence, members: Sequence[Member | None]) -> Aging | Text:
    """Aging of a network's seeds, or why there is none; empty where there is no run."""
    runs = [member for member in members if member]
    return _aging_of(lambda: [trajectory(member.run, evidence.read) for member in runs]) if runs else Text()


def _aging_of(trajectories: Callable[[], Sequence[Trajectory]]) -> Aging | Text:
    """Aging of trajectories that are read now, or why there is none."""
    try:
        result = aging(trajectories())
    except RunError as error:
        return with_symbols(str(error))
    return result if result.curves else text("No waiting time is over yet: let the run go on.")


def _alpha(evidence: Evidence, network: DepthWidth) -> Finding:
    what = text("short-time exponent ", ALPHA, ", d = {}, w = {}".format(*network))
    statement = Statement(7, what, text(_papers_alpha()))
    # A flow has none of the minibatches' noise, by which the weights move at short times.
    member = evidence.network(*network, aging=True, dynamics="steps")
    bursts = evidence.bursts_of(*network)
    # alpha falls from one waiting time to the next at first: the first two alone would tell of their youth.
    missing = evidence.missing(member, network, _THIRD_TAU_W * (1 + SHORT[1]), by_flow=False)
    ours = measured(evidence, [member])
    several = len({member.config.seed for member in bursts}) > 1
    of_bursts = _aging_of(lambda: burst_trajectories(bursts, evidence.read)) if several else Text()
    known = 0 if isinstance(ours, Text) else len(ours.alpha.curves)
    if not isinstance(of_bursts, Text) and len(of_bursts.alpha.curves) >= max(known, _ENOUGH):
        return _alpha_of_bursts(statement, of_bursts, bursts)
    if member is None or isinstance(ours, Text) or ours.alpha.slope is None:
        return statement.open(missing or (ours if isinstance(ours, Text) else with_symbols(ours.alpha.why)), [member])
    verdict, words, doubt = _weighed_alpha(ours)
    again = command("aging", member, "--json")
    words = joined([words, missing or text(doubt)])
    return statement.judged(text(Quantity(ours.alpha.slope)), "open" if missing else verdict, words, [member], again)


def _weighed_alpha(ours: Aging) -> tuple[Verdict, Text, str]:
    """Verdict on a slope that is there, what it is of, and why it is doubted."""
    assert ours.alpha.slope
    verdict, doubt = weigh(ours.alpha.slope, *PAPER_ALPHA, trivial=_DIFFUSION)
    window = text(X, f" up to {ours.alpha.window[1]:g}, ", TAU_W, f" = {_times(ours.alpha.curves)}.")
    each = [fit.slope.value for curve in ours.curves if (fit := short_time([curve])).slope]
    one_by_one = f"Of each of these by itself: {', '.join(f'{value:.2f}' for value in each)}." if len(each) > 1 else ""
    if len(each) > 1 and verdict == "open" and np.all(np.diff(each) < 0):
        doubt = "It still falls from one waiting time to the next, so their mean tells little: later ones would."
    return verdict, joined([window, text(one_by_one)]), doubt


def _alpha_of_bursts(statement: Statement, ours: Aging, bursts: Sequence[Member]) -> Finding:
    assert ours.alpha.slope
    verdict, words, doubt = _weighed_alpha(ours)
    seeds = len({member.config.seed for member in bursts})
    made = f"Bursts of minibatch steps by the paper's rule from a flow's weights, {seeds} seeds of the minibatches."
    again = command("aging", None, started_from(bursts[0]) or "", "--bursts --json")
    words = joined([words, text(made), text(doubt)])
    return statement.judged(text(Quantity(ours.alpha.slope)), verdict, words, bursts, again)


def _papers_alpha() -> Quantity:
    value, error = PAPER_ALPHA
    return Quantity(value, digits=6, error=error)


def _collapse(evidence: Evidence) -> Finding:
    member = evidence.network(2, 30, aging=True)
    statement = Statement(7, text("d = 2, w = 30: ", _ONE_CURVE), text("full aging, ", MU, " = ", Quantity(1.0)))
    seeds = evidence.aging_seeds(2, 30)
    ours = measured(evidence, seeds)
    if member is None or isinstance(ours, Text) or ours.collapse.mu is None:
        missing = evidence.missing(member, (2, 30), _THIRD_TAU_W * (1 + AGING_REGIME))
        return statement.open(
            missing or (ours if isinstance(ours, Text) else with_symbols(ours.collapse.why)), [member]
        )
    return fully_aged(statement, ours, seeds, command("aging", member, *["--seeds"] * (len(seeds) > 1), "--json"))


def fully_aged(statement: Statement, ours: Aging, members: Sequence[Member], again: str) -> Finding:
    """Finding on a collapse on tau / tau_w, judged by its exponent mu, which must be there."""
    mu, error = ours.collapse.mu, ours.collapse.error
    assert mu
    assert error is not None
    verdict, doubt = full_aging(mu, ours.drifts)
    left_out = len(ours.curves) - len(ours.collapse.curves)
    used = f" = {_times(ours.collapse.curves)}" + (f"; {left_out} more not followed far enough." if left_out else ".")
    rule = text(f"Full aging: {_FULL_AGING:g} in the interval, its half-width at most {_SURE:g}.")
    words = joined([text(f"Collapse error {error:.0%}, ", TAU_W, used), rule, text(doubt)])
    return statement.judged(text(MU, " = ", Quantity(mu)), verdict, words, members, again)


def full_aging(mu: Estimate, drifts: bool) -> tuple[Verdict, str]:
    """Verdict on mu, the collapse's exponent: full aging, less or more, or too uncertain; and words unless full.

    drifts: whether the curves rise as a drift does. Then mu = 1 may be nothing but a slide that slows down in log tau,
    and that is said.
    """
    if mu.low > _FULL_AGING:
        return "differs", "That is more than full aging."
    if mu.high < _FULL_AGING:
        return "differs", "That is sub-aging." if mu.low > 0 else "That is sub-aging, or no aging at all."
    if (mu.high - mu.low) / 2 > _SURE:
        return "open", TOO_UNCERTAIN
    return "agrees", _DRIFTS if drifts else ""


def _times(waiting_times: Sequence[float]) -> str:
    return ", ".join(f"{tau_w:.4g}" for tau_w in waiting_times)


def _of_class(evidence: Evidence, width: int, members: Sequence[Member]) -> Iterator[Finding]:
    """The statements on one width of the class world, as far as its runs have something to say."""
    ours = measured(evidence, members)
    if isinstance(ours, Text):
        return
    again = command("aging", members[0], "--seeds --json")
    if ours.alpha.slope:
        verdict, doubt = weigh(ours.alpha.slope, *PAPER_ALPHA, trivial=_DIFFUSION)
        seeds = f"Mean of {len(members)} seeds." if len(members) > 1 else ""
        what = text("short-time exponent ", ALPHA, f", w = {width}")
        statement = Statement(7, what, text(_papers_alpha(), ", all w"), "class")
        words = joined([text(seeds), text(doubt)])
        yield statement.judged(text(Quantity(ours.alpha.slope)), verdict, words, members, again)
    if ours.collapse.mu and width in (_UNDER_WIDTH, _NEAR_WIDTH):
        paper = text("full aging, " if width == _UNDER_WIDTH else "much the same, ", MU, " = ", Quantity(1.0))
        yield fully_aged(Statement(7, text(f"w = {width}: ", _ONE_CURVE), paper, "class"), ours, members, again)
    if width == _OVER_WIDTH:
        what = text(f"w = {width}: ", _BREAKS_DOWN)
        yield breaks_down(Statement(7, what, text(_FAILS, ", overparametrised"), "class"), ours, members)


def _breaks_down_late(evidence: Evidence) -> Finding:
    """The same of the paper's network, in which its last waiting times show it."""
    statement = Statement(7, text("d = 2, w = 90: ", _BREAKS_DOWN), _FAILS)
    member = evidence.network(2, 90, aging=True)
    ours = measured(evidence, [member])
    missing = evidence.missing(member, (2, 90), LONGEST)
    if member is None or isinstance(ours, Text) or missing:
        return statement.open(missing or (ours if isinstance(ours, Text) else Text()), [member])
    return breaks_down(statement, ours, [member])


def breaks_down(statement: Statement, ours: Aging, members: Sequence[Member]) -> Finding:
    """Finding on Fig. 7, right: in an overparametrised network the largest waiting time's curve leaves the others."""
    largest = ours.curves[-1]
    *others, last = breakdowns(ours.curves, 1.0)
    leaves = last.stretches[-1].begin if last.stretches and last.stretches[-1].lasting else None
    too = [one.tau_w for one in others if one.stretches]
    end = float(largest.x[-1])
    verdict: Verdict = "agrees" if leaves else "differs" if end >= FOLLOWED else "open"
    apart, stays = f" is apart from x = {leaves or 0:.2g} on", f" stays with the others, to x = {end:.2g}"
    rule = text(f"Apart: more than {BREAK:.0%} from the median of the other curves at that x, to the end.")
    also = text("Others are apart at some x, which is not judged: ", TAU_W, f" = {_times(too)}.") if too else Text()
    short = f"It is followed for less than {FOLLOWED:g} waiting times; the paper followed each for so long."
    words = joined([rule, also, text(short if verdict == "open" else "")])
    return statement.judged(text(TAU_W, f" = {largest.tau_w:g}", apart if leaves else stays), verdict, words, members)
