"""Figs. 7 and 9 of the paper beside the runs of a store: aging, and how Delta grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassy_core.paper.findings import (
    Finding,
    Gathered,
    Read,
    Task,
    Verdict,
    command,
    missing,
    sources,
    weigh,
    weigh_alone,
)
from glassy_core.paper.numbers import (
    AGING,
    FIRST_TAU_W,
    FOLLOWED,
    LONGEST,
    PAPER_ALPHA,
    PAPER_EXPONENT,
    PAPER_ORIGIN,
    half_digit,
)
from glassy_core.physics.aging.aging import Aging, aging
from glassy_core.physics.aging.collapse import AGING_REGIME, BREAK, breakdowns
from glassy_core.physics.aging.fluctuations import Trajectory, of_waiting_time
from glassy_core.physics.aging.growth import LOGARITHM, POWER, SHORT, logarithm, misfits, power, short_time
from glassy_core.physics.estimate import Estimate
from glassy_core.presets import CLASS_TRIO, PRESETS
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import trajectory
from glassy_core.runs.run import RunError

THIRD_TAU_W = 4 * FIRST_TAU_W
MIN_RECORDS = 6  # of the late growth, for a verdict on its law
FURTHEST = 16.0  # tau / tau_w to which the paper measured Delta in Fig. 9
ENDS = (FIRST_TAU_W * (1 + POWER[1]), FIRST_TAU_W * (1 + FURTHEST))  # tau that the windows of Fig. 9 need
UNDER, NEAR, OVER = (PRESETS[name].config.width for name in CLASS_TRIO)
DIFFUSION = 1.0  # alpha of weights that diffuse freely
BREAKS_DOWN = "the scaling with tau / tau_w breaks down"
FAILS = "it fails at the largest tau_w"
FULL_AGING = (1.0, 0.2)  # mu of a collapse on tau / tau_w, and how far from it a finite run may be


def aging_findings(found: Gathered, read: Read) -> Iterator[Finding]:
    """Figs. 7 and 9 of the paper's networks, and Fig. 7 of the class world's."""
    for network in AGING:
        member = found.network(*network, aging=True)
        yield _alpha(member, network, read)
    yield _collapse(found.network(2, 30, aging=True), read)
    yield _breaks_down_late(found.network(2, 90, aging=True), read)
    yield from _growth(found.network(2, 30, aging=True), read)
    yield from _classroom(found, read)


def _measured(members: Sequence[Member], read: Read) -> Aging | str:
    """The aging of some seeds, or why there is none."""
    known: list[Trajectory] = []
    for member in members:
        try:
            known.append(trajectory(member.run, read))
        except RunError as error:
            return str(error)
    result = aging(known)
    return result if result.curves else "No waiting time is over yet: let the run go on."


def _alpha(member: Member | None, network: tuple[int, int], read: Read) -> Finding:
    what, paper = f"short-time exponent alpha, d = {network[0]}, w = {network[1]}", "0.7 ± 0.1"
    # alpha falls from one waiting time to the next at first: the first two alone would tell of their youth.
    why = missing(member, network, THIRD_TAU_W * (1 + SHORT[1]), read)
    ours = _measured([member], read) if member else "-"
    if member is None or isinstance(ours, str) or ours.alpha.slope is None:
        words = why or (ours if isinstance(ours, str) else ours.alpha.why)
        return Finding(7, what, paper, "-", "open", words, sources=sources([member] if member else []))
    verdict, doubt = weigh(ours.alpha.slope, *PAPER_ALPHA, trivial=DIFFUSION)
    if why:
        verdict, doubt = "open", why
    words = f"tau / tau_w up to {ours.alpha.window[1]:g}, tau_w = {_times(ours.alpha.curves)}. "
    each = [fit.slope.value for curve in ours.curves if (fit := short_time([curve])).slope]
    if len(each) > 1:
        words += f"Of each of these by itself: {', '.join(f'{value:.2f}' for value in each)}. "
        if not why and verdict == "open" and np.all(np.diff(each) < 0):
            doubt = "It still falls from one waiting time to the next, so their mean tells little: later ones would."
    words = f"{words}{doubt}".strip()
    again = command("aging", member, "--json")
    return Finding(7, what, paper, ours.alpha.slope.text(3), verdict, words, sources=sources([member]), command=again)


def _collapse(member: Member | None, read: Read) -> Finding:
    what, paper = "d = 2, w = 30: all waiting times on one curve of tau / tau_w", "full aging, mu = 1"
    ours = _measured([member], read) if member else "-"
    if member is None or isinstance(ours, str) or ours.collapse.mu is None:
        needed = missing(member, (2, 30), THIRD_TAU_W * (1 + AGING_REGIME), read)
        words = needed or (ours if isinstance(ours, str) else ours.collapse.why)
        return Finding(7, what, paper, "-", "open", words, sources=sources([member] if member else []))
    return _full_aging(what, paper, ours, [member], command("aging", member, "--json"))


def _full_aging(
    what: str, paper: str, ours: Aging, members: Sequence[Member], again: str, world: Task = "paper"
) -> Finding:
    mu, error = ours.collapse.mu, ours.collapse.error
    assert mu
    assert error is not None
    verdict, doubt = full_aging(mu)
    words = f"Collapse error {error:.0%}, tau_w = {_times(ours.collapse.curves)}"
    left_out = len(ours.curves) - len(ours.collapse.curves)
    words += f"; {left_out} more not followed far enough. " if left_out else ". "
    words += f"Full aging is mu = {FULL_AGING[0]:g} ± {FULL_AGING[1]:g} here. {doubt}"
    return Finding(
        7, what, paper, f"mu = {mu.text(3)}", verdict, words.strip(), world, sources(members), again,
    )  # fmt: skip


def full_aging(mu: Estimate) -> tuple[Verdict, str]:
    """Whether an exponent of the collapse is that of full aging and not that of no aging; why not, where unknown."""
    return weigh(mu, *FULL_AGING, trivial=0.0)


def _times(waiting_times: Sequence[float]) -> str:
    return ", ".join(f"{tau_w:g}" for tau_w in waiting_times)


def _growth(member: Member | None, read: Read) -> Iterator[Finding]:
    """Fig. 9: the power law of tau_w = 80, and the logarithm of late times."""
    ours = _measured([member], read) if member else "-"
    used = sources([member] if member else [])
    options = (f"--tau-w {FIRST_TAU_W:g} --origin {PAPER_ORIGIN:g}", f"--tau-w {FIRST_TAU_W:g}")
    for judged, tau, option in zip((_power_law, _late), ENDS, options, strict=True):
        what, paper, result, verdict, words = judged(ours)
        again = command("aging", member, option, "--json")
        if why := missing(member, (2, 30), tau, read):
            result, verdict, words, again = "-", "open", why, ""
        yield Finding(9, what, paper, result, verdict, words, sources=used, command=again)


Judged = tuple[str, str, str, Verdict, str]  # what, paper, ours, verdict, words


def _power_law(ours: Aging | str) -> Judged:
    what = f"exponent of Delta, tau / tau_w from {POWER[0]:g} to {POWER[1]:g}, tau_w = {FIRST_TAU_W:g}"
    if isinstance(ours, str):
        return what, f"{PAPER_EXPONENT}", "-", "open", ours
    first = of_waiting_time(ours.curves, FIRST_TAU_W)
    plain, shifted = power(first), power(first, origin=PAPER_ORIGIN)
    if shifted.slope is None:
        return what, f"{PAPER_EXPONENT}", "-", "open", shifted.why
    verdict, doubt = weigh_alone(shifted.slope, PAPER_EXPONENT, half_digit(PAPER_EXPONENT))
    words = f"Of x - {PAPER_ORIGIN:g}, where the paper lets the aging regime begin."
    words += f" Of x itself: {plain.slope.text(3)}." if plain.slope else ""
    return what, f"{PAPER_EXPONENT}", shifted.slope.text(3), verdict, f"{words} {doubt}".strip()


def _late(ours: Aging | str) -> Judged:
    what, paper = (
        f"Delta = A + B log x fits for x = tau / tau_w > {LOGARITHM[0]:g}, tau_w = {FIRST_TAU_W:g}",
        "consistent with a logarithm",
    )
    if isinstance(ours, str):
        return what, paper, "-", "open", ours
    first = of_waiting_time(ours.curves, FIRST_TAU_W)
    fit = logarithm(first)
    if fit.slope is None:
        return what, paper, "-", "open", fit.why
    of_log, of_power = misfits(first[0], LOGARITHM)
    known = int(np.sum(first[0].x > LOGARITHM[0]))
    words = f"{known} records up to x = {first[0].x[-1]:.3g}. "
    if known < MIN_RECORDS:
        words += f"So few fit a logarithm and a power alike: {MIN_RECORDS} would tell more."
        return what, paper, f"B = {fit.slope.value:.3g}", "open", words
    verdict: Verdict = "agrees" if fit.slope.low > 0 and of_log <= of_power else "differs"
    words += "It agrees where B is above zero and a power of x fits no better: "
    words += f"{of_log:.2%} off on average, the power {of_power:.2%}."
    return what, paper, f"B = {fit.slope.text(3)}", verdict, words


def _classroom(found: Gathered, read: Read) -> Iterator[Finding]:
    """The same of the class world's aging runs, which are there within minutes."""
    for width, members in found.class_aging():
        ours = _measured(members, read)
        again = command("aging", members[0], "--seeds --json")
        if isinstance(ours, str):
            continue
        if ours.alpha.slope:
            verdict, doubt = weigh(ours.alpha.slope, *PAPER_ALPHA, trivial=DIFFUSION)
            words = (f"Mean of {len(members)} seeds. " if len(members) > 1 else "") + doubt
            yield Finding(
                7, f"short-time exponent alpha, w = {width}", "0.7 ± 0.1, all w", ours.alpha.slope.text(3),
                verdict, words.strip(), "class", sources(members), again,
            )  # fmt: skip
        if ours.collapse.mu and width in (UNDER, NEAR):
            what = f"w = {width}: all waiting times on one curve of tau / tau_w"
            paper = "full aging, mu = 1" if width == UNDER else "much the same, mu = 1"
            yield _full_aging(what, paper, ours, members, again, "class")
        if width == OVER:
            yield _breaks_down(f"w = {width}: {BREAKS_DOWN}", f"{FAILS}, overparametrised", ours, members, "class")


