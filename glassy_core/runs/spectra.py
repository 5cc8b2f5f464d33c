"""Spectra of the loss's curvature at a run's checkpoints, measured: kept beside the noise probes of the run.

spectrum-step-<12 digits>.json     tau, eta (0 of a flow), and what `Spectrum.to_json` has
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from glassy_core.files import read_json, write_json
from glassy_core.network.equations import parameter_count
from glassy_core.physics.aging.spectrum import DIRECTIONS, STEPS, AtCheckpoint, Spectrum, spectrum
from glassy_core.runs import checkpoints, probes
from glassy_core.runs.run import Run, RunError
from glassy_core.runs.starting import checkpoint, without_checkpoint
from glassy_core.settings import ConfigError
from glassy_core.training.probe import Progress

_NAME = re.compile(r"spectrum-step-(\d{12})")
FOR_SHARPNESS = (30, 2)  # steps and directions that are enough for the ends of a spectrum
_MOST = {"steps": 2000, "directions": 64}


def path_of(run: Run, step: int) -> Path:
    """File of the spectrum at a checkpoint."""
    return probes.directory(run) / f"spectrum-step-{step:012d}.json"


def kept(run: Run) -> list[Path]:
    """Files of the spectra of a run, by step; of one step the reader's own."""
    found = {name[1]: path for path in probes.files(run, "spectrum-*.json") if (name := _NAME.fullmatch(path.stem))}
    return [found[step] for step in sorted(found)]


def load(path: Path) -> AtCheckpoint:
    """The spectrum in a file; RunError where it holds none."""
    values, name = read_json(path) or {}, _NAME.fullmatch(path.stem)
    try:
        if name is None or not (0 <= float(values["tau"]) < np.inf and 0 <= float(values["eta"]) < np.inf):
            raise ValueError("it has numbers that are none")
        found = Spectrum.from_json(values)
        return AtCheckpoint(int(name[1]), float(values["tau"]), float(values["eta"]), found)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunError(f"{path.name}: This is no measured spectrum ({error}): measure it anew.") from error


def wanted(run: Run, measured: Iterable[int] = ()) -> list[int]:
    """Steps of all checkpoints but that at step 0, and those measured; RunError where there is none of either."""
    steps = sorted({*checkpoints.steps_in(run.checkpoints), *measured})
    if not steps:
        raise without_checkpoint(run)
    return [step for step in steps if step > 0] or steps


def measure(
    run: Run, step: int, steps: int = STEPS, directions: int = DIRECTIONS, progress: Progress | None = None
) -> AtCheckpoint:
    """Measure the spectrum at a checkpoint and keep it. steps: of Lanczos, from each of so many random directions.

    Raises ConfigError for numbers out of range, RunError where there is no such checkpoint, RunBusyError where
    another process measures it.
    """
    for name, value in (("steps", steps), ("directions", directions)):
        if not 1 <= value <= _MOST[name]:
            raise ConfigError(f"--{name} is {value}: give a number from 1 to {_MOST[name]}.")
    from glassy_core.network.curvature import Curvature  # only here: torch takes seconds and 250 MB

    config, snapshot, path = run.config(), checkpoint(run, step), path_of(run, step)
    with probes.held(path):
        curvature = Curvature(snapshot.weights, probes.training_data(run), directions)
        starts = curvature.tangent(np.random.default_rng(step).normal(size=(directions, curvature.size)))
        N = round(parameter_count(config.depth, config.width))
        found = spectrum(curvature, starts, N, min(steps, N), progress)
        eta = 0.0 if config.dynamics == "flow" else snapshot.eta
        write_json(path, {"tau": snapshot.tau, "eta": eta} | found.to_json(), durable=False)
    return load(path)
