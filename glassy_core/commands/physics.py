"""The commands `critical`, `aging` and `paper`: from the run store to one JSON object, or some lines for the reader."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from glassy_core.paper.numbers import PAPER_ORIGIN
from glassy_core.physics.aging.aging import Aging, aging
from glassy_core.physics.aging.fluctuations import delta_curves
from glassy_core.physics.aging.growth import POWER
from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.physics.learning_curves.power_law import Estimate
from glassy_core.runs.groups import Member, distinct, grouped, readable
from glassy_core.runs.measured import criticality, trajectory
from glassy_core.runs.store import RunError, RunStore
from glassy_core.settings import ConfigError


def critical_command(options: argparse.Namespace) -> None:
    """w_c by depth and threshold. Data, runs used and runs left out are said: on stderr, and in the JSON."""
    store = RunStore(options.runs_dir)
    members, left_out = _of_one_world(store, options.runs)
    world, used = members[0].world, distinct(members)
    left_out += _ids_without(members, used)
    others = f"; {len(left_out)} other runs left out (other data or methods, or a network run twice)"
    print(f"glassy: {len(used)} networks on {world.words()}{others if left_out else ''}", file=sys.stderr)
    found = criticality(members)
    if options.json:
        values = {"data": world.to_json(), "runs": [m.run.id for m in used], "left_out": left_out}
        print(json.dumps(found.to_json() | values, allow_nan=False))
        return
    print("\n".join(critical_lines(found)))


def _of_one_world(store: RunStore, names: Sequence[str]) -> tuple[list[Member], list[str]]:
    """The runs to analyse together, and the ids of those left out. RunError where there are none, or of two worlds."""
    members = [Member.of(store.get(name)) for name in dict.fromkeys(names)] if names else readable(store.runs())
    groups = list(grouped(members, lambda member: member.world).items())
    if not groups:
        raise RunError(f"There are no runs in {store.directory}: start some with `python -m glassy_core sweep`.")
    if names and len(groups) > 1:
        first, second = groups[0][0].words(), groups[1][0].words()
        same = " (of different content)" if first == second else ""
        raise RunError(f"These runs are not of one kind: {first}, and {second}{same}. Name runs of one of them only.")
    return groups[0][1], [member.run.id for _, others in groups[1:] for member in others]


def _ids_without(members: Sequence[Member], used: Sequence[Member]) -> list[str]:
    kept = {member.run.id for member in used}
    return [member.run.id for member in members if member.run.id not in kept]


def critical_lines(found: Criticality) -> list[str]:
    """The critical widths as a table."""
    lines = [f"{'d':>3} {'NLL*':>6} {'w_c [95 %]':28} {'parameters':>10} {'reached':>8} {'not':>4}"]
    for depth, result in found.depths.items():
        for threshold, width in result.thresholds.items():
            parameters = f"{width.parameters.value:10.0f}" if width.parameters else " " * 10
            value = _words(width.w_c) if width.w_c else "-"
            line = f"{depth:3d} {threshold:6g} {value:28} {parameters} {len(width.points):8d} {len(width.censored):4d}"
            lines.append(f"{line}  {width.why}".rstrip())
        if result.suggestion:
            hint = result.suggestion
            lines.append(f"    next: --depths {depth} --widths {hint.width} --seeds {hint.seed} ({hint.why})")
    return lines or ["Nothing has been recorded yet."]


def aging_command(options: argparse.Namespace) -> None:
    """Delta's exponents, collapse and fits, of one run or of its network's seeds."""
    store = RunStore(options.runs_dir)
    asked = Member.of(store.get(options.run))
    members = [asked]
    if options.seeds:
        same = [member for member in readable(store.runs()) if member.setting == asked.setting]
        members = distinct([member for member in same if member.config.waiting_times] or [asked])
    if not 0 <= options.origin < POWER[0]:  # not-a-number neither
        where = f"from 0 to below {POWER[0]:g}, where the power law's window begins; the paper takes {PAPER_ORIGIN:g}."
        raise ConfigError(f"--origin is {options.origin:g}: give tau/tau_w {where}")
    if options.tau_w is not None and not 0 < options.tau_w < math.inf:
        raise ConfigError(f"--tau-w is {options.tau_w:g}: give a waiting time in proper time, above 0.")
    trajectories = [trajectory(member.run) for member in members]
    found = aging(trajectories, options.frozen, options.kind, origin=options.origin, tau_w=options.tau_w)
    if not found.curves:
        known = ", ".join(f"{curve.tau_w:g}" for curve in delta_curves(trajectories))
        if known:
            raise ConfigError(f"No waiting time is {options.tau_w:g} in proper time: there are {known}.")
        raise RunError(f"Run {asked.run.id} has only just passed its first waiting time: let it go on.")
    if options.json:
        values: dict[str, Any] = {"runs": [m.run.id for m in members], "data": asked.world.to_json()}
        values |= {"weights": options.kind or "all"}
        print(json.dumps(found.to_json() | values, allow_nan=False))
        return
    print("\n".join(aging_lines(found)))


def paper_command(options: argparse.Namespace) -> None:
    """The paper's statements beside what the store's runs say of them."""
    from glassy_core.paper.statements import findings

    found = findings(readable(RunStore(options.runs_dir).runs()))
    if options.figure is not None:
        found = [finding for finding in found if finding.figure == options.figure]
    if options.json:
        print(json.dumps({"findings": [finding.to_json() for finding in found]}, allow_nan=False))
        return
    for finding in found:
        print(f"Fig. {finding.figure}  {finding.verdict:8} {finding.what} ({finding.world})")
        print(f"        paper: {finding.paper}; here: {finding.ours}. {finding.words}".rstrip())
    for world, words in () if options.figure else (("paper", "the paper's own task"), ("class", "the class world")):
        counts = Counter(finding.verdict for finding in found if finding.world == world)
        print(f"On {words}: {counts['agrees']} agree, {counts['differs']} differ, {counts['open']} are open.")


def aging_lines(found: Aging) -> list[str]:
    """The numbers of aging, one a line."""
    error = f", scatter {found.collapse.error:.2g}" if found.collapse.error is not None else ""
    lines = ["tau_w      " + ", ".join(f"{curve.tau_w:g}" for curve in found.curves)]
    rows = (
        ("alpha", found.alpha.slope, found.alpha.why, ""),
        ("mu", found.collapse.mu, found.collapse.why, error),
        ("power b", found.power.slope, found.power.why, ""),
        ("log B", found.log.slope, found.log.why, ""),
    )
    lines += [f"{name:10} {_words(value) if value else why}{more}" for name, value, why, more in rows]
    lines += [f"breakdown  tau_w = {b.tau_w:g} at x = {b.x:.3g}" for b in found.breakdown if b.x is not None]
    return lines


def _words(estimate: Estimate) -> str:
    return f"{estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}]"
