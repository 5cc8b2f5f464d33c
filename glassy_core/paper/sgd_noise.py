"""Figs. 4 and 8 of the paper beside the runs of a store: the noise of SGD, by minibatch size and along learning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassy_core.paper.evidence import DepthWidth, Evidence, command, no_run
from glassy_core.paper.findings import Finding, Statement, TaskName, Verdict
from glassy_core.paper.numbers import AGING, FIRST_TAU_W, LONGEST
from glassy_core.paper.text import GAMMA, TAU, TAU_W, Command, Quantity, Text, joined, text
from glassy_core.runs import probes
from glassy_core.runs.groups import Member
from glassy_core.runs.run import Run, RunError
from glassy_core.training.probe import SIZES, Probe
from glassy_core.wording import whole

_PROBED_TAU = 1280.0  # of Fig. 4, step 3 200 000
_AROUND = 0.25  # in log tau: so near a time Gamma is taken for its own
_LONG = 4.0  # times the first waiting time: nearer, a tendency is none
_CHANGE = 1.25  # factor by which Gamma must change to have grown or fallen
_UNIT = "nats²"  # of Gamma


def probe_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 4: smaller minibatches make larger fluctuations and a larger mean."""
    what, paper = "d = 2, w = 90: p = 75 against p = 300", "greater noise and larger mean error at p = 75"
    statement = Statement(4, text(what), text(paper))
    probed = [(m, found) for m in evidence.of_network(2, 90) if (found := latest_probe(m.run))]
    member, probe = max(probed, key=lambda one: one[1].tau, default=(evidence.network(2, 90, dynamics="steps"), None))
    if member is None:
        yield statement.open(no_run((2, 90), by_flow=False))
        return
    if probe is None:
        makes = Command(command("probe", member))
        why = text("No noise probe of this run yet: ", makes, ", or the Learning curves page, makes one.")
        yield statement.open(why, [member])
    else:
        yield _probed(statement, member, probe)


def _probed(statement: Statement, member: Member, probe: Probe) -> Finding:
    small, large = probe.level(75), probe.level(300)
    ours = text(
        "spread ", Quantity(small.spread, "bits", unsaid=True), " against ", Quantity(large.spread, "bits"),
        ", mean ", Quantity(small.mean, "bits", 5, unsaid=True), " against ",
        Quantity(large.mean, "bits", 5, unsaid=True),
    )  # fmt: skip
    verdict: Verdict = "agrees" if small.spread > large.spread and small.mean > large.mean else "differs"
    words = text(f"{whole(probe.steps)} steps from ", TAU, f" = {probe.tau:.4g} on.")
    early = text("The paper probed at ", TAU, f" = {_PROBED_TAU:g}.") if probe.tau < 0.999 * _PROBED_TAU else Text()
    eta = [f"--eta {probe.eta:g}"] if member.config.dynamics == "flow" else []
    again = command("probe", member, "--step", str(probe.step), "--sizes 75,300", *eta)
    return statement.judged(ours, verdict, joined([words, early]), [member], again)


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


def gamma_findings(evidence: Evidence) -> Iterator[Finding]:
    """Fig. 8: Gamma of the paper's aging runs, and of the class world's."""
    for network in AGING:
        yield _papers_gamma(evidence, network)
    yield _noisiest(evidence)
    for width, members in evidence.class_aging():
        yield _grows(evidence, f"w = {width}", members, "class")


def _papers_gamma(evidence: Evidence, network: DepthWidth) -> Finding:
    name = "d = {}, w = {}".format(*network)
    member = evidence.network(*network, aging=True)
    return _grows(evidence, name, [member], "paper") if member else _growing(name, "paper").open(no_run(network))


def _growing(name: str, world: TaskName) -> Statement:
    """That Gamma of one network grows while it learns."""
    return Statement(8, text(GAMMA, " grows with ", TAU, f", {name}"), text("a general tendency to grow"), world)


