"""The command `generate`: a network composes, and the piece is written as MIDI, WAV, MusicXML and JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from glassy_core.commands.options import Commands
from glassy_core.music.decoding import DECODINGS, USUAL, DecodingConfig, all_options
from glassy_core.music.decodings.rule import Decoding
from glassy_core.runs.run import RunError
from glassy_core.runs.store import open_store


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Let a run's network compose: MIDI, WAV, MusicXML, JSON."
    generate = commands.add("generate", _generate, words, run=True)
    generate.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    generate.add_argument("--step", type=int, metavar="N", help="the checkpoint that sings (default: the last one)")
    generate.add_argument("--prime", type=int, default=4, metavar="K", help="chords given to begin with (default: 4)")
    generate.add_argument("--chorale", type=int, default=0, metavar="N", help="training chorale the prime is from")
    generate.add_argument("--length", type=int, default=64, metavar="N", help="chords in all, with the prime's")
    generate.add_argument("--decode", choices=list(DECODINGS), default=USUAL, help="how chords are chosen")
    for name, option in all_options().items():
        users = [rule for rule in DECODINGS.values() if option in rule.options]
        flag = f"--{name.replace('_', '-')}"
        generate.add_argument(flag, type=float, default=option.default, help=_of(users))
    drawing = [rule for rule in DECODINGS.values() if not rule.deterministic]
    generate.add_argument("--seed", type=int, default=0, help=_of(drawing))


def _of(rules: Sequence[Decoding]) -> str:
    """Whose option it is."""
    return f"of the {' and the '.join(rule.label for rule in rules)}"


def _generate(options: argparse.Namespace) -> None:
    from glassy_core.music.piece import compose, heard_with, write_piece
    from glassy_core.runs import checkpoints
    from glassy_core.runs.scaling import kept
    from glassy_core.runs.starting import without_checkpoint

    run = open_store(options.runs_dir).get(options.run)
    config, steps = run.config(), checkpoints.steps_in(run.checkpoints)
    if not steps:
        raise without_checkpoint(run)
    step = steps[-1] if options.step is None else options.step
    if step not in steps:
        raise RunError(f"Run {run.id} has no checkpoint of step {step}: choose one of {', '.join(map(str, steps))}.")
    snapshot = checkpoints.read(checkpoints.path_of(run.checkpoints, step), config.depth, config.width)
    scaling = kept(run)
    edition, notice = heard_with(config, run.origin()["edition_digest"], scaling)
    if notice:
        print(f"glassy: {notice}", file=sys.stderr)
    numbers = {name: getattr(options, name) for name in all_options()}
    piece = compose(
        snapshot,
        config,
        edition,
        chorale=options.chorale,
        prime=options.prime,
        length=options.length,
        decoding=DecodingConfig(options.decode, numbers, seed=options.seed),
        run=run.id,
        scaling=scaling,
    )
    for path in write_piece(piece, options.out).values():
        print(path)