def _breaks_down_late(member: Member | None, read: Read) -> Finding:
    """The same of the paper's network, in which its last waiting times show it."""
    what = f"d = 2, w = 90: {BREAKS_DOWN}"
    ours = _measured([member], read) if member else "-"
    why = missing(member, (2, 90), LONGEST, read)
    if member is None or isinstance(ours, str) or why:
        words = why or str(ours)
        return Finding(7, what, FAILS, "-", "open", words, sources=sources([member] if member else []))
    return _breaks_down(what, FAILS, ours, [member], "paper")


def _breaks_down(what: str, paper: str, ours: Aging, members: Sequence[Member], world: Task) -> Finding:
    """Fig. 7, right: in an overparametrised network the curve of the largest waiting time leaves the others."""
    largest = ours.curves[-1]
    *others, last = breakdowns(ours.curves, 1.0)
    leaves = last.stretches[-1].begin if last.stretches and last.stretches[-1].lasting else None
    too = [found.tau_w for found in others if found.stretches]
    end = float(largest.x[-1])
    verdict: Verdict = "agrees" if leaves else "differs" if end >= FOLLOWED else "open"
    with_others = f"stays with the others, to x = {end:.2g}"
    words = f"Apart: more than {BREAK:.0%} from the median of the other curves at that x, to the end."
    words += f" Others are apart at some x, which is not judged: tau_w = {_times(too)}." if too else ""
    if verdict == "open":
        words += f" It is followed for less than {FOLLOWED:g} waiting times; the paper followed each for so long."
    return Finding(
        7, what, paper, f"tau_w = {largest.tau_w:g} {f'is apart from x = {leaves:.2g} on' if leaves else with_others}",
        verdict, words, world, sources(members),
    )  # fmt: skip