def _grows(evidence: Evidence, name: str, members: Sequence[Member], world: TaskName) -> Finding:
    """Gamma of some seeds of one network, from its first waiting time to the latest that they all have."""
    statement = _growing(name, world)
    begin, end = _first_tau_w(members[0]), _common_end(evidence, members)
    gammas = [_gamma(evidence, member, (begin, end)) for member in members]
    if end < 0.999 * _LONG * begin or not all(map(all, gammas)):
        span = text("It needs ", GAMMA, " from ", TAU_W, f" = {begin:g} to {_LONG:g} times that; the run is at ")
        return statement.open(text(span, TAU, f" = {end:.4g}."), members)
    first, last = np.exp(np.mean(np.log(gammas), axis=0)).tolist()
    verdict: Verdict = "agrees" if last > _CHANGE * first else "differs" if last < first / _CHANGE else "open"
    done = {"agrees": "It grows", "differs": "It falls", "open": f"It changes by less than a factor of {_CHANGE:g}"}
    mean = f", mean of {len(gammas)} seeds" if len(gammas) > 1 else ""
    unjudged = "its slowing down, and the wide network's fall at last, are not judged."
    words = text(f"{done[verdict]} from the first ", TAU_W, f" = {begin:g} to {end:.4g}{mean}; {unjudged}")
    ours = text(Quantity(first, _UNIT, 2, unsaid=True), " to ", Quantity(last, _UNIT, 2))
    return statement.judged(ours, verdict, words, members)


def _noisiest(evidence: Evidence) -> Finding:
    """Fig. 8: Gamma is largest for the near-critical network. Which one it is may change until the paper's runs end."""
    statement = Statement(8, text(GAMMA, " is largest near the critical width"), text("w = 68 of 30, 68, 90"))
    members = {w: m for d, w in AGING if (m := evidence.network(d, w, aging=True))}
    end = _common_end(evidence, [*members.values()])
    at_end = {width: _gamma(evidence, member, (end,))[0] for width, member in members.items()}
    if len(members) < len(AGING) or end < FIRST_TAU_W or not all(at_end.values()):
        why = text("It needs w = 30, 68 and 90 beyond the first ", TAU_W, f" = {FIRST_TAU_W:g}.")
        return statement.open(why, members.values())
    ours = joined([text(f"w = {width}: ", Quantity(value, _UNIT, 2)) for width, value in at_end.items()], "; ")
    here = text("At ", TAU, f" = {end:.4g}, the latest that all these runs have")
    if needs := _shortest(evidence, members):
        changes = text(here, "; the order may change until where the paper's end.")
        return statement.open(joined([changes, needs]), members.values(), ours)
    verdict: Verdict = "agrees" if at_end[68] == max(at_end.values()) else "differs"
    return statement.judged(ours, verdict, text(here, "."), members.values())


def _shortest(evidence: Evidence, members: dict[int, Member]) -> Text:
    """What the shortest of some runs, by width, lacks of the paper's; empty where all are as long."""
    lacking = {width: lacks for width, member in members.items() if (lacks := evidence.lacks(member, LONGEST))}
    if not lacking:
        return Text()
    width = min(lacking, key=lambda width: lacking[width].end)
    return lacking[width].text(f"The shortest here, w = {width},")


def _first_tau_w(member: Member) -> float:
    """In proper time, at the learning rate that the run has begun with; a flow's are proper times."""
    return float(member.config.waiting_times[0] * (member.config.eta or 1))


def _common_end(evidence: Evidence, members: Sequence[Member]) -> float:
    """The latest tau that all of them have."""
    ends = [float(series.tau[-1]) if len(series := evidence.series(member)) else 0.0 for member in members]
    return min(ends, default=0.0)


def _gamma(evidence: Evidence, member: Member, at: Sequence[float]) -> list[float]:
    """Gamma at some tau, each the median of what was measured around it; 0 where there is nothing."""
    series = evidence.series(member)
    rows = (series.tau > 0) & (series.gamma > 0)
    gamma, log_tau = series.gamma[rows], np.log(series.tau[rows])
    around = [gamma[np.abs(log_tau - np.log(tau)) < _AROUND] if tau > 0 else gamma[:0] for tau in at]
    return [float(np.median(values)) if len(values) else 0.0 for values in around]
