"""The command `spectrum`: how the loss is curved where a run's checkpoints stand."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from glassy_core.commands.options import Commands, progress_bar, readable_run

if TYPE_CHECKING:
    from glassy_core.physics.aging.spectrum import AtCheckpoint


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Measure the spectrum of the loss's curvature at a run's checkpoints: sharpness, bulk, ways down."
    spectrum = commands.add("spectrum", _spectrum, words, run=True, as_json=True)
    spectrum.add_argument("--step", type=int, metavar="N", help="this checkpoint alone (default: all but step 0)")
    spectrum.add_argument("--steps", type=int, default=150, metavar="N", help="of Lanczos (default: 150)")
    spectrum.add_argument("--directions", type=int, default=4, metavar="K", help="random ones to start in (default: 4)")
    spectrum.add_argument("--again", action="store_true", help="measure again what has been measured")


def _spectrum(options: argparse.Namespace) -> None:
    """The spectra of one run, measured where they have not been."""
    from glassy_core.runs import spectra

    run = readable_run(options)
    known = {} if options.again else {found.step: found for found in map(spectra.load, spectra.kept(run))}
    steps = [options.step] if options.step is not None else spectra.wanted(run, known)
    found = []
    for step in steps:
        if step not in known:
            with progress_bar(f"step {step}") as show:
                known[step] = spectra.measure(run, step, options.steps, options.directions, show)
        found.append(known[step])
    if options.json:
        print(json.dumps({"run": run.id, "spectra": [one.to_json() for one in found]}, allow_nan=False))
        return
    print(
        f"{'tau':>10} {'sharpness':>10} {'2/eta':>7} {'least':>9}  {'above 1 nat':20} {'below -1 nat':20} participation"
    )
    print("\n".join(map(_line, found)))


def _line(one: AtCheckpoint) -> str:
    seen = one.spectrum
    bound = f"{2 / one.eta:.4g}" if one.eta else ""
    counts = f"{seen.above(1).text(0, 'f'):20} {seen.below(-1).text(0, 'f'):20}"
    return f"{one.tau:10.4g} {seen.largest:10.4g} {bound:>7} {seen.least:9.3g}  {counts} {seen.participation:.0f}"
