"""Figs. 7 to 9 of the paper beside the runs of a store: aging, the noise of SGD, how Delta grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from glassy_core.aging import Aging, aging
from glassy_core.collapse import BREAK, breakdowns
from glassy_core.comparable import Member, distinct
from glassy_core.config import PRESETS
from glassy_core.delta import Trajectory, of_waiting_time
from glassy_core.findings import (
    Finding,
    Gathered,
    Read,
    Verdict,
    command,
    interval,
    judge,
    missing,
    sources,
    weigh,
)
from glassy_core.growth import LOGARITHM, POWER, logarithm, power
from glassy_core.measured import trajectory
from glassy_core.paper import PAPER_ALPHA, PAPER_EXPONENT, PAPER_ORIGIN
from glassy_core.paper_curves import PRESET_OF
from glassy_core.runs import RunError

FIRST_TAU_W = 80.0
FURTHEST = 16.0  # tau / tau_w to which the paper measured Delta in Fig. 9
ENDS = (FIRST_TAU_W * (1 + POWER[1]), FIRST_TAU_W * (1 + FURTHEST))  # tau that the windows of Fig. 9 need
LAST_TAU_W, FOLLOWED = 1280.0, 3.0  # the paper's last waiting time, and for how many of itself it was followed
LONGEST = (1 + FOLLOWED) * LAST_TAU_W  # tau at which the paper's aging runs end
NEAR = 0.25  # in log tau: measurements so near count
CHANGE = 1.25  # factor by which Gamma must change to have grown or fallen
GROWS = "it grows, ever more slowly; at w = 90 it falls a bit at last"  # Gamma in Fig. 8
LONG = 1.0  # tau / tau_w beyond which a collapse can break down "at long times"
NETWORKS = ((2, 30), (2, 68), (2, 90))
UNDER, OVER = (PRESETS[name].config.width for name in ("class-under", "class-over"))
FULL_AGING = (1.0, 0.2)  # mu of a collapse on tau / tau_w, and how far from it a finite run may be


def aging_findings(found: Gathered, read: Read) -> Iterator[Finding]:
    """Figs. 7, 8 and 9 of the paper's networks, and Figs. 7 and 8 of the class world's."""
    for network in NETWORKS:
        member = found.network(*network, aging=True)
        yield _alpha(member, network, read)
    yield _collapse(found.network(2, 30, aging=True), read)
    for network in NETWORKS:
        yield _noise_grows(found.network(*network, aging=True), network, read)
    yield _noisiest(found, read)
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
    why = missing(member, 2 * FIRST_TAU_W, PRESET_OF[network], read)
    ours = _measured([member], read) if member else "-"
    if member is None or isinstance(ours, str) or ours.alpha.slope is None or why:
        words = why or (ours if isinstance(ours, str) else ours.alpha.why)
        return Finding(7, what, paper, "-", "open", words, sources=sources([member] if member else []))
    verdict, doubt = weigh(ours.alpha.slope, *PAPER_ALPHA)
    words = f"tau / tau_w up to {ours.alpha.window[1]:g}, tau_w = {_times(ours.alpha.curves)}. {doubt}".strip()
    again = command("aging", member, "--json")
    return Finding(7, what, paper, interval(ours.alpha.slope), verdict, words, sources=sources([member]), command=again)


def _collapse(member: Member | None, read: Read) -> Finding:
    what, paper = "d = 2, w = 30: all waiting times on one curve of tau / tau_w", "full aging, mu = 1"
    ours = _measured([member], read) if member else "-"
    if member is None or isinstance(ours, str) or ours.collapse.mu is None:
        # Three waiting times reach into the window.
        needed = missing(member, FIRST_TAU_W * 4 * 1.3, PRESET_OF[2, 30], read)
        words = needed or (ours if isinstance(ours, str) else ours.collapse.why)
        return Finding(7, what, paper, "-", "open", words, sources=sources([member] if member else []))
    return _full_aging(what, paper, ours, [member], command("aging", member, "--json"))


def _full_aging(
    what: str, paper: str, ours: Aging, members: Sequence[Member], again: str, world: str = "paper"
) -> Finding:
    mu, error = ours.collapse.mu, ours.collapse.error
    assert mu
    assert error is not None
    verdict, doubt = weigh(mu, *FULL_AGING)
    words = f"Collapse error {error:.0%}, tau_w = {_times(ours.collapse.curves)}. "
    words += f"Full aging is mu = {FULL_AGING[0]:g} ± {FULL_AGING[1]:g} here. {doubt}"
    return Finding(
        7, what, paper, f"mu = {interval(mu)}", verdict, words.strip(), "class" if world == "class" else "paper",
        sources(members), again,
    )  # fmt: skip


def _times(waiting_times: Sequence[float]) -> str:
    return ", ".join(f"{tau_w:g}" for tau_w in waiting_times)


def _noise_grows(member: Member | None, network: tuple[int, int], read: Read) -> Finding:
    """Fig. 8: Gamma of one network grows while it learns."""
    name = f"d = {network[0]}, w = {network[1]}"
    if member is None:
        words = missing(None, 0, PRESET_OF[network], read) or ""
        return Finding(8, f"Gamma grows with tau, {name}", GROWS, "-", "open", words)
    return _grows(name, [member], read)


def _grows(name: str, members: Sequence[Member], read: Read, world: Literal["paper", "class"] = "paper") -> Finding:
    """Gamma of some seeds of one network, from its first waiting time to the latest that they all have."""
    what, used = f"Gamma grows with tau, {name}", sources(members)
    begin, end = _first_tau_w(members[0]), _common_end(members, read)
    seen = [_gamma(member, (begin, end), read) for member in members]
    if end < 0.999 * 2 * begin or not all(map(all, seen)):
        words = f"It needs Gamma from tau_w = {begin:g} to twice that; the run is at tau = {end:.4g}."
        return Finding(8, what, GROWS, "-", "open", words, world, used)
    first, last = np.exp(np.mean(np.log(seen), axis=0)).tolist()
    verdict: Verdict = "agrees" if last > CHANGE * first else "differs" if last < first / CHANGE else "open"
    done = {"agrees": "It grows", "differs": "It falls", "open": f"It changes by less than a factor of {CHANGE:g}"}
    mean = f", mean of {len(seen)} seeds" if len(seen) > 1 else ""
    words = f"{done[verdict]} from the first tau_w = {begin:g} to {end:.4g}{mean}; its slowing down is not judged."
    return Finding(8, what, GROWS, f"{first:.2g} to {last:.2g} nats²", verdict, words, world, used)


def _noisiest(found: Gathered, read: Read) -> Finding:
    """Fig. 8: Gamma is largest for the near-critical network. Which one it is may change until the paper's runs end."""
    members = {w: m for d, w in NETWORKS if (m := found.network(d, w, aging=True))}
    what, paper, used = "Gamma is largest near the critical width", "w = 68 of 30, 68, 90", sources([*members.values()])
    end = _common_end([*members.values()], read)
    known = {width: gamma for width, member in members.items() if (gamma := _gamma(member, (end,), read)[0])}
    if len(known) < len(NETWORKS) or end < FIRST_TAU_W:
        words = f"It needs w = 30, 68 and 90 beyond the first tau_w = {FIRST_TAU_W:g}."
        return Finding(8, what, paper, "-", "open", words, sources=used)
    ours = "; ".join(f"w = {width}: {value:.2g} nats²" for width, value in known.items())
    slowest = min(members.values(), key=lambda member: member.run.state().tau)
    rest = missing(slowest, LONGEST, PRESET_OF[2, slowest.config.width], read)
    verdict: Verdict = "open" if rest else "agrees" if known[68] == max(known.values()) else "differs"
    words = f"At tau = {end:.4g}, the latest that all these runs have."
    words += f" The paper's go on to tau = {LONGEST:g}, and the order may change. {rest}" if rest else ""
    return Finding(8, what, paper, ours, verdict, words, sources=used)


