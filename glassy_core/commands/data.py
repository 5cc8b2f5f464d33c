"""The command `data`: what an edition of the chorales holds, and how one is made of the reader's own music."""

from __future__ import annotations

import argparse
from pathlib import Path

from glassy_core.commands.options import Commands, print_values
from glassy_core.editions.catalogue import allowed_names, source_of
from glassy_core.settings import ConfigError


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Say what an edition of the chorales holds, or make one of your own data."
    data = commands.add("data", _data, words, as_json=True)
    data.add_argument("--edition", metavar="NAME", default="corpus", help=allowed_names())
    data.add_argument(
        "--chorales", type=int, metavar="N", help="the first N training chorales (default: 80, of your own data all)"
    )
    data.add_argument(
        "--import",
        dest="path",
        type=Path,
        metavar="PATH",
        help="a folder of MIDI files, a zip of them, a MIDI file, or JSON: a list of chorales, or train, valid, test",
    )
    data.add_argument("--name", help="what to call the edition: it is own:NAME then")
    data.add_argument("--grid", choices=["quarter", "eighth", "sixteenth"], default="quarter", help="notes a chord")


def _data(options: argparse.Namespace) -> None:
    from glassy_core.editions.loading import load_edition, summary

    if options.path:
        _import(options)
        return
    edition = load_edition(options.edition)
    source = source_of(edition.name)
    usual = (source and source.chorales) or len(edition.splits["train"])
    print_values(options, summary(edition, usual if options.chorales is None else options.chorales))


def _import(options: argparse.Namespace) -> None:
    from glassy_core.editions.own_data import facts, import_own
    from glassy_core.editions.own_files import read_path

    if not options.name:
        raise ConfigError("The data need a name: add --name, such as --name folk-songs.")
    edition, report = import_own(read_path(options.path), options.name, options.grid)
    values = facts(edition, report)
    if not options.json:
        del values["report"]
        print("\n".join([*report.sentences(), *report.refusals()]))
    print_values(options, values)
