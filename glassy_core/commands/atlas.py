"""The command `atlas`: the networks of the class world that the Playground shows, and how far their making is."""

from __future__ import annotations

import argparse
from pathlib import Path

from glassy_core.commands.options import Commands, progress_bar


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add("atlas", _atlas, "Make the networks that the Playground shows.")
    parser.add_argument("what", choices=["plan", "make"], help="say how long it takes; learn them, and write the files")
    parser.add_argument("--work", type=Path, metavar="DIR", help="where each is kept (default: .atlas in the store)")


def _atlas(options: argparse.Namespace) -> None:
    from glassy_core.music.atlas import making

    work = options.work or options.runs_dir / ".atlas"
    if options.what == "make":
        _make(work)
    now = making.standing(work)
    print(
        f"{now.made} of {now.of} networks are made, in {now.seconds / 60:.1f} minutes of one core; "
        f"{now.left / 60:.1f} minutes to go."
    )


def _make(work: Path) -> None:
    from glassy_core.music.atlas import making

    with progress_bar("atlas", "network") as show:
        making.make(work, show)
