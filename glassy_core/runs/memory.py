"""The saved weights of a run, against each other: what it keeps of its start."""

from __future__ import annotations

from glassy_core.physics.aging.overlap import Memory, memory
from glassy_core.runs import checkpoints
from glassy_core.runs.run import Run, RunError


def memory_of(run: Run, kind: str = "M") -> Memory:
    """The memory of one kind of a run's weights, of all its checkpoints; RunError where there are fewer than two."""
    config = run.config()
    paths = [checkpoints.path_of(run.checkpoints, step) for step in checkpoints.steps_in(run.checkpoints)]
    if len(paths) < 2:
        raise RunError(f"Run {run.id} has the weights of {len(paths)} times only: two are needed.")
    try:
        saved = [checkpoints.read(path, config.depth, config.width) for path in paths]
        return memory([one.tau for one in saved], [one.weights for one in saved], kind)
    except ValueError as error:  # a damaged checkpoint is one, too
        raise RunError(f"Run {run.id}: {error}") from error
