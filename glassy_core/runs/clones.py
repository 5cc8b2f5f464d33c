"""Clones of stored runs, measured: kept beside the noise probes of the run they are of.

clones-step-<12 digits>-k<clones>-in-<steps>-steps.json     see `to_json`
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from glassy_core.files import read_json, write_json
from glassy_core.physics.aging.clones import Clones
from glassy_core.runs import probes
from glassy_core.runs.run import Run, RunError
from glassy_core.runs.starting import checkpoint
from glassy_core.training.clones import COUNT, STEPS, check_clones, clones
from glassy_core.training.probe import Progress

_NAME = re.compile(r"clones-step-(\d{12})-k(\d+)-in-(\d+)-steps")


def path_of(run: Run, step: int, count: int = COUNT, steps: int = STEPS) -> Path:
    """File of a measurement: each checkpoint, number of clones and of steps has one of its own."""
    return probes.directory(run) / f"clones-step-{step:012d}-k{count}-in-{steps}-steps.json"


def kept(run: Run) -> list[Path]:
    """Files of what was measured of a run, by step of its checkpoint; of one checkpoint the longest way alone."""
    found: dict[str, tuple[tuple[int, int], Path]] = {}
    for path in probes.files(run, "clones-*.json"):
        if name := _NAME.fullmatch(path.stem):
            step, size = name[1], (int(name[3]), int(name[2]))
            found[step] = max(found.get(step, (size, path)), (size, path))
    return [found[step][1] for step in sorted(found)]


def load(path: Path) -> Clones:
    """The clones in a file; RunError where it holds none."""
    values = read_json(path) or {}
    try:
        steps, tau, products = (np.asarray(values[name], dtype=np.float64) for name in ("steps", "tau", "products"))
        sound = len(steps) > 0 and tau.shape == steps.shape and products.ndim == 3
        if not sound or products.shape != (len(steps), *products.shape[1:2] * 2) or products.shape[1] < 3:
            raise ValueError("its columns do not fit together")
        if not all(np.isfinite(column).all() for column in (steps, tau, products)) or not float(values["tau_w"]) > 0:
            raise ValueError("it has numbers that are none")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunError(f"{path.name}: This is no measurement of clones ({error}): measure it anew.") from error
    return Clones(float(values["tau_w"]), steps.astype(np.int64), tau, products)


def to_json(clones: Clones) -> dict[str, Any]:
    """Plain JSON values, as a file has them: tau_w, steps (n,), tau (n,), products (n, K, K) to nine digits."""
    products = [[[float(f"{value:.9g}") for value in row] for row in matrix] for matrix in clones.products.tolist()]
    return {"tau_w": clones.tau_w, "steps": clones.steps.tolist(), "tau": clones.tau.tolist(), "products": products}


def measure(
    run: Run,
    step: int | None = None,
    count: int = COUNT,
    steps: int = STEPS,
    eta: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Measure clones from a checkpoint, by default the last one, and keep the result; returns its file.

    Raises RunBusyError where another process measures the same, and what `training.clones.clones` raises.
    """
    check_clones(count, steps)
    snapshot = checkpoint(run, step)
    path = path_of(run, snapshot.step, count, steps)
    with probes.held(path):
        data = probes.training_data(run)
        found = Clones(snapshot.tau, *clones(run.config(), snapshot, data, count, steps, eta, progress))
        write_json(path, to_json(found), durable=False)
    return path
