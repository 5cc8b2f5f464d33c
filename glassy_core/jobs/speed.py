"""How fast a run would be on this machine: measured in a process of its own, remembered on the disk."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glassy_core import __version__, processes
from glassy_core.editions.encoding import Transitions
from glassy_core.errors import GlassyError
from glassy_core.files import read_json, write_json
from glassy_core.jobs import memory
from glassy_core.settings import RunConfig, names_of

_MEASURED_SECONDS = 1.0
_SMALL_ETA = 1e-4  # the rate does not depend on it
_KEPT_SECONDS = 86_400.0
# Of the settings that decide what is learned: a step takes as long whatever they are.
WITHOUT_COST = ("seed", "eta", "auto_halve", "scaling")
MEMORY = ".speeds.json"  # in the run store


class EstimateError(GlassyError, RuntimeError):
    """The speed could not be measured; the message says why."""


def steps_per_second(config: RunConfig, directory: Path) -> float:
    """Learning steps, of a flow evaluations, per second of such a run here, without its recordings (1 to 2 %).

    Takes a few seconds the first time; what was measured is kept in `directory` (the run store) for a day.
    Raises EstimateError where the measurement fails.
    """
    key = _key(config)
    known = read_json(directory / MEMORY) or {}
    kept = known.get(key)
    if isinstance(kept, dict) and all(type(kept.get(name)) is float for name in ("when", "steps_per_second")):
        age, speed = time.time() - kept["when"], float(kept["steps_per_second"])
        if 0 <= age < _KEPT_SECONDS and 0 < speed < 1e15:  # else somebody wrote there by hand
            return speed
    try:
        result = processes.answer(["speed", "--settings", json.dumps(config.to_json())], seconds=120)
    except subprocess.TimeoutExpired:
        raise EstimateError("The speed could not be measured within two minutes: the machine is too busy.") from None
    if result.returncode != 0:
        raise EstimateError((result.stderr.strip().splitlines() or ["The speed could not be measured."])[-1])
    speed = float(result.stdout)
    found = {"steps_per_second": speed, "when": time.time()}
    with contextlib.suppress(OSError):  # a store that cannot be written: measured again next time
        directory.mkdir(parents=True, exist_ok=True)
        write_json(directory / MEMORY, (read_json(directory / MEMORY) or {}) | {key: found})
    return speed


def measure(config: RunConfig) -> float:
    """Learning steps, of a flow evaluations, per second of a run with these settings, measured in this process."""
    from glassy_core.editions.loading import load_or_fallback
    from glassy_core.jobs.execution import load_data
    from glassy_core.training.records import fresh, make_learner

    edition, _ = load_or_fallback(config.edition)
    data, _ = load_data(config, edition)
    memory.check([config], data.P)
    if config.dynamics == "flow":
        return evaluations_per_second(config, data, _MEASURED_SECONDS)
    return rate_of(make_learner(config, [fresh(config)], data), data.P, config.batch_size, _MEASURED_SECONDS)


def rate_of(
    learner: Any,
    P: int,
    batch_size: int | Literal["all"],
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Learning steps per second of one network's engine, the best of three stretches of seconds / 3 each."""
    rng = np.random.default_rng(0)
    size = P if batch_size == "all" else min(batch_size, P)

    def learn() -> None:
        learner.evaluate()
        learner.update([_SMALL_ETA], None if batch_size == "all" else rng.choice(P, size, replace=False)[None])

    learn()  # the first step reads the kernels from the disk
    return max(calls_per_second(learn, seconds / 3, clock) for _ in range(3))


def evaluations_per_second(
    config: RunConfig, data: Transitions, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Evaluations of a flow's velocity per second, each with a stage's three terms; the best of three stretches."""
    from glassy_core.network.velocity_field import velocity_field
    from glassy_core.training.records import fresh

    weights = fresh(config).weights
    field = velocity_field(config.engine, weights, data, 4, config.threads)
    field.write(0, weights)

    def evaluate() -> None:
        field.evaluate(2, (1.0, 0.0, 0.0), (0, 1, 3), 1)

    evaluate()  # the first one reads the kernels from the disk
    return max(calls_per_second(evaluate, seconds / 3, clock) for _ in range(3))


def calls_per_second(trial: Callable[[], object], seconds: float, clock: Callable[[], float]) -> float:
    """Calls of trial per second of the clock, over at least so many seconds."""
    begun, calls = clock(), 0
    while (elapsed := clock() - begun) < seconds or not calls:
        trial()
        calls += 1
    return calls / elapsed


def _key(config: RunConfig) -> str:
    """What decides the speed: machine, code, and all settings but those without cost."""
    names = [name for name in names_of("speed", "learning", "world") if name not in WITHOUT_COST]
    shape = {name: getattr(config, name) for name in names}
    return json.dumps([socket.gethostname(), platform.machine(), os.cpu_count(), __version__, shape])