def _first_tau_w(member: Member) -> float:
    """In proper time, at the learning rate that the run has begun with."""
    return float(member.config.waiting_times[0] * member.config.eta)


def _common_end(members: Sequence[Member], read: Read) -> float:
    """The latest tau that all of them have."""
    ends = [float(series.tau[-1]) if len(series := read(member.run)) else 0.0 for member in members]
    return min(ends, default=0.0)


def _gamma(member: Member, at: Sequence[float], read: Read) -> list[float]:
    """Gamma at some tau, each the median of what was measured around it; 0 where there is nothing."""
    series = read(member.run)
    known = (series.tau > 0) & (series.gamma > 0)
    gamma, log_tau = series.gamma[known], np.log(series.tau[known])
    near = [gamma[np.abs(log_tau - np.log(tau)) < NEAR] if tau > 0 else gamma[:0] for tau in at]
    return [float(np.median(values)) if len(values) else 0.0 for values in near]


def _growth(member: Member | None, read: Read) -> Iterator[Finding]:
    """Fig. 9: the power law of tau_w = 80, and the logarithm of late times."""
    ours = _measured([member], read) if member else "-"
    used = sources([member] if member else [])
    options = (f"--tau-w {FIRST_TAU_W:g} --origin {PAPER_ORIGIN:g}", f"--tau-w {FIRST_TAU_W:g}")
    for judged, tau, option in zip((_power_law, _late), ENDS, options, strict=True):
        what, paper, result, verdict, words = judged(ours)
        again = command("aging", member, option, "--json")
        if why := missing(member, tau, PRESET_OF[2, 30], read):
            result, verdict, words, again = "-", "open", why, ""
        yield Finding(9, what, paper, result, verdict, words, sources=used, command=again)


