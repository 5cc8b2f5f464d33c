"""Figs. 2 to 4 of the paper beside the runs of a store: learning curves, their power laws, SGD noise."""

from __future__ import annotations

import math
from collections.abc import Iterator

from glassy_core.paper.findings import (
    Finding,
    Gathered,
    Read,
    Verdict,
    command,
    missing,
    no_run,
    sources,
    weigh,
    weigh_alone,
)
from glassy_core.paper.numbers import CURVES, PLAUSIBLE_NLL, half_digit
from glassy_core.physics.critical_width.learning_times import learning_time, smoothed
from glassy_core.physics.learning_curves.power_law import PowerLawFit, fit_power_law
from glassy_core.runs import probes
from glassy_core.runs.groups import Member
from glassy_core.runs.run import Run, RunError
from glassy_core.training.probe import SIZES, Probe
from glassy_core.wording import whole

FIRST_POINT = 160.0  # tau of Fig. 3's first points, 4e5 steps at eta = 4e-4: its fits rest on what lies beyond
FITTED_TO = 10 * FIRST_POINT  # at least: over less than a decade NLL_inf and the exponent are hardly told apart
DRAWN_TAU, DRAWN_SPAN = 100.0, 10**1.5  # a power law is drawn where its window ends later and is wider
ALIKE = 0.25  # relative distance of learning times that are alike
SAME_DEPTH_NLL = 0.1  # bits, at which learning times are compared between depths
PROBED_STEP = 3_200_000  # of Fig. 4


def curve_findings(found: Gathered, read: Read) -> Iterator[Finding]:
    """Figs. 2 and 3 and 4, in this order."""
    yield from _levels(found, read)
    yield _depths(found, read)
    for (depth, width), law in CURVES.items():
        member = found.network(depth, width)
        if law.range:
            yield _pure_law(member, depth, width, read)
        else:
            yield from _law(member, depth, width, read)
    yield _noise(found, read)


def _levels(found: Gathered, read: Read) -> Iterator[Finding]:
    """Fig. 2: the underparametrised network stays far from zero, the overparametrised one gets to 0.01 bits."""
    for width, over in ((30, False), (90, True)):
        member = found.network(2, width)
        what = f"d = 2, w = {width} " + (f"reaches NLL {PLAUSIBLE_NLL:g}" if over else "stays far from zero")
        paper = f"an NLL of {PLAUSIBLE_NLL:g} or less" if over else "far from zero at the longest times"
        if member is None or len(series := read(member.run)) < 2:
            yield Finding(2, what, paper, "-", "open", no_run((2, width)))
            continue
        verdict, words = (_goes_there if over else _stays_above)(member, read)
        ours = f"{smoothed(series.tau, series.nll)[1][-1]:.3g} bits at tau = {series.tau[-1]:.4g}"
        yield Finding(2, what, paper, ours, verdict, words, sources=sources([member]))


def _goes_there(member: Member, read: Read) -> tuple[Verdict, str]:
    series = read(member.run)
    reached = learning_time(series.tau, series.nll, PLAUSIBLE_NLL)
    if reached is not None:
        return "agrees", f"First below it at tau = {reached:.4g}."
    return "open", f"Not there yet. {_expected(member, PLAUSIBLE_NLL, read)}"


def _stays_above(member: Member, read: Read) -> tuple[Verdict, str]:
    """A curve that still falls has not shown where it stays; its fitted floor must lie above."""
    series = read(member.run)
    if (reached := learning_time(series.tau, series.nll, PLAUSIBLE_NLL)) is not None:
        return "differs", f"It reached {PLAUSIBLE_NLL:g} at tau = {reached:.4g}."
    if why := missing(member, (member.config.depth, member.config.width), FITTED_TO, read):
        return "open", f"Whether it levels off a power law tells. {why}"
    fit = _fit(member, read)
    if not fit.reliable or fit.nll_inf is None:
        return "open", fit.why or ""
    above = fit.nll_inf.low > PLAUSIBLE_NLL
    return "agrees" if above else "open", f"The fit levels off at {fit.nll_inf.text(3)} bits."


