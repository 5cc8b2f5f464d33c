"""The commands about this machine: `class`, `warm`, `speed`, `bench`."""

from __future__ import annotations

import argparse
import json
import os
import sys

from glassy_core.commands.options import Commands
from glassy_core.settings import ConfigError, RunConfig


def add(commands: Commands) -> None:
    """The commands and their options."""
    words = "Measure the engine: against nn.RNN with autograd, a flow against steps, two threads against one."
    bench = commands.add("bench", _bench, words, as_json=True)
    bench.add_argument("--quick", action="store_true", help="the five shapes and the threads only, briefly")
    group = commands.add("class", _class, "Show the app to a class: on the network, the presenter's passphrase needed.")
    group.add_argument("--port", type=int, default=8501, help="where the server listens (default: 8501)")
    commands.add("warm", _warm, "Compile the engine's kernels now rather than at the first run.")
    speed = commands.add("speed", _speed, "Measure the steps per second of a run's settings here.")
    speed.add_argument("--settings", required=True, metavar="JSON", help="the settings as in config.json")


def _bench(options: argparse.Namespace) -> None:
    from glassy_core.editions.loading import load_or_fallback
    from glassy_core.jobs import benchmark

    edition, notice = load_or_fallback("paper")
    if notice:
        print(f"glassy: {notice}", file=sys.stderr)
    result = benchmark.run(edition.first(80), quick=options.quick)
    print(json.dumps(result.to_json(), allow_nan=False) if options.json else result.table())


def _class(options: argparse.Namespace) -> None:
    from glassy_core import classroom

    os.environ["GLASSY_RUNS_DIR"] = str(options.runs_dir.resolve())
    classroom.serve(options.port)


def _warm(options: argparse.Namespace) -> None:
    from glassy_core.music import audio
    from glassy_core.network.compiled import learner

    learner.warm()
    audio.warm()


def _speed(options: argparse.Namespace) -> None:
    from glassy_core.jobs.speed import measure

    try:
        settings = json.loads(options.settings)
    except ValueError as error:
        raise ConfigError(f"The settings are not JSON: {error}.") from error
    print(measure(RunConfig.from_json(settings)))
