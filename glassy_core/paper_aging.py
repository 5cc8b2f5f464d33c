"""Figs. 7 to 9 of the paper beside the runs of a store: aging, the noise of SGD, how Delta grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from glassy_core.aging import Aging, aging
from glassy_core.collapse import AGING_REGIME, BREAK, BREAK_STRETCH, SPACING
from glassy_core.comparable import Member, distinct
from glassy_core.config import PRESETS
from glassy_core.delta import DeltaCurve, Trajectory
from glassy_core.findings import (
    TOO_UNCERTAIN,
    TOO_WIDE,
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
from glassy_core.growth import LOGARITHM, POWER, power
from glassy_core.measured import trajectory
from glassy_core.paper import PAPER_ALPHA, PAPER_EXPONENT, PAPER_ORIGIN
from glassy_core.paper_curves import PRESET_OF
from glassy_core.runs import RunError
from glassy_core.series import Series

FIRST_TAU_W = 80.0
ENDS = {"power": FIRST_TAU_W * (1 + POWER[1]), "log": FIRST_TAU_W * 17}  # tau that the windows of Fig. 9 need
FROM = 10.0  # tau from which on Gamma is compared
NEAR = 0.25  # in log tau: measurements so near count
CHANGE = 1.25  # factor by which Gamma must change to have grown or fallen
GROWS = "it grows, ever more slowly; at w = 90 it falls a bit at last"  # Gamma in Fig. 8
LONG = 1.0  # tau / tau_w beyond which a collapse can break down "at long times"
NETWORKS = ((2, 30), (2, 68), (2, 90))
UNDER, OVER = (PRESETS[name].config.width for name in ("class-under", "class-over"))
FULL_AGING = (0.8, 1.2)  # mu of a collapse on tau / tau_w


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
    why = missing(member, 2 * FIRST_TAU_W, PRESET_OF[network])
    ours = _measured([member], read) if member else "-"
    if member is None or isinstance(ours, str) or ours.alpha.slope is None or why:
        words = why or (ours if isinstance(ours, str) else ours.alpha.why)
        return Finding(7, what, paper, "-", "open", words, sources=sources([member] if member else []))
    verdict, doubt = weigh(ours.alpha.slope, *PAPER_ALPHA)
    words = f"tau / tau_w up to {ours.alpha.window[1]:g}, {len(ours.alpha.curves)} waiting times. {doubt}".strip()
    again = command("aging", member, "--json")
    return Finding(7, what, paper, interval(ours.alpha.slope), verdict, words, sources=sources([member]), command=again)


def _collapse(member: Member | None, read: Read) -> Finding:
    what, paper = "d = 2, w = 30: all waiting times on one curve of tau / tau_w", "full aging, mu = 1"
    ours = _measured([member], read) if member else "-"
    if member is None or isinstance(ours, str) or ours.collapse.mu is None:
        needed = missing(member, FIRST_TAU_W * 4 * 1.3, PRESET_OF[2, 30])  # three waiting times reach into the window
        words = needed or (ours if isinstance(ours, str) else ours.collapse.why)
        return Finding(7, what, paper, "-", "open", words, sources=sources([member] if member else []))
    return _full_aging(what, paper, ours, [member], command("aging", member, "--json"))


def _full_aging(
    what: str, paper: str, ours: Aging, members: Sequence[Member], again: str, world: str = "paper"
) -> Finding:
    mu = ours.collapse.mu
    assert mu
    assert ours.collapse.error is not None
    low, high = FULL_AGING
    verdict: Verdict = "agrees" if mu.low <= 1 <= mu.high or low <= mu.value <= high else "differs"
    words = f"Collapse error {ours.collapse.error:.0%} with {len(ours.curves)} waiting times; full aging is mu = 1 "
    words += f"inside the interval, or mu between {low:g} and {high:g}."
    if mu.high - mu.low > TOO_WIDE * (high - low):
        verdict, words = "open", f"{words} {TOO_UNCERTAIN}"
    return Finding(
        7, what, paper, f"mu = {interval(mu)}", verdict, words, "class" if world == "class" else "paper",
        sources(members), again,
    )  # fmt: skip


def _noise_grows(member: Member | None, network: tuple[int, int], read: Read) -> Finding:
    """Fig. 8: Gamma of one network grows while it learns."""
    name = f"d = {network[0]}, w = {network[1]}"
    if member is None:
        what, paper, words = f"Gamma grows with tau, {name}", GROWS, missing(None, 0, PRESET_OF[network]) or ""
        return Finding(8, what, paper, "-", "open", words)
    return _grows(name, [member], read)


def _grows(name: str, members: Sequence[Member], read: Read, world: Literal["paper", "class"] = "paper") -> Finding:
    """Gamma of some seeds of one network, from tau = FROM to the latest that they all have."""
    what, used, again = f"Gamma grows with tau, {name}", sources(members), command("aging", members[0], "--json")
    every = [read(member.run) for member in members]
    end = min((float(series.tau[-1]) if len(series) else 0.0 for series in every), default=0.0)
    seen = [change for series in every if (change := _change(series, end))]
    if len(seen) < len(every):
        words = f"It needs Gamma beyond tau = {2 * FROM:g}; the run is at tau = {end:.4g}."
        return Finding(8, what, GROWS, "-", "open", words, world, used, again)
    first, last = np.exp(np.mean(np.log(seen), axis=0)).tolist()
    verdict: Verdict = "agrees" if last > CHANGE * first else "differs" if last < first / CHANGE else "open"
    done = {"agrees": "It grows", "differs": "It falls", "open": f"It changes by less than a factor of {CHANGE:g}"}
    mean = f", mean of {len(seen)} seeds" if len(seen) > 1 else ""
    words = f"{done[verdict]} from tau = {FROM:g} to {end:.4g}{mean}; its slowing down is not judged."
    return Finding(8, what, GROWS, f"{first:.2g} to {last:.2g} nats²", verdict, words, world, used, again)


def _noisiest(found: Gathered, read: Read) -> Finding:
    """Fig. 8: Gamma is largest for the near-critical network."""
    members = {w: m for d, w in NETWORKS if (m := found.network(d, w, aging=True))}
    series = {width: read(member.run) for width, member in members.items()}
    end = min((float(one.tau[-1]) for one in series.values() if len(one)), default=0.0)
    known = {width: change[1] for width, one in series.items() if (change := _change(one, end))}
    ours = "; ".join(f"w = {width}: {value:.2g} nats²" for width, value in known.items())
    what, paper, used = "Gamma is largest near the critical width", "w = 68 of 30, 68, 90", sources([*members.values()])
    if len(known) < len(NETWORKS):
        words = f"It needs w = 30, 68 and 90 beyond tau = {2 * FROM:g}."
        return Finding(8, what, paper, "-", "open", words, sources=used)
    verdict: Verdict = "agrees" if known[68] == max(known.values()) else "differs"
    words = f"At tau = {end:.4g}, the latest that all these runs have."
    return Finding(8, what, paper, ours, verdict, words, sources=used, command=command("aging", members[68], "--json"))


def _change(series: Series, end: float) -> tuple[float, float] | None:
    """Gamma at tau = FROM and at tau = end, each the median of what was measured around; None where there is none."""
    gamma, log_tau = series.gamma[series.tau > 0], np.log(series.tau[series.tau > 0])
    near = [gamma[(gamma > 0) & (np.abs(log_tau - np.log(at)) < NEAR)] for at in (FROM, max(end, FROM))]
    if end < 2 * FROM or min(map(len, near)) == 0:
        return None
    return float(np.median(near[0])), float(np.median(near[1]))


def _growth(member: Member | None, read: Read) -> Iterator[Finding]:
    """Fig. 9: the power law of tau_w = 80, and the logarithm of late times."""
    ours = _measured([member], read) if member else "-"
    used, again = sources([member] if member else []), command("aging", member, "--json")
    for judged, tau in ((_power_law, ENDS["power"]), (_late, ENDS["log"])):
        what, paper, result, verdict, words = judged(ours)
        if why := missing(member, tau, PRESET_OF[2, 30]):
            result, verdict, words = "-", "open", why
        yield Finding(9, what, paper, result, verdict, words, sources=used, command=again)


Judged = tuple[str, str, str, Verdict, str]  # what, paper, ours, verdict, words


def _power_law(ours: Aging | str) -> Judged:
    what = f"exponent of Delta, tau / tau_w from {POWER[0]:g} to {POWER[1]:g}, tau_w = 80"
    if isinstance(ours, str):
        return what, f"{PAPER_EXPONENT}", "-", "open", ours
    first = [curve for curve in ours.curves if abs(curve.tau_w / FIRST_TAU_W - 1) < 0.01]
    plain, shifted = power(first), power(first, origin=PAPER_ORIGIN)
    if shifted.slope is None:
        return what, f"{PAPER_EXPONENT}", "-", "open", shifted.why
    words = f"Of x - {PAPER_ORIGIN:g}, where the paper lets the aging regime begin."
    words += f" Of x itself: {interval(plain.slope)}." if plain.slope else ""
    return what, f"{PAPER_EXPONENT}", interval(shifted.slope), judge(shifted.slope, PAPER_EXPONENT, 0.005), words


def _late(ours: Aging | str) -> Judged:
    what, paper = f"Delta = A + B log x fits for x > {LOGARITHM[0]:g}", "consistent with a logarithm"
    if isinstance(ours, str) or ours.log.slope is None:
        return what, paper, "-", "open", ours if isinstance(ours, str) else ours.log.why
    slope = ours.log.slope
    return what, paper, f"B = {interval(slope)}", "agrees" if slope.low > 0 else "open", "B must be above zero."


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
            yield _breaks_down(width, ours, members, again)
        yield _grows(f"w = {width}", members, read, "class")


def _breaks_down(width: int, ours: Aging, members: Sequence[Member], again: str) -> Finding:
    """Fig. 7, right: in an overparametrised network some curve leaves the others at long times."""
    what = f"w = {width}: the scaling with tau / tau_w breaks down at long times"
    apart = {curve.tau_w: found for k, curve in enumerate(ours.curves) if (found := _apart(ours.curves, k))}
    late = [f"tau_w = {tau_w:g} from x = {a:.2g} on" for tau_w, (a, _, lasts) in apart.items() if lasts and a > LONG]
    early = [f"tau_w = {tau_w:g} from x = {a:.2g} on" for tau_w, (a, _, lasts) in apart.items() if lasts and a <= LONG]
    again_with = [
        f"tau_w = {tau_w:g} from x = {a:.2g} to {b:.2g}" for tau_w, (a, b, lasts) in apart.items() if not lasts
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
        "class", sources(members), again,
    )  # fmt: skip


def _apart(curves: Sequence[DeltaCurve], k: int) -> tuple[float, float, bool] | None:
    """Where curve k is apart from the median of the others: x from and to, and whether that is to its end.

    The last such stretch in the aging regime, of BREAK_STRETCH in log x or more. The end is as far as another goes.
    """
    own = curves[k]
    log_x = np.arange(np.log(max(own.x[0], AGING_REGIME)), np.log(own.x[-1]), SPACING)
    others = [np.interp(log_x, np.log(c.x), np.log(c.delta), left=np.nan, right=np.nan) for c in curves if c is not own]
    known = np.isfinite(others).any(axis=0) if others else np.zeros(len(log_x), dtype=bool)
    if not known.any():
        return None
    log_x = log_x[known]
    gap = np.interp(log_x, np.log(own.x), np.log(own.delta)) - np.nanmedian(np.array(others)[:, known], axis=0)
    edges = np.flatnonzero(np.diff(np.abs(gap) > np.log1p(BREAK), prepend=False, append=False))
    for begin, end in reversed(edges.reshape(-1, 2).tolist()):
        if (end - begin) * SPACING >= BREAK_STRETCH:
            return float(np.exp(log_x[begin])), float(np.exp(log_x[end - 1])), end == len(log_x)
    return None
