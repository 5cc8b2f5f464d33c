"""Figs. 2 and 3 of the paper beside the runs of a store: learning curves and their power laws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from glassy_core.paper.evidence import DepthWidth, Evidence, command, no_run
from glassy_core.paper.findings import Finding, Statement, Verdict, weigh, weigh_alone
from glassy_core.paper.numbers import CURVES, PLAUSIBLE_NLL, PaperCurve, half_digit
from glassy_core.paper.text import NLL_INF, TAU, Quantity, Text, joined, text, with_symbols
from glassy_core.physics.critical_width.learning_times import learning_time, smoothed
from glassy_core.physics.learning_curves.power_law import PowerLawFit, fit_power_law
from glassy_core.physics.learning_curves.windows import Window
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import conditions_of, curve_to_fit, floor_of_data

FIRST_POINT = 160.0  # tau of Fig. 3's first points, 4e5 steps at eta = 4e-4: its fits rest on what lies beyond
FITTED_TO = 10 * FIRST_POINT  # at least: over less than a decade NLL_inf and the exponent are hardly told apart
_DRAWN_TAU, _DRAWN_SPAN = 100.0, 10**1.5  # a power law is drawn where its window ends later and is wider
_ALIKE = 0.25  # relative distance of learning times that are alike
_SAME_DEPTH_NLL = 0.1  # bits, at which learning times are compared between depths


def learning_curve_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 2: where the curves end up, and how depth changes the time to learn."""
    yield _level(evidence, 30, over=False)
    yield _level(evidence, 90, over=True)
    yield _depths(evidence)


def power_law_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 3: NLL_inf and exponent of d = 2; the exponents of other depths, which Sec. III gives."""
    for network, law in CURVES.items():
        if law.range:
            yield _pure_law(evidence, network, law, law.range)
        else:
            yield from _law(evidence, network, law)


def _level(evidence: Evidence, width: int, over: bool) -> Finding:
    """The underparametrised network stays far from zero, the overparametrised one gets to 0.01 bits."""
    member = evidence.network(2, width)
    what = f"d = 2, w = {width} " + (f"reaches NLL {PLAUSIBLE_NLL:g}" if over else "stays far from zero")
    paper = f"an NLL of {PLAUSIBLE_NLL:g} or less" if over else "far from zero at the longest times"
    statement = Statement(2, text(what), text(paper))
    if member is None or len(series := evidence.series(member)) < 2:
        return statement.open(no_run((2, width)))
    verdict, words = (_goes_there if over else _stays_above)(evidence, member)
    end = Quantity(float(smoothed(series.tau, series.nll)[1][-1]), "bits")
    ours = text(end, " at ", TAU, " = ", Quantity(float(series.tau[-1]), digits=4))
    return statement.judged(ours, verdict, words, [member])


def _goes_there(evidence: Evidence, member: Member) -> tuple[Verdict, Text]:
    series = evidence.series(member)
    reached = learning_time(series.tau, series.nll, PLAUSIBLE_NLL)
    if reached is not None:
        return "agrees", text("First below it at ", TAU, f" = {reached:.4g}.")
    return "open", joined([text("Not there yet."), _expected(evidence, member, PLAUSIBLE_NLL)])


def _stays_above(evidence: Evidence, member: Member) -> tuple[Verdict, Text]:
    """A curve that still falls has not shown where it stays; its fitted floor must lie above."""
    series = evidence.series(member)
    if (reached := learning_time(series.tau, series.nll, PLAUSIBLE_NLL)) is not None:
        return "differs", text(f"It reached {PLAUSIBLE_NLL:g} at ", TAU, f" = {reached:.4g}.")
    if shortfall := evidence.lacks(member, FITTED_TO):
        return "open", joined([text("Whether it levels off a power law tells."), shortfall.text()])
    fit = _fit(evidence, member)
    if not fit.reliable or fit.nll_inf is None:
        return "open", with_symbols(fit.why or "")
    above = fit.nll_inf.low > PLAUSIBLE_NLL
    return "agrees" if above else "open", text("The fit levels off at ", Quantity(fit.nll_inf, "bits"), ".")


def _expected(evidence: Evidence, member: Member, level: float) -> Text:
    """When a run would come down to a level, and the hours until then, were it on the paper's law from here on."""
    series = evidence.series(member)
    law, now = CURVES[member.config.depth, member.config.width], float(smoothed(series.tau, series.nll)[1][-1])
    tau = float(series.tau[-1]) * ((now - law.nll_inf) / (level - law.nll_inf)) ** (1 / law.exponent)
    shortfall = evidence.lacks(member, tau)
    return shortfall.text("Along the paper's power law from here on: it") if shortfall else Text()