Judged = tuple[str, str, str, Verdict, str]  # what, paper, ours, verdict, words


def _power_law(ours: Aging | str) -> Judged:
    what = f"exponent of Delta, tau / tau_w from {POWER[0]:g} to {POWER[1]:g}, tau_w = 80"
    if isinstance(ours, str):
        return what, f"{PAPER_EXPONENT}", "-", "open", ours
    first = of_waiting_time(ours.curves, FIRST_TAU_W)
    plain, shifted = power(first), power(first, origin=PAPER_ORIGIN)
    if shifted.slope is None:
        return what, f"{PAPER_EXPONENT}", "-", "open", shifted.why
    words = f"Of x - {PAPER_ORIGIN:g}, where the paper lets the aging regime begin."
    words += f" Of x itself: {interval(plain.slope)}." if plain.slope else ""
    return what, f"{PAPER_EXPONENT}", interval(shifted.slope), judge(shifted.slope, PAPER_EXPONENT, 0.005), words


def _late(ours: Aging | str) -> Judged:
    what, paper = (
        f"Delta = A + B log x fits for x = tau / tau_w > {LOGARITHM[0]:g}, tau_w = 80",
        "consistent with a logarithm",
    )
    if isinstance(ours, str):
        return what, paper, "-", "open", ours
    fit = logarithm(of_waiting_time(ours.curves, FIRST_TAU_W))
    if fit.slope is None:
        return what, paper, "-", "open", fit.why
    return what, paper, f"B = {interval(fit.slope)}", "agrees" if fit.slope.low > 0 else "open", "B must be above zero."


def _classroom(found: Gathered, read: Read) -> Iterator[Finding]:
    """The same of the class world's aging runs, which are there within minutes."""
    groups: dict[int, list[Member]] = {}
    for member in distinct([m for m in found.classroom if m.config.waiting_times and m.config.depth == 2]):
        groups.setdefault(member.config.width, []).append(member)
    for width, members in sorted(groups.items()):
        ours = _measured(members, read)
        again = command("aging", members[0], "--seeds --json")
        if isinstance(ours, str):
            continue
        if ours.alpha.slope:
            verdict, doubt = weigh(ours.alpha.slope, *PAPER_ALPHA)
            words = (f"Mean of {len(members)} seeds. " if len(members) > 1 else "") + doubt
            yield Finding(
                7, f"short-time exponent alpha, w = {width}", "0.7 ± 0.1, all w", interval(ours.alpha.slope),
                verdict, words.strip(), "class", sources(members), again,
            )  # fmt: skip
        if ours.collapse.mu and width == UNDER:
            what = f"w = {width}: all waiting times on one curve of tau / tau_w"
            yield _full_aging(what, "full aging, mu = 1", ours, members, again, "class")
        if width == OVER:
            yield _breaks_down(width, ours, members)
        yield _grows(f"w = {width}", members, read, "class")


def _breaks_down(width: int, ours: Aging, members: Sequence[Member]) -> Finding:
    """Fig. 7, right: in an overparametrised network some curve leaves the others at long times."""
    what = f"w = {width}: the scaling with tau / tau_w breaks down at long times"
    last = {found.tau_w: found.stretches[-1] for found in breakdowns(ours.curves, 1.0) if found.stretches}
    for_good = {tau_w: stretch.begin for tau_w, stretch in last.items() if stretch.lasting}
    late = [f"tau_w = {tau_w:g} from x = {begin:.2g} on" for tau_w, begin in for_good.items() if begin > LONG]
    early = [f"tau_w = {tau_w:g} from x = {begin:.2g} on" for tau_w, begin in for_good.items() if begin <= LONG]
    again_with = [
        f"tau_w = {tau_w:g} from x = {stretch.begin:.2g} to {stretch.end:.2g}"
        for tau_w, stretch in last.items()
        if not stretch.lasting
    ]
    verdict: Verdict = "agrees" if late else "differs" if early else "open"
    words = f"A curve leaves where it differs by more than {BREAK:.0%} from the median of the others, to its end. "
    if early and not late:
        words += f"These are apart before x = {LONG:g} already: they never fell on the others."
    elif not late:
        words += "Curves that are apart early come together again." if again_with else "No curve does."
        words += " Longer runs would tell more."
    ours_words = "; ".join(late or early or [f"{part}, then with the others again" for part in again_with])
    return Finding(
        7, what, "it does, overparametrised", ours_words or "no curve leaves the others", verdict, words.strip(),
        "class", sources(members),
    )  # fmt: skip
