"""The command `critical`: the critical width of each depth and threshold, from the runs' learning times."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from glassy_core.commands.options import Commands
from glassy_core.physics.critical_width.learning_times import THRESHOLDS
from glassy_core.runs.run import RunError
from glassy_core.runs.store import RunStore, open_store

if TYPE_CHECKING:  # they take a third of a second, which no other command needs
    from glassy_core.physics.critical_width.criticality import Criticality
    from glassy_core.physics.critical_width.next_of_map import Offer
    from glassy_core.runs.groups import Member


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Find the critical width w_c of each depth from the runs' learning times."
    critical = commands.add("critical", _critical, words, as_json=True)
    critical.add_argument("runs", nargs="*", metavar="RUN", help="these runs (default: the largest group of one kind)")
    words = "Count the parameters at w_c for what there is to learn, of the Playground's networks and of the runs."
    capacity = commands.add("capacity", _capacity, words, as_json=True)
    capacity.add_argument(
        "--threshold", type=float, choices=THRESHOLDS, default=THRESHOLDS[0], help="NLL* in bits (default: %(default)s)"
    )
    words = "the run that tells most for each interval instead, the widest first, with the command that starts it"
    capacity.add_argument("--next", action="store_true", help=words)


def _critical(options: argparse.Namespace) -> None:
    """w_c by depth and threshold. Data, runs used and runs left out are said: on stderr, and in the JSON."""
    from glassy_core.runs.groups import distinct
    from glassy_core.runs.measured import criticality

    store = open_store(options.runs_dir)
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
    print("\n".join(_lines(found)))


def _capacity(options: argparse.Namespace) -> None:
    """Capacities by load and depth: of the atlas, and of each group of runs whose data are known; the next run."""
    from glassy_core.jobs.sweeps import command_of
    from glassy_core.music.atlas import files
    from glassy_core.physics.critical_width.capacity import capacities
    from glassy_core.runs.groups import grouped, readable
    from glassy_core.runs.measured import criticality
    from glassy_core.runs.tasks import by_world, offers, tasks_of

    worlds = grouped(readable(open_store(options.runs_dir).runs()), lambda member: member.world)
    atlas = files.load(songs=False)
    beside = by_world(atlas.worlds(), atlas.digest)
    tasks = tasks_of(list(worlds.values()), beside, lambda members, beside: criticality(members, beside=beside))
    found = list(capacities([(task.load, task.criticality) for task in tasks], options.threshold))
    offered = [(offer, command_of(config)) for offer, config in offers(tasks, options.threshold)]
    if options.next:
        values = [offer.to_json() | {"command": command} for offer, command in offered]
        print(json.dumps(values, allow_nan=False) if options.json else "\n".join(_offer_lines(offered)))
        return
    if options.json:
        print(json.dumps([one.to_json() for one in found], allow_nan=False))
        return
    columns = ("w_c", "parameters", "a transition", "hidden, a transition", "a bit")
    print(f"{'chorales':>8} {'transitions':>11} {'bits':>5} {'d':>3}  " + " ".join(f"{name:24}" for name in columns))
    for one in found:
        per = (one.a_transition.text(2, "f"), one.hidden.text(2, "f"), one.a_bit.text(3, "f"))
        numbers = (one.w_c.text(1, "f"), one.parameters.text(0, "f"), *per)
        learned = f"{one.load.chorales:8d} {one.load.transitions:11d} {one.load.bits:5.1f} {one.depth:3d}  "
        print(learned + " ".join(f"{number:24}" for number in numbers).rstrip())
    for offer, command in offered[:1]:
        print(f"tells most next: {offer.words()}: {command}")


def _offer_lines(offered: Sequence[tuple[Offer, str]]) -> list[str]:
    lines = []
    for offer, command in offered:
        lines += [
            f"{offer.capacity.load.chorales} chorales, d = {offer.capacity.depth}: {offer.words()}",
            f"    {command}",
        ]
    return lines or ["No interval of the map has a run that tells how long the next one takes."]


def _of_one_world(store: RunStore, names: Sequence[str]) -> tuple[list[Member], list[str]]:
    """The runs to analyse together, and the ids of those left out. RunError where there are none, or of two worlds."""
    from glassy_core.runs.groups import Member, grouped, readable

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


def _lines(criticality: Criticality) -> list[str]:
    """The critical widths as a table."""
    lines = [f"{'d':>3} {'NLL*':>6} {'w_c [95 %]':28} {'parameters':>10} {'reached':>8} {'not':>4}  by (w - w_c)^z"]
    for depth, result in criticality.depths.items():
        for threshold, width in result.thresholds.items():
            parameters = f"{width.parameters.value:10.0f}" if width.parameters else " " * 10
            value = width.w_c.text(4) if width.w_c else "-"
            line = f"{depth:3d} {threshold:6g} {value:28} {parameters} {len(width.points):8d} {len(width.censored):4d}"
            power = f"{width.power.w_c.text(4)}, z = {width.power.z.text(2)}" if width.power else ""
            lines.append("  ".join(filter(None, (line, power, width.why, width.doubt))).rstrip())
        if result.suggestion:
            hint = result.suggestion
            lines.append(f"    next: --depths {depth} --widths {hint.width} --seeds {hint.seed} ({hint.why})")
    return lines or ["Nothing has been recorded yet."]
