"""The command `exponents`: how fast each network that learns decays, by its width over the critical one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from glassy_core.commands.options import Commands
from glassy_core.paper.numbers import CURVES, EXPONENT_RANGE, PAPER_W_C, PaperCurve
from glassy_core.runs.run import RunError
from glassy_core.runs.store import open_store

if TYPE_CHECKING:
    from glassy_core.paper.exponents import AtRatios, ExponentPoint

_HIGH, _LOW = EXPONENT_RANGE[1], EXPONENT_RANGE[0]


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Compare the exponents of all networks at the same w / w_c, beside the paper's (Sec. III)."
    exponents = commands.add("exponents", _exponents, words, as_json=True)
    words = (
        f"NLL_inf + A tau^-a in the window of each fit, and not A tau^-a while the NLL falls from {_HIGH:g} to {_LOW:g}"
    )
    exponents.add_argument("--floor", action="store_true", help=words)


def _exponents(options: argparse.Namespace) -> None:
    from glassy_core.paper.exponents import RatioCollapse, at_ratios, critical_widths_of, places
    from glassy_core.runs.groups import grouped, readable
    from glassy_core.runs.measured import fit_of_seeds

    worlds = grouped(readable(open_store(options.runs_dir).runs()), lambda member: member.world)
    widths = critical_widths_of(worlds.values())
    members = [one for group in worlds.values() for one in group if (one.world, one.config.depth) in widths]
    if not members:
        raise RunError("No task has a critical width yet: start more widths with `python -m glassy_core sweep`.")
    levels = None if options.floor else EXPONENT_RANGE
    found = places(members, lambda group: fit_of_seeds(group, levels), widths, pure=not options.floor)
    rows = at_ratios(found)
    if options.json:
        values = {"places": [place.to_json() for place in found], "at_ratios": [row.to_json() for row in rows]}
        print(json.dumps(values | {"paper": _papers(options.floor)}, allow_nan=False))
        return
    print(
        "\n".join(
            [*_table(found), "", *_at_ratios(rows), RatioCollapse.of(rows).words(), "", *_paper_lines(options.floor)]
        )
    )


def _table(points: Sequence[ExponentPoint]) -> list[str]:
    """The places as a table a task; those without an exponent are counted."""
    lines = []
    for task, group in groupby(points, lambda place: place.task):
        here = sorted(group, key=lambda place: (place.config.depth, place.config.width))
        drawn = [place for place in here if place.exponent]
        without = f"; {len(here) - len(drawn)} without an exponent" if len(drawn) < len(here) else ""
        lines += [f"{task}{without}", f"{'d':>3} {'w':>4} {'w/w_c':>6} {'seeds':>5}  {'a':22} {'NLL_inf':28}"]
        lines += [_line(place) for place in drawn]
    return lines


def _line(place: ExponentPoint) -> str:
    assert place.exponent
    assert place.w_c
    config, floor = place.config, place.nll_inf.text(3) if place.nll_inf else ""
    network = f"{config.depth:3d} {config.width:4d} {config.width / place.w_c.value:6.2f} {len(place.runs):5d}"
    return f"{network}  {place.exponent.text(3):22} {floor:28} {'' if place.fit.reliable else 'unreliable'}".rstrip()


def _at_ratios(rows: Sequence[AtRatios]) -> list[str]:
    from glassy_core.paper.exponents import RATIOS

    lines = [f"{'a at w/w_c =':>46}  d  " + " ".join(f"{ratio:<18g}" for ratio in RATIOS).rstrip()]
    for row in rows:
        values = [row.exponents[ratio].text(2, "f") if ratio in row.exponents else "" for ratio in RATIOS]
        lines.append(f"{row.task:>46} {row.depth:2d}  " + " ".join(f"{value:18}" for value in values).rstrip())
    return lines


def _laws(floor: bool) -> dict[tuple[int, int], PaperCurve]:
    """The paper's networks whose law is of that kind."""
    return {network: law for network, law in sorted(CURVES.items()) if (law.range is None) == floor}


def _papers(floor: bool) -> list[dict[str, float]]:
    return [
        {"depth": d, "width": w, "exponent": law.exponent, "nll_inf": law.nll_inf, "w_c": PAPER_W_C[d]}
        for (d, w), law in _laws(floor).items()
    ]


def _paper_lines(floor: bool) -> list[str]:
    return [
        f"the paper: d = {d}, w = {w}, w/w_c = {w / PAPER_W_C[d]:.2f}: a = {law.exponent:g}"
        for (d, w), law in _laws(floor).items()
    ]