def _expected(member: Member, level: float, read: Read) -> str:
    """When a run would come down to a level, and the hours until then, were it on the paper's law from here on."""
    network, series = (member.config.depth, member.config.width), read(member.run)
    law, now = CURVES[network], float(smoothed(series.tau, series.nll)[1][-1])
    tau = float(series.tau[-1]) * ((now - law.nll_inf) / (level - law.nll_inf)) ** (1 / law.exponent)
    needed = missing(member, network, tau, read) or ""
    return f"Along the paper's power law from here on: {needed[0].lower()}{needed[1:]}" if needed else ""


def _depths(found: Gathered, read: Read) -> Finding:
    """Fig. 2 (d): deeper networks learn faster in proper time; d = 1 and 2 alike."""
    networks = ((1, 200), (2, 90), (5, 70))
    members = [found.network(*network) for network in networks]
    times = [_time(member, read) for member in members]
    known = [t for t in times if t is not None]
    ours = ", ".join(f"{t:.3g} (d = {d})" for (d, _), t in zip(networks, times, strict=True) if t is not None)
    what, paper = f"tau to NLL {SAME_DEPTH_NLL:g} falls with depth", "it shrinks with depth, d = 1 and 2 alike"
    verdict: Verdict = "open"
    words = f"It needs runs at all three depths that have come down to {SAME_DEPTH_NLL:g}."
    if len(known) == len(networks):
        alike = abs(known[0] / known[1] - 1)
        verdict = "agrees" if known[2] < min(known[:2]) and alike < ALIKE else "differs"
        words = f"tau* of w = 200, 90 and 70; d = 5 must come first, and d = 1 and 2 be alike within {ALIKE:.0%}: "
        words += f"they are {alike:.0%} apart. One seed each."
    used, again = sources([member for member in members if member]), _times_command(members)
    return Finding(2, what, paper, ours or "-", verdict, words, sources=used, command=again)


def _times_command(members: list[Member | None]) -> str:
    return command("critical", None, *[member.run.id for member in members if member], "--json")


def _time(member: Member | None, read: Read) -> float | None:
    if member is None:
        return None
    series = read(member.run)
    return learning_time(series.tau, series.nll, SAME_DEPTH_NLL)


def _law(member: Member | None, depth: int, width: int, read: Read) -> Iterator[Finding]:
    """Fig. 3: NLL_inf and the exponent of d = 2."""
    law = CURVES[depth, width]
    why = missing(member, (depth, width), FITTED_TO, read)
    fit = None if why or member is None else _fit(member, read)
    reason = why or (fit and (fit.why or f"Fitted for tau from {_window(fit)}.")) or ""
    for name, value, uncertainty, ours in (
        ("NLL_inf", law.nll_inf, half_digit(law.nll_inf), fit and fit.nll_inf),
        ("exponent a", law.exponent, half_digit(law.exponent), fit and fit.exponent),
    ):
        verdict: Verdict = "open"
        doubt = again = ""
        if member and fit and ours:
            if fit.reliable:
                verdict, doubt = weigh_alone(ours, value, uncertainty)
            again = command("fit", member, "--window", "{:g} {:g}".format(*fitted_window(member, read)), "--json")
        yield Finding(
            3, f"{name}, d = {depth}, w = {width}", f"{value:g}", ours.text(3) if ours else "-", verdict,
            f"{reason} {doubt}".strip(), sources=sources([member] if member else []), command=again,
        )  # fmt: skip


