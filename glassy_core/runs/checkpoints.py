"""Checkpoints: one snapshot of a run as one safetensors file, written whole or not at all.

step-<12 digits>.safetensors holds the weights in float64, the tensors that the rule of learning keeps between steps
(for the delayed gradient deltas.1, the latest, and deltas.2, float32) and, as one JSON text in the metadata, the
step, tau, eta, the generator's state, the halving rule's state and a digest of all of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from glassy_core.errors import GlassyError
from glassy_core.files import remove, replace_file
from glassy_core.network.equations import weight_shapes
from glassy_core.network.rules import Shapes
from glassy_core.settings import RunConfig
from glassy_core.training.records import Snapshot
from glassy_core.training.schedule import is_flow_milestone, is_milestone

_KEPT_WHOLE = 2  # the latest, and the one before it in case that is damaged


class CheckpointError(GlassyError, ValueError):
    """A checkpoint cannot be used; the message says which and why."""


def path_of(directory: Path, step: int) -> Path:
    """Path of the checkpoint of a step, whether or not it is there; directory: a run's `checkpoints`."""
    return directory / f"step-{step:012d}.safetensors"


def steps_in(directory: Path) -> list[int]:
    """Steps of all checkpoints in a run's directory of them, ascending."""
    if not directory.is_dir():
        return []
    names = (re.fullmatch(r"step-(\d{12})\.safetensors", path.name) for path in directory.iterdir())
    return sorted(int(match.group(1)) for match in names if match)


def write(directory: Path, snapshot: Snapshot) -> Path:
    """Write a snapshot, durably, and return its file; the same snapshot gives the same bytes."""
    tensors = {name: np.ascontiguousarray(value, dtype=np.float64) for name, value in snapshot.weights.items()}
    tensors |= {name: np.ascontiguousarray(part) for name, part in snapshot.state.items()}
    facts = {
        "step": snapshot.step,
        "tau": snapshot.tau,
        "eta": snapshot.eta,
        "tau_origin": list(snapshot.tau_origin),
        "rng": snapshot.rng,
        "spikes": snapshot.spikes,
    }
    facts["digest"] = _digest(tensors, facts)
    path = path_of(directory, snapshot.step)
    # One entry of metadata only: the format keeps several in no fixed order.
    replace_file(path, save(tensors, metadata={"glassy": json.dumps(facts, sort_keys=True)}))
    return path


def read(path: Path, depth: int, width: int, state_shapes: Shapes | None = None) -> Snapshot:
    """The snapshot in a file, checked against the run's depth and width.

    state_shapes: those of the tensors that the run's rule of learning keeps; with them the snapshot's state has no
    others, and those that the file has are checked, too.

    Raises CheckpointError where the file is missing, torn, altered or of another shape.
    """
    tensors, facts = _load(path)
    if facts.pop("digest", None) != _digest(tensors, facts):
        raise CheckpointError(f"{path.name} is damaged: its content does not match its own digest.")
    weights = weight_shapes(depth, width)
    kept = set(tensors) - set(weights) if state_shapes is None else set(tensors) & set(state_shapes)
    expected = weights | {name: shape for name, shape in (state_shapes or {}).items() if name in kept}
    for name, shape in expected.items():
        found_shape = tensors[name].shape if name in tensors else None
        if found_shape != shape:
            raise CheckpointError(
                f"{path.name} does not fit this run: {name} has shape {found_shape}, "
                f"a network of d = {depth}, w = {width} needs {shape}."
            )
    try:
        step, tau = facts["tau_origin"]
        return Snapshot(
            replica=0,
            step=int(facts["step"]),
            eta=float(facts["eta"]),
            tau_origin=(int(step), float(tau)),
            rng=facts["rng"],
            spikes=facts["spikes"],
            weights={name: tensors[name] for name in weights},
            state={name: tensors[name] for name in sorted(kept)},
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{path.name} lacks what a checkpoint must hold: {error}.") from error


def prune(directory: Path, config: RunConfig) -> None:
    """Keep the last _KEPT_WHOLE checkpoints as they are and the milestones' weights; remove the others.

    Milestones lose the state of the rule of learning: they are looked at, not resumed from.
    """
    for step in steps_in(directory)[:-_KEPT_WHOLE]:
        path = path_of(directory, step)
        with contextlib.suppress(PermissionError):  # on Windows, of a file that is being read: the next time, then
            if _is_kept(path, step, config):
                _drop_state(path, config)
            else:
                remove(path)


def _is_kept(path: Path, step: int, config: RunConfig) -> bool:
    if config.dynamics == "steps":
        return is_milestone(step, config)
    tau = tau_of(path)
    return step == 0 or tau is None or is_flow_milestone(tau, config.waiting_times)


def tau_of(path: Path) -> float | None:
    """Proper time of a checkpoint, read without its tensors; None where it cannot be read."""
    try:
        with safe_open(path, framework="numpy") as file:
            return float(json.loads((file.metadata() or {})["glassy"])["tau"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _drop_state(path: Path, config: RunConfig) -> None:
    if not names_in(path) - set(weight_shapes(config.depth, config.width)):
        return
    with contextlib.suppress(CheckpointError, ValueError):  # damaged: left for the reader to report
        write(path.parent, replace(read(path, config.depth, config.width), state={}))


def names_in(path: Path) -> set[str]:
    """Names of the tensors in a checkpoint; none where the file has gone, or cannot be read."""
    try:
        with safe_open(path, framework="numpy") as file:
            return set(file.keys())
    except (SafetensorError, OSError):
        return set()


def _load(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            facts = json.loads((file.metadata() or {})["glassy"])
    except FileNotFoundError:
        raise CheckpointError(f"{path.name} is missing.") from None
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path.name} cannot be read as a checkpoint: {error}.") from error
    if not isinstance(facts, dict):
        raise CheckpointError(f"{path.name} cannot be read as a checkpoint: its metadata is not an object.")
    return tensors, facts


def _digest(tensors: dict[str, Any], facts: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode())
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()
