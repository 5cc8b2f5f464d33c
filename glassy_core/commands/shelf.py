"""The command `shelf`: the gallery's networks compose, and the best pieces go on the Chorales page's shelf."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassy_core.commands.options import Commands, progress_bar

if TYPE_CHECKING:
    from glassy_core.music.composition import Composition
    from glassy_core.music.shelf import ShelfPiece
    from glassy_core.runs.run import Run

NEW, A_NETWORK = 8, 2  # pieces of new music; at most so many of one network
BEGINNINGS = 24  # held-out chorales that each network begins with
KNOWN = 2  # chorales sung by heart beside them
LENGTH = 64  # chords of a piece
MANY = 80  # chorales that a network has learned which composes


@dataclass(frozen=True)
class _Entry:
    """A composition that may go on the shelf, by which run, begun with which held-out chorale."""

    run: Run
    opus: int
    made: Composition

    def on_shelf(self) -> ShelfPiece:
        from glassy_core.music.shelf import ShelfPiece
        from glassy_core.wording import counted

        config, made = self.run.config(), self.made
        words = (
            f"New music by {counted(config.depth, 'layer')} of {config.width} units that learned {config.chorales} "
            f"chorales: {made.harmony.named:.0%} triads or sevenths, at most {counted(made.copied, 'chord')} in a row "
            "from Bach."
        )
        return ShelfPiece(made.title(self.opus, 1), words, made.piece.chords, made.piece.prime, self.run.id)


def add(commands: Commands) -> None:
    """The command."""
    commands.add("shelf", _shelf, "Choose the good pieces that the Chorales page has on its shelf.")


def _shelf(_options: argparse.Namespace) -> None:
    from glassy_core.music import shelf
    from glassy_core.runs import checkpoints
    from glassy_core.runs.store import GALLERY, RunStore

    runs = [run for run in RunStore(GALLERY).runs() if checkpoints.steps_in(run.checkpoints)]
    pieces = [*_by_heart(runs), *(entry.on_shelf() for entry in _chosen(_composed(runs)))]
    shelf.write(pieces)
    for piece in pieces:
        print(f"{piece.title}: {piece.words}")


def _composed(runs: Sequence[Run]) -> list[_Entry]:
    """All that the networks compose that have learned most, one run of each size."""
    composers = {(run.config().depth, run.config().width): run for run in runs if run.config().chorales >= MANY}
    entries: list[_Entry] = []
    with progress_bar("shelf", "network") as show:
        for n, run in enumerate(composers.values()):
            entries += _of(run)
            show(n + 1, len(composers))
    return entries


def _of(run: Run) -> Iterator[_Entry]:
    from glassy_core.music.composition import ABOUT, COOL, DRAWS, compose_best
    from glassy_core.music.decoding import DecodingConfig
    from glassy_core.music.piece import compose_batch, heard_with
    from glassy_core.music.recall import PRIMED
    from glassy_core.runs.scaling import kept
    from glassy_core.runs.starting import checkpoint

    config, scaling = run.config(), kept(run)
    edition, _ = heard_with(config, run.origin()["edition_digest"], scaling)
    decoding = DecodingConfig("sample", {"temperature": COOL}, four_voices=True)
    snapshot, length = checkpoint(run), LENGTH + ABOUT
    for opus, chorale in enumerate(edition.splits["valid"][:BEGINNINGS]):
        primes = [chorale[:PRIMED]] * DRAWS
        sung = compose_batch(snapshot, config, edition, primes, length=length, decoding=decoding, scaling=scaling)
        yield _Entry(run, opus, compose_best(sung, edition.first(config.chorales), LENGTH))


def _chosen(entries: Sequence[_Entry]) -> list[_Entry]:
    """The cleanest, not many of one network, and no beginning twice."""
    chosen: list[_Entry] = []
    for entry in sorted(entries, key=lambda entry: entry.made.faults):
        of_network = sum(other.run.id == entry.run.id for other in chosen)
        if of_network < A_NETWORK and all(other.opus != entry.opus for other in chosen):
            chosen.append(entry)
    return chosen[:NEW]


def _by_heart(runs: Sequence[Run]) -> list[ShelfPiece]:
    """Chorales that the network sings to the end which has learned best."""
    from glassy_core.music.piece import heard_with, training_scaling
    from glassy_core.music.recall import PRIMED, recall
    from glassy_core.music.shelf import ShelfPiece
    from glassy_core.runs.scaling import kept
    from glassy_core.runs.starting import checkpoint

    run = min(runs, key=lambda run: run.state().nll or 1.0)
    config = run.config()
    edition, _ = heard_with(config, run.origin()["edition_digest"], kept(run))
    learned = edition.first(config.chorales)
    recalled = recall(checkpoint(run).weights, training_scaling(config, edition, kept(run)), learned)
    known = recalled.whole.nonzero()[0][:KNOWN].tolist()
    size = f"{config.depth} layers of {config.width} units"
    return [
        ShelfPiece(
            f"Bach's training chorale {n}, by heart",
            f"By {size} that learned {config.chorales} chorales: from its first {PRIMED} chords to its last.",
            learned[n],
            PRIMED,
            run.id,
        )
        for n in known
    ]
