"""The commands `aging` and `clones`: Delta's exponents and its collapse, and drift and noise told apart."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

from glassy_core.commands.options import Commands, progress_bar, readable_run
from glassy_core.runs.run import RunError
from glassy_core.runs.store import open_store
from glassy_core.settings import ConfigError

if TYPE_CHECKING:  # they take a third of a second, which no other command needs
    from glassy_core.physics.aging.aging import Aging


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Measure aging: Delta's exponents and its collapse."
    aging = commands.add("aging", _aging, words, run=True, as_json=True)
    aging.add_argument("--seeds", action="store_true", help="average over the runs that differ in the seed only")
    aging.add_argument("--bursts", action="store_true", help="of the bursts of steps from this run's checkpoints")
    aging.add_argument("--frozen", action="store_true", help="divide by Gamma at the waiting time throughout")
    aging.add_argument("--kind", choices=["J", "M", "K", "W", "h0"], help="the weights of one kind alone")
    aging.add_argument("--tau-w", type=float, metavar="TAU", help="this waiting time alone, in proper time")
    aging.add_argument(
        "--origin", type=float, default=0.0, metavar="X", help="tau/tau_w at which the power law begins (default: 0)"
    )
    words = (
        "Overlaps of a run's saved weights, C(tau, tau_w): what it keeps of its start, and how unlike the moves are."
    )
    overlap = commands.add("overlap", _overlap, words, run=True, as_json=True)
    overlap.add_argument("--kind", choices=["M", "J"], default="M", help="recurrent weights, or those between layers")
    words = "Tell drift and noise apart: clones of a network learn on with other minibatches."
    clones = commands.add("clones", _clones, words, run=True, as_json=True)
    clones.add_argument("--step", type=int, metavar="N", help="the checkpoint to start from (default: the last one)")
    clones.add_argument("--count", type=int, default=6, metavar="K", help="clones (default: 6)")
    clones.add_argument("--steps", type=int, default=10_000, metavar="N", help="steps of each (default: 10000)")
    clones.add_argument("--eta", type=float, help="learning rate (default: the checkpoint's; a flow has none)")


def _overlap(options: argparse.Namespace) -> None:
    """C of every two saved times, and alpha2 from each to the next."""
    from glassy_core.runs.memory import memory_of

    found = memory_of(readable_run(options), options.kind)
    if options.json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    print(f"C(tau, tau_w) of {options.kind}; unrelated weights: 0 +- {found.chance:.2g}")
    print(f"{'tau':>10} {'alpha2 of the move to it':28} C with tau_w = " + " ".join(f"{tau:6.4g}" for tau in found.tau))
    for k, tau in enumerate(found.tau):
        alpha2 = found.alpha2[k - 1].text(2, "f") if k else ""
        print(f"{tau:10.4g} {alpha2:28} {'':15}" + " ".join(f"{C:6.3f}" for C in found.overlap[k, : k + 1]))


def _clones(options: argparse.Namespace) -> None:
    """Drift and noise after one checkpoint."""
    from glassy_core.runs import clones

    run = readable_run(options)
    with progress_bar("clones") as show:
        path = clones.measure(run, options.step, options.count, options.steps, options.eta, show)
    found = clones.load(path)
    alpha = found.alpha()
    if options.json:
        columns = {name: getattr(found, name).tolist() for name in ("steps", "tau", "x", "D", "noise", "drift")}
        print(json.dumps({"tau_w": found.tau_w, "alpha": alpha and alpha.to_json(), **columns}))
        return
    for k in range(0, len(found.x), max(1, len(found.x) // 12)):
        print(f"tau/tau_w = {found.x[k]:.3g}: D = {found.D[k]:.4g}, of it noise {found.share[k]:.2%}")
    print(f"exponent of the noise: {alpha.text(2, 'f') if alpha else 'too short a way to tell'}")
    print(path)


def _aging(options: argparse.Namespace) -> None:
    """Delta's exponents, collapse and fits, of one run or of its network's seeds."""
    from glassy_core.paper.numbers import PAPER_ORIGIN
    from glassy_core.physics.aging.aging import aging
    from glassy_core.physics.aging.fluctuations import delta_curves
    from glassy_core.physics.aging.growth import POWER
    from glassy_core.runs.groups import Member, distinct, readable
    from glassy_core.runs.measured import burst_trajectories, started_from, trajectory

    store = open_store(options.runs_dir)
    asked = Member.of(store.get(options.run))
    members = [asked]
    if options.seeds:
        same = [member for member in readable(store.runs()) if member.ensemble == asked.ensemble]
        members = distinct([member for member in same if member.config.waiting_times] or [asked])
    if not 0 <= options.origin < POWER[0]:  # not-a-number neither
        where = f"from 0 to below {POWER[0]:g}, where the power law's window begins; the paper takes {PAPER_ORIGIN:g}."
        raise ConfigError(f"--origin is {options.origin:g}: give tau/tau_w {where}")
    if options.tau_w is not None and not 0 < options.tau_w < math.inf:
        raise ConfigError(f"--tau-w is {options.tau_w:g}: give a waiting time in proper time, above 0.")
    if options.bursts:
        members = [member for member in readable(store.runs()) if started_from(member) == asked.run.id]
        if not members:
            raise RunError(f"No run has started from run {asked.run.id}: train --from {asked.run.id} makes one.")
    trajectories = burst_trajectories(members) if options.bursts else [trajectory(member.run) for member in members]
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
    print("\n".join(_lines(found)))


def _lines(aging: Aging) -> list[str]:
    """The numbers of aging, one a line."""
    error = f", scatter {aging.collapse.error:.2g}" if aging.collapse.error is not None else ""
    lines = ["tau_w      " + ", ".join(f"{curve.tau_w:g}" for curve in aging.curves)]
    rows = (
        ("alpha", aging.alpha.slope, aging.alpha.why, ""),
        ("mu", aging.collapse.mu, aging.collapse.why, error),
        ("power b", aging.power.slope, aging.power.why, ""),
        ("log B", aging.log.slope, aging.log.why, ""),
    )
    lines += [f"{name:10} {value.text(4) if value else why}{more}" for name, value, why, more in rows]
    lines += [f"breakdown  tau_w = {b.tau_w:g} at x = {b.x:.3g}" for b in aging.breakdown if b.x is not None]
    return lines
