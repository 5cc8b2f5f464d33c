"""The commands of `python -m glassy_core`: each module beside this one adds its own, parser and handler together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# Before numpy is loaded: small matrices gain nothing from threads, and runs share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from glassy_core import processes
from glassy_core.commands import (
    aging,
    atlas,
    critical_width,
    data,
    exponents,
    gallery,
    landscape,
    learning_curves,
    music,
    paper,
    queue,
    service,
    shelf,
    training,
)
from glassy_core.commands.options import Commands
from glassy_core.errors import EXPECTED, sentence
from glassy_core.runs.run import RunError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 2 with one clear line on stderr for bad input."""
    processes.print_what_can_be()
    options = _commands().parser.parse_args(arguments)
    try:
        if (place := getattr(options, "runs_dir", None)) and place.exists() and not place.is_dir():
            raise RunError(f"{place} is a file, not a run store: give --runs-dir or GLASSY_RUNS_DIR a directory.")
        options.command(options)
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except EXPECTED as error:
        print(f"glassy: {sentence(error)}", file=sys.stderr)
        return 2
    return 0


def _commands() -> Commands:
    commands = Commands()
    physics = (learning_curves, exponents, critical_width, aging, landscape, paper)
    for module in (data, training, *physics, music, gallery, atlas, shelf, queue, service):
        module.add(commands)
    return commands
