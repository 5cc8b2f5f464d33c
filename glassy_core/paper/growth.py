"""Fig. 9 of the paper beside the runs of a store: how Delta grows, of w = 30 after its first waiting time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassy_core.paper.aging import X, measured
from glassy_core.paper.evidence import Evidence, command
from glassy_core.paper.findings import Finding, Statement, Verdict, weigh_alone
from glassy_core.paper.numbers import FIRST_TAU_W, PAPER_EXPONENT, PAPER_ORIGIN, half_digit
from glassy_core.paper.text import DELTA, TAU_W, Quantity, Text, joined, text, with_symbols
from glassy_core.physics.aging.fluctuations import DeltaCurve, of_waiting_time, seed_by_seed
from glassy_core.physics.aging.growth import LOGARITHM, MEASUREMENTS, POWER, logarithm, misfits, power
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import trajectory

_NETWORK = (2, 30)
_MIN_RECORDS = 6  # of the late growth, for a verdict on its law
_FURTHEST = 16.0  # tau / tau_w to which the paper measured Delta
_FIRST = text(TAU_W, f" = {FIRST_TAU_W:g}")
Curves = Sequence[DeltaCurve] | Text  # or why there are none
MembersOrNone = Sequence[Member | None]


def growth_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 9: the power law of the aging regime, and the logarithm of late times."""
    member = evidence.network(*_NETWORK, aging=True)
    seeds = evidence.aging_seeds(*_NETWORK)
    ours, all_seeds = measured(evidence, seeds), " --seeds" if len(seeds) > 1 else ""
    each: Sequence[DeltaCurve] = ()
    if len(seeds) >= MEASUREMENTS and not isinstance(ours, Text):
        each = seed_by_seed([trajectory(seed.run, evidence.read) for seed in seeds], FIRST_TAU_W)
    for judged, end, origin in ((power_law, POWER[1], f" --origin {PAPER_ORIGIN:g}"), (late, _FURTHEST, "")):
        missing = evidence.missing(member, _NETWORK, FIRST_TAU_W * (1 + end))
        again = command("aging", member, f"--tau-w {FIRST_TAU_W:g}{origin}{all_seeds}", "--json")
        curves = ours if isinstance(ours, Text) else each if each and judged is power_law else ours.curves
        yield judged(missing or curves, seeds or [member], "" if missing else again)


def power_law(curves: Curves, members: MembersOrNone = (), again: str = "") -> Finding:
    """Finding on the exponent of the first waiting time's curve, from the paper's origin on (Fig. 9).

    curves: those of all waiting times, the seeds' mean or each one's own, or why there are none. members: the runs
    used. again: the command that prints the numbers.
    """
    what = text("exponent of ", DELTA, ", ", X, f" from {POWER[0]:g} to {POWER[1]:g}, ", _FIRST)
    statement = Statement(9, what, text(Quantity(PAPER_EXPONENT, digits=6)))
    if isinstance(curves, Text):
        return statement.open(curves, members, command=again)
    first = of_waiting_time(curves, FIRST_TAU_W)
    plain, shifted = power(first), power(first, origin=PAPER_ORIGIN)
    if shifted.slope is None:
        return statement.open(with_symbols(shifted.why), members, command=again)
    verdict, doubt = weigh_alone(shifted.slope, PAPER_EXPONENT, half_digit(PAPER_EXPONENT))
    itself = text("Of x itself: ", Quantity(plain.slope), ".") if plain.slope else Text()
    origin = text(f"Of x - {PAPER_ORIGIN:g}, where the paper lets the aging regime begin.")
    seeds = text(f"{len(first)} seeds, each a measurement.") if len(first) >= MEASUREMENTS else Text()
    words = joined([origin, seeds, itself, text(doubt)])
    return statement.judged(text(Quantity(shifted.slope)), verdict, words, members, again)


def late(curves: Curves, members: MembersOrNone = (), again: str = "") -> Finding:
    """Finding on whether a logarithm fits the late growth, and no power of x better (Fig. 9); as `power_law`."""
    what = text(DELTA, " = A + B log x fits for x = ", X, f" > {LOGARITHM[0]:g}, ", _FIRST)
    statement = Statement(9, what, text("consistent with a logarithm"))
    if isinstance(curves, Text):
        return statement.open(curves, members, command=again)
    first = of_waiting_time(curves, FIRST_TAU_W)
    fit = logarithm(first)
    if fit.slope is None:
        return statement.open(with_symbols(fit.why), members, command=again)
    records = int(np.sum(first[0].x > LOGARITHM[0]))
    reach = text(f"{records} records up to x = {first[0].x[-1]:.3g}.")
    if records < _MIN_RECORDS:
        few = text(f"So few fit a logarithm and a power alike: {_MIN_RECORDS} would tell more.")
        return statement.open(joined([reach, few]), members, text("B = ", Quantity(fit.slope.value)), again)
    of_log, of_power = misfits(first[0], LOGARITHM)
    verdict: Verdict = "agrees" if fit.slope.low > 0 and of_log <= of_power else "differs"
    rule = "It agrees where B is above zero and a power of x fits no better: "
    rule += f"{of_log:.2%} off on average, the power {of_power:.2%}."
    return statement.judged(text("B = ", Quantity(fit.slope)), verdict, joined([reach, text(rule)]), members, again)
