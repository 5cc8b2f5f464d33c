"""A new run that goes on from another one's checkpoint, by other dynamics or settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from glassy_core.runs import checkpoints
from glassy_core.runs.groups import of_data
from glassy_core.runs.run import Run, RunError
from glassy_core.settings import RunConfig
from glassy_core.training.records import Snapshot, fresh


@dataclass(frozen=True)
class Start:
    """What a run starts from.

    snapshot: its step 0, with the weights and the proper time of the other run. run, step: which one's checkpoint.
    """

    snapshot: Snapshot
    run: str
    step: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, as config.json has them."""
        return {"run": self.run, "step": self.step, "tau": self.snapshot.tau}


def checkpoint(run: Run, step: int | None = None) -> Snapshot:
    """The run's checkpoint of a step, by default its last one; RunError where there is none."""
    steps = checkpoints.steps_in(run.checkpoints)
    if not steps:
        raise without_checkpoint(run)
    if step is None:
        step = steps[-1]
    if step not in steps:
        known = ", ".join(map(str, steps[-6:]))
        raise RunError(f"Run {run.id} has no checkpoint at step {step}: its last ones are at {known}.")
    config = run.config()
    return checkpoints.read(checkpoints.path_of(run.checkpoints, step), config.depth, config.width)


def without_checkpoint(run: Run) -> RunError:
    """The error for a run that has no checkpoint; one of the gallery gets none."""
    if run.read_only:
        return RunError(f"Run {run.id} belongs to the gallery and came without checkpoints: choose another run.")
    return RunError(f"Run {run.id} has no checkpoint yet: let it train for a moment.")


def start_from(run: Run, config: RunConfig, step: int | None = None) -> Start:
    """The start of a run with these settings from a checkpoint, by default the last one.

    The minibatches are those of the settings' seed; of what the other run's rule kept between steps nothing is taken.
    RunError for a network of another shape, other data, or an end that the checkpoint is beyond.
    """
    source = run.config()
    for name in ("depth", "width", *of_data()):
        if getattr(source, name) != getattr(config, name):
            raise RunError(
                f"Run {run.id} has {name} {getattr(source, name)}, not {getattr(config, name)}: "
                "a run that starts from it keeps its network and its chorales, leave that setting out."
            )
    taken = checkpoint(run, step)
    if 0 < config.until <= taken.tau:
        raise RunError(
            f"Run {run.id} is at tau = {taken.tau:g} at step {taken.step}, beyond {config.until:g}: give a later until."
        )
    own = fresh(config)
    return Start(replace(own, tau_origin=(0, taken.tau), weights=taken.weights), run.id, taken.step)
