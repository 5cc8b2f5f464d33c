"""What became of the pieces of own data, for the reader: taken, transposed, refused, and what the grid leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH
from glassy_core.editions.format import SPLITS
from glassy_core.wording import counted, whole

NAMED = 5  # names that stand in one sentence
FEW = 0.02  # of the notes: a grid with no more of them between its times is good


@dataclass
class Report:
    """What became of the pieces.

    grid:        of GRIDS; None for JSON, whose chords are taken as they are
    taken:       names of the pieces of "train", "valid" and "test", in the edition's order
    transposed:  semitones by name
    refused:     the reason by name
    remarks:     sentences by name: what was odd in a file that was read
    on_grid:     by name, of MIDI files: the numbers of `midi_files.OnGrid`
    passed_over: names of files beside the music, which were not opened
    unread:      keys of a JSON object that name no list of chorales
    equal:       by name, where all pieces are learned, an earlier piece that has the same chords
    leaked:      names of held-out pieces that are also learned, where the files say what is held out
    split:       one sentence: who decided what is held out
    """

    edition: str
    grid: str | None
    taken: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in SPLITS})
    transposed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    on_grid: dict[str, dict[str, Any]] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    equal: dict[str, str] = field(default_factory=dict)
    leaked: list[str] = field(default_factory=list)
    split: str = ""

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values, by the names above."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """For the reader: what was taken, what was done to it, and what was left out."""
        return [one for one in (self._taken(), self._moved(), *self._grid(), *self._others()) if one]

    def refusals(self) -> list[str]:
        """For the reader: each refused piece, and why; then what was odd in others."""
        odd = [f"{name}: {why}" for name, why in self.remarks.items() if name not in self.refused]
        return [*(f"Refused: {name}: {why}" for name, why in self.refused.items()), *odd]

    def _taken(self) -> str:
        counts = ", ".join(f"{len(self.taken[name])} in {name}" for name in SPLITS)
        grid = f", one chord {'an' if self.grid == 'eighth' else 'a'} {self.grid} note" if self.grid else ""
        return f"Taken: {counted(sum(map(len, self.taken.values())), 'piece')} ({counts}){grid}. {self.split}"

    def _moved(self) -> str:
        shifts = [f"{name} by {shift:+d}" for name, shift in self.transposed.items()]
        if len(shifts) > 1 and len(set(self.transposed.values())) == 1:
            shifts = [f"{len(shifts)} pieces, all by {next(iter(self.transposed.values())):+d}"]
        moved = f"Transposed into {LOWEST_PITCH} to {HIGHEST_PITCH}, in semitones: {', '.join(shifts)}."
        return moved if shifts else ""

    def _grid(self) -> list[str]:
        """What the grid makes of the notes of all MIDI files that were taken."""
        pieces = {name: self.on_grid[name] for names in self.taken.values() for name in names if name in self.on_grid}
        if not pieces or not self.grid:
            return []
        notes, drums, unheard = (sum(p[key] for p in pieces.values()) for key in ("notes", "drums", "unheard"))
        between = {
            grid: sum(p["between"].get(grid, p["notes"]) for p in pieces.values()) for grid in self._grids(pieces)
        }
        out = [f"Left out: {counted(drums, 'note')} of drums."] if drums else []
        if between[self.grid]:
            missing = f", and {counted(unheard, 'is', 'are')} in no chord" if unheard else ""
            lie = f"{whole(between[self.grid])} of {counted(notes, 'note')} lie between the times of the grid{missing}"
            out.append(f"{lie}{self._most(pieces)}. {_better(between, self.grid, notes)}".strip())
        elif unheard:
            out.append(f"In no chord, being shorter than the grid sees: {whole(unheard)} of {counted(notes, 'note')}.")
        return out

    def _grids(self, pieces: dict[str, dict[str, Any]]) -> list[str]:
        """The grid and the finer ones that some piece is not too long for."""
        return list(dict.fromkeys([str(self.grid), *(grid for piece in pieces.values() for grid in piece["between"])]))

    def _most(self, pieces: dict[str, dict[str, Any]]) -> str:
        """Which of several pieces has the largest share of its notes between the times."""
        if len(pieces) < 2:
            return ""
        name, piece = max(pieces.items(), key=lambda item: item[1]["between"][self.grid] / item[1]["notes"])
        return f" (most in {name}: {whole(piece['between'][self.grid])} of {whole(piece['notes'])})"

    def _others(self) -> list[str]:
        """What was found beside the pieces, and which are there twice."""
        equal = [f"{name} and {one}" for name, one in self.equal.items()]
        named = {
            "Passed over, neither MIDI nor JSON by their names": self.passed_over,
            "Not read, since they name no set of chorales": self.unread,
            "Learned twice, since they have the same chords": equal,
            "Held out, though pieces with the same chords are learned": self.leaked,
        }
        return [f"{words}: {_listed(names)}." for words, names in named.items() if names]


def _better(between: dict[str, int], grid: str, notes: int) -> str:
    """Whether a finer grid is better; between by grid, coarsest first."""
    finer = {other: n for other, n in between.items() if other != grid}
    if not finer:
        return ""
    best = next((other for other, n in finer.items() if n <= FEW * notes), min(finer, key=lambda other: finer[other]))
    if 2 * finer[best] > between[grid]:
        return "A finer grid does no better: they may be triplets, or played freely."
    return f"On the {best} grid {whole(finer[best]) if finer[best] else 'none'} would."


def _listed(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {whole(len(names) - NAMED)} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
