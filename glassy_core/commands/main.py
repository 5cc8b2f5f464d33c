"""The commands of `python -m glassy_core`: each module beside this one adds its own, parser and handler together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# Before numpy is loaded: small matrices gain nothing from threads, and runs share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from glassy_core.commands import (
    aging,
    critical_width,
    data,
    gallery,
    learning_curves,
    music,
    paper,
    queue,
    service,
    training,
)
from glassy_core.commands.options import Commands
from glassy_core.files import sentence
from glassy_core.runs.store import RunError
from glassy_core.settings import ConfigError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 2 with one clear line on stderr for bad input."""
    options = _commands().parser.parse_args(arguments)
    try:
        if (place := getattr(options, "runs_dir", None)) and place.exists() and not place.is_dir():
            raise RunError(f"{place} is a file, not a run store: give --runs-dir or GLASSY_RUNS_DIR a directory.")
        options.command(options)
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except _expected_errors() as error:
        what = sentence(error) if isinstance(error, OSError) else error
        print(f"glassy: {what}", file=sys.stderr)
        return 2
    return 0


def _expected_errors() -> tuple[type[Exception], ...]:
    from glassy_core.editions.editions import ChoraleError
    from glassy_core.jobs.speed import EstimateError
    from glassy_core.passphrase import PassphraseError
    from glassy_core.runs.checkpoints import CheckpointError
    from glassy_core.training.trainer import TrainingError

    ours = ConfigError, RunError, ChoraleError, CheckpointError, EstimateError, TrainingError, PassphraseError
    return *ours, OSError


def _commands() -> Commands:
    commands = Commands()
    for module in (data, training, learning_curves, critical_width, aging, paper, music, gallery, queue, service):
        module.add(commands)
    return commands