def _pure_law(member: Member | None, depth: int, width: int, read: Read) -> Finding:
    """The exponents of Sec. III: a pure power law while the NLL is between 0.02 and 0.1."""
    law = CURVES[depth, width]
    assert law.range
    low, high = law.range
    what, paper = (
        f"exponent a, d = {depth}, w = {width}, NLL {low:g} to {high:g}",
        f"{law.exponent} ± {law.uncertainty}",
    )
    if member is None:
        return Finding(3, what, paper, "-", "open", no_run((depth, width)))
    series = read(member.run)
    begin, end = (learning_time(series.tau, series.nll, level) for level in (high, low))
    if begin is None or end is None:
        words = "Nothing is recorded yet."
        if len(series):
            words = f"It must come down to {low:g}; it is at NLL {smoothed(series.tau, series.nll)[1][-1]:.3g}. "
            words += _expected(member, low, read)
        return Finding(3, what, paper, "-", "open", words, sources=sources([member]))
    fit = fit_power_law(series.tau, series.nll, (begin, end))
    again = command("fit", member, "--window", f"{begin:.6g} {end:.6g}", "--json")
    if fit.pure is None:
        return Finding(3, what, paper, "-", "open", fit.why or "", sources=sources([member]), command=again)
    verdict, doubt = weigh(fit.pure.exponent, law.exponent, law.uncertainty or 0)
    words = f"A pure power law for tau from {begin:.3g} to {end:.3g}, NLL_inf = 0. {doubt}".strip()
    ours = fit.pure.exponent.text(3)
    return Finding(3, what, paper, ours, verdict, words, sources=sources([member]), command=again)


def _fit(member: Member, read: Read) -> PowerLawFit:
    series = read(member.run)
    return fit_power_law(series.tau, series.nll, fitted_window(member, read))


def fitted_window(member: Member, read: Read) -> tuple[float, float]:
    """Where Fig. 3 fits a power law: from its first points on to the end of the run."""
    return FIRST_POINT, float(math.ceil(read(member.run).tau[-1]))


def worth_drawing(fit: PowerLawFit) -> bool:
    """Whether a fit's window is long enough for a power law to be seen in it."""
    return fit.window is not None and fit.window[1] >= max(DRAWN_TAU, DRAWN_SPAN * fit.window[0])


def _window(fit: PowerLawFit) -> str:
    assert fit.window
    return f"{fit.window[0]:.3g} to {fit.window[1]:.4g}"


def _noise(found: Gathered, read: Read) -> Finding:
    """Fig. 4: smaller minibatches make larger fluctuations and a larger mean."""
    member = found.network(2, 90)
    what, paper = "d = 2, w = 90: p = 75 against p = 300", "greater noise and larger mean error at p = 75"
    if member is None:
        return Finding(4, what, paper, "-", "open", no_run((2, 90)))
    probe = latest_probe(member.run)
    if probe is None:
        words = f"No noise probe of this run yet: `{command('probe', member)}`, or the Learning curves page, makes one."
        return Finding(4, what, paper, "-", "open", words, sources=sources([member]))
    small, large = probe.level(75), probe.level(300)
    ours = f"spread {small.spread:.3g} against {large.spread:.3g} bits, mean {small.mean:.5g} against {large.mean:.5g}"
    verdict: Verdict = "agrees" if small.spread > large.spread and small.mean > large.mean else "differs"
    early = f" The paper probed step {whole(PROBED_STEP)}." if probe.step < PROBED_STEP else ""
    words = f"{whole(probe.steps)} steps after step {whole(probe.step)}.{early}"
    again = command("probe", member, "--step", str(probe.step), "--sizes 75,300")
    return Finding(4, what, paper, ours, verdict, words, sources=sources([member]), command=again)


def latest_probe(run: Run) -> Probe | None:
    """The latest probe of a run that has both of the paper's sizes."""
    for path in reversed(probes.kept(run)):
        try:
            probe = probes.load(path)
        except RunError:
            continue
        if set(SIZES) <= {trace.batch_size for trace in probe.traces}:
            return probe
    return None
