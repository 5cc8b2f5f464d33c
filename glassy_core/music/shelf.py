"""A shelf of good pieces, chosen once and kept in the project: each with what it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from glassy_core.editions.encoding import Chorale
from glassy_core.errors import GlassyError
from glassy_core.files import ROOT, replace_file

FILE = ROOT / "data" / "shelf.json"


class ShelfError(GlassyError):
    """The shelf cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class ShelfPiece:
    """A piece on the shelf.

    title: what a listener calls it. words: what it is. chords: the first `prime` of them were given. run: id of the
    gallery's run that sang it.
    """

    title: str
    words: str
    chords: Chorale
    prime: int
    run: str = ""


@cache
def shelf(path: Path = FILE) -> tuple[ShelfPiece, ...]:
    """The pieces on the shelf; none where the file is not there, ShelfError where it holds something else."""
    if not path.exists():
        return ()
    try:
        pieces = json.loads(path.read_text(encoding="utf-8"))
        return tuple(ShelfPiece(**piece | {"chords": tuple(map(tuple, piece["chords"]))}) for piece in pieces)
    except (ValueError, TypeError, KeyError) as error:  # a torn file is no JSON, or JSON of something else
        raise ShelfError(f"{path} holds no shelf ({error}): restore it from the project.") from error


def write(pieces: Sequence[ShelfPiece], path: Path = FILE) -> None:
    """Put these on the shelf, a line each."""
    lines = ",\n".join(json.dumps(asdict(piece), ensure_ascii=False) for piece in pieces)
    replace_file(path, f"[\n{lines}\n]\n".encode(), durable=False)
