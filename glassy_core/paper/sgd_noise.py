"""Fig. 8 of the paper beside the runs of a store: the noise of SGD along learning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassy_core.paper.findings import Finding, Gathered, Read, Task, Verdict, missing, no_run, sources
from glassy_core.paper.numbers import AGING, FIRST_TAU_W, LONGEST
from glassy_core.runs.groups import Member

NEAR = 0.25  # in log tau: measurements so near count
LONG = 4.0  # times the first waiting time: nearer, a tendency is none
CHANGE = 1.25  # factor by which Gamma must change to have grown or fallen
GROWS = "a general tendency to grow"


def noise_findings(found: Gathered, read: Read) -> Iterator[Finding]:
    """Gamma of the paper's aging runs, and of the class world's."""
    for network in AGING:
        yield _noise_grows(found.network(*network, aging=True), network, read)
    yield _noisiest(found, read)
    for width, members in found.class_aging():
        yield _grows(f"w = {width}", members, read, "class")


def _noise_grows(member: Member | None, network: tuple[int, int], read: Read) -> Finding:
    """Fig. 8: Gamma of one network grows while it learns."""
    name = f"d = {network[0]}, w = {network[1]}"
    if member is None:
        words = no_run(network)
        return Finding(8, f"Gamma grows with tau, {name}", GROWS, "-", "open", words)
    return _grows(name, [member], read)


def _grows(name: str, members: Sequence[Member], read: Read, world: Task = "paper") -> Finding:
    """Gamma of some seeds of one network, from its first waiting time to the latest that they all have."""
    what, used = f"Gamma grows with tau, {name}", sources(members)
    begin, end = _first_tau_w(members[0]), _common_end(members, read)
    seen = [_gamma(member, (begin, end), read) for member in members]
    if end < 0.999 * LONG * begin or not all(map(all, seen)):
        words = f"It needs Gamma from tau_w = {begin:g} to {LONG:g} times that; the run is at tau = {end:.4g}."
        return Finding(8, what, GROWS, "-", "open", words, world, used)
    first, last = np.exp(np.mean(np.log(seen), axis=0)).tolist()
    verdict: Verdict = "agrees" if last > CHANGE * first else "differs" if last < first / CHANGE else "open"
    done = {"agrees": "It grows", "differs": "It falls", "open": f"It changes by less than a factor of {CHANGE:g}"}
    mean = f", mean of {len(seen)} seeds" if len(seen) > 1 else ""
    words = f"{done[verdict]} from the first tau_w = {begin:g} to {end:.4g}{mean}; "
    words += "its slowing down, and the wide network's fall at last, are not judged."
    return Finding(8, what, GROWS, f"{first:.2g} to {last:.2g} nats²", verdict, words, world, used)


def _noisiest(found: Gathered, read: Read) -> Finding:
    """Fig. 8: Gamma is largest for the near-critical network. Which one it is may change until the paper's runs end."""
    members = {w: m for d, w in AGING if (m := found.network(d, w, aging=True))}
    what, paper, used = "Gamma is largest near the critical width", "w = 68 of 30, 68, 90", sources([*members.values()])
    end = _common_end([*members.values()], read)
    known = {width: gamma for width, member in members.items() if (gamma := _gamma(member, (end,), read)[0])}
    if len(known) < len(AGING) or end < FIRST_TAU_W:
        words = f"It needs w = 30, 68 and 90 beyond the first tau_w = {FIRST_TAU_W:g}."
        return Finding(8, what, paper, "-", "open", words, sources=used)
    ours = "; ".join(f"w = {width}: {value:.2g} nats²" for width, value in known.items())
    needed = {width: missing(member, (2, width), LONGEST, read) for width, member in members.items()}
    rest = " ".join(f"w = {width}: {why}" for width, why in needed.items() if why)
    verdict: Verdict = "open" if rest else "agrees" if known[68] == max(known.values()) else "differs"
    words = f"At tau = {end:.4g}, the latest that all these runs have."
    words += f" The paper's go on to tau = {LONGEST:g}, until when the order may change. {rest}" if rest else ""
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
