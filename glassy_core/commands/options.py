"""What the commands share: how one is added, options for a run's settings, how values are printed."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from glassy_core.presets import preset
from glassy_core.runs import store as run_store
from glassy_core.runs.run import Run
from glassy_core.runs.store import open_store
from glassy_core.settings import USUAL, ConfigError, RunConfig, with_dynamics


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, with exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Print the message as one line on stderr and end the process with exit status 2."""
        print(f"glassy: {message}. See {self.prog} --help.", file=sys.stderr)
        raise SystemExit(2)


class Commands:
    """The commands of `python -m glassy_core`, as the modules of this package add them."""

    def __init__(self) -> None:
        words = "Train and measure deep recurrent networks on chorales."
        self.parser = _Parser(prog="python -m glassy_core", description=words)
        self._commands = self.parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        self,
        name: str,
        command: Callable[[argparse.Namespace], None],
        words: str,
        *,
        run: bool = False,
        as_json: bool = False,
    ) -> argparse.ArgumentParser:
        """A command's parser. run: it needs the id of a run; as_json: it can print one JSON object."""
        parser: argparse.ArgumentParser = self._commands.add_parser(name, help=words, description=words)
        parser.set_defaults(command=command)
        directory = run_store.directory()
        parser.add_argument("--runs-dir", type=Path, default=directory, help="the run store (default: runs/)")
        if run:
            parser.add_argument("run", metavar="RUN", help="the run's id, or the beginning of it")
        if as_json:
            parser.add_argument("--json", action="store_true", help="one JSON object on stdout, and nothing else there")
        return parser


@contextmanager
def progress_bar(name: str, unit: str = "step") -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, and the call (done, of) that moves it; it stays once it has moved."""
    from tqdm import tqdm

    with tqdm(unit=unit, desc=name, dynamic_ncols=True, leave=False) as bar:

        def show(done: int, of: int) -> None:
            bar.leave, bar.total = True, of
            bar.update(done - bar.n)

        yield show


def _default(value: object) -> object:
    return "none" if value in ("", ()) else value


def add_settings(parser: argparse.ArgumentParser, without: Sequence[str] = ()) -> None:
    """One option a setting of RunConfig, with its meaning and unit; without: names of settings that get none."""
    hints = get_type_hints(RunConfig)
    for field in (field for field in dataclasses.fields(RunConfig) if field.name not in without):
        flag, hint = f"--{field.name.replace('_', '-')}", hints[field.name]
        unit = f" [{field.metadata['unit']}]" if field.metadata["unit"] else ""
        words = f"{field.metadata['meaning']}{unit} (default: {_default(field.default)})".replace("%", "%%")
        if hint is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=words)
        elif field.name == "batch_size":
            parser.add_argument(flag, type=_batch_size, metavar="N|all", help=words)
        elif field.name == "waiting_times":
            parser.add_argument(flag, type=numbers, metavar="N,N,...", help=words)
        elif get_origin(hint) is None:
            parser.add_argument(flag, type=hint, metavar="NAME" if hint is str else hint.__name__.upper(), help=words)
        else:
            parser.add_argument(flag, choices=get_args(hint), help=words)


def _batch_size(text: str) -> int | str:
    """A minibatch size as an option gives it, transitions a step or 'all'; ArgumentTypeError for anything else."""
    if text == "all":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor 'all'") from None


def numbers(text: str) -> list[int]:
    """Whole numbers separated by commas, as an option gives them."""
    try:
        return [int(part) for part in text.split(",") if part]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 10,20") from None


def config_from(options: argparse.Namespace, base: RunConfig | None = None) -> RunConfig:
    """The settings that the options name, on top of base, of the preset's, or of the defaults."""
    named = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(RunConfig)}
    given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    base = preset(options.preset).config if options.preset else base
    dynamics = given.get("dynamics", base.dynamics if base else "steps")
    if base is None and dynamics == "flow" and "until" not in given:
        raise ConfigError("A flow needs a proper time at which it ends: add --until, such as --until 400.")
    base = base or RunConfig()
    if base.dynamics == "flow" and given.get("until", 0) > 0:  # steps last as long as the end that is given
        base = dataclasses.replace(base, until=given["until"])
    return dataclasses.replace(with_dynamics(base, dynamics, given.get("eta", USUAL.eta)), **given)


def print_values(options: argparse.Namespace, values: dict[str, Any]) -> None:
    """One JSON object, or lines of name and value."""
    if options.json:
        print(json.dumps(values, allow_nan=False))
        return
    for name, value in values.items():
        print(f"{name:12} {value}")


def readable_run(options: argparse.Namespace) -> Run:
    """The run that is named; RunError for a directory without settings, which would else just seem to lack data."""
    run = open_store(options.runs_dir).get(options.run)
    run.config()
    return run