def _depths(evidence: Evidence) -> Finding:
    """Fig. 2 (d): deeper networks learn faster in proper time; d = 1 and 2 alike."""
    what = text(TAU, f" to NLL {_SAME_DEPTH_NLL:g} falls with depth")
    statement = Statement(2, what, text("it shrinks with depth, d = 1 and 2 alike"))
    networks = ((1, 200), (2, 90), (5, 70))
    # Runs of one kind of dynamics are compared: of that by which more of them have come so far.
    ways = ([evidence.network(*network, dynamics=dynamics) for network in networks] for dynamics in ("flow", "steps"))
    members, reached = max(((way, _reached(evidence, way)) for way in ways), key=lambda way: len(way[1]))
    ours = joined([text(Quantity(time), f" (d = {depth})") for depth, time in reached.items()], ", ")
    again = command("critical", None, *[member.run.id for member in members if member], "--json")
    if len(reached) < len(networks):
        why = text(f"It needs runs at all three depths that have come down to {_SAME_DEPTH_NLL:g}.")
        return statement.open(why, members, ours, again)
    apart = abs(reached[1] / reached[2] - 1)
    verdict: Verdict = "agrees" if reached[5] < min(reached[1], reached[2]) and apart < _ALIKE else "differs"
    words = text(
        TAU, f"* of w = 200, 90 and 70; d = 5 must come first, and d = 1 and 2 be alike within {_ALIKE:.0%}: "
        f"they are {apart:.0%} apart. One seed each.",
    )  # fmt: skip
    return statement.judged(ours, verdict, words, members, again)


def _reached(evidence: Evidence, members: Sequence[Member | None]) -> dict[int, float]:
    """The learning times by depth, of those that have come down to _SAME_DEPTH_NLL."""
    there = [(member.config.depth, evidence.series(member)) for member in members if member]
    times = {depth: learning_time(series.tau, series.nll, _SAME_DEPTH_NLL) for depth, series in there}
    return {depth: time for depth, time in times.items() if time is not None}


def _law(evidence: Evidence, network: DepthWidth, law: PaperCurve) -> Iterator[Finding]:
    """NLL_inf and the exponent of d = 2."""
    member = evidence.network(*network)
    missing = evidence.missing(member, network, FITTED_TO)
    fit = None if missing or member is None else _fit(evidence, member)
    reason = missing or (with_symbols(fit.why) if fit and fit.why else _window(fit) if fit else Text())
    for name, value, ours in (
        (text(NLL_INF), law.nll_inf, fit.nll_inf if fit else None),
        (text("exponent a"), law.exponent, fit.exponent if fit else None),
    ):
        what = text(name, ", d = {}, w = {}".format(*network))
        statement = Statement(3, what, text(Quantity(value, digits=6)))
        if member is None or fit is None or ours is None:
            yield statement.open(reason, [member])
            continue
        verdict, doubt = weigh_alone(ours, value, half_digit(value)) if fit.reliable else ("open", "")
        again = command("fit", member, "--window", "{:g} {:g}".format(*_fitted_window(evidence, member)), "--json")
        yield statement.judged(text(Quantity(ours)), verdict, joined([reason, text(doubt)]), [member], again)


def _window(fit: PowerLawFit) -> Text:
    assert fit.window
    return text("Fitted for ", TAU, f" from {fit.window[0]:.3g} to {fit.window[1]:.4g}.")


def _pure_law(evidence: Evidence, network: DepthWidth, law: PaperCurve, levels: tuple[float, float]) -> Finding:
    """The exponents of Sec. III: a pure power law while the NLL is between 0.02 and 0.1."""
    (low, high), (depth, width), member = levels, network, evidence.network(*network)
    what = text(f"exponent a, d = {depth}, w = {width}, NLL {low:g} to {high:g}")
    statement = Statement(3, what, text(Quantity(law.exponent, digits=6, error=law.uncertainty)))
    if member is None:
        return statement.open(no_run(network))
    series = evidence.series(member)
    begin, end = (learning_time(series.tau, series.nll, level) for level in (high, low))
    if begin is None or end is None:
        return statement.open(_not_down(evidence, member, low), [member])
    fit = _fit_in(evidence, member, (begin, end))
    again = command("fit", member, "--window", f"{begin:.12g} {end:.12g}", "--pure", "--json")
    if fit.pure is None:
        return statement.open(with_symbols(fit.why or ""), [member], command=again)
    verdict, doubt = weigh(fit.pure.exponent, law.exponent, law.uncertainty or 0)
    words = text("A pure power law for ", TAU, f" from {begin:.3g} to {end:.3g}, ", NLL_INF, " = 0.")
    ours = text(Quantity(fit.pure.exponent))
    return statement.judged(ours, verdict, joined([words, text(doubt)]), [member], again)


def _not_down(evidence: Evidence, member: Member, level: float) -> Text:
    """Why a run that is above a level cannot be fitted down to it."""
    series = evidence.series(member)
    if not len(series):
        return text("Nothing is recorded yet.")
    now = smoothed(series.tau, series.nll)[1][-1]
    words = text(f"It must come down to {level:g}; it is at NLL {now:.3g}.")
    return joined([words, _expected(evidence, member, level)])


def _fit(evidence: Evidence, member: Member) -> PowerLawFit:
    return _fit_in(evidence, member, _fitted_window(evidence, member))


def _fit_in(evidence: Evidence, member: Member, window: Window) -> PowerLawFit:
    conditions = conditions_of(member.config, floor_of_data(member.config, member.digest))
    return fit_power_law(*curve_to_fit(evidence.series(member)), window, conditions)


def _fitted_window(evidence: Evidence, member: Member) -> tuple[float, float]:
    """Window, in tau, in which Fig. 3 fits a power law: from its first points on to the end of the run."""
    return FIRST_POINT, float(math.ceil(evidence.series(member).tau[-1]))


def worth_drawing(fit: PowerLawFit) -> bool:
    """Whether a fit's window is long enough for a power law to be seen in it."""
    return fit.window is not None and fit.window[1] >= max(_DRAWN_TAU, _DRAWN_SPAN * fit.window[0])
