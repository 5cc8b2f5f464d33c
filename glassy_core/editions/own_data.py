"""The reader's own data: MIDI files or JSON become an edition, with a report of what was taken and what was not."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from glassy_core.editions.editions import Edition, load_edition, summary
from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, Chorale
from glassy_core.editions.format import SPLITS, ChoraleError, json_of
from glassy_core.editions.install import install_made
from glassy_core.editions.midi_files import GRIDS, MOST_CHORDS, chords_on_grid, shift_into_range, shifted
from glassy_core.editions.own_files import MOST_MIDI_BYTES, File, unpacked
from glassy_core.editions.sources import NAME, OWN
from glassy_core.errors import GlassyError
from glassy_core.files import is_device, replace_file

MOST_PIECES = 10_000  # as many as a run can learn
FEWEST_TO_SPLIT = 20  # fewer pieces are all learned, and held-out curves are not drawn
HELD_OUT = 10  # each of valid and test gets every so manieth piece of a larger collection
HIGHEST_MIDI = 127

Pieces = dict[str, Chorale]


@dataclass
class Report:
    """What became of the pieces.

    grid:       of GRIDS; None for JSON, whose chords are taken as they are
    taken:      names of the pieces of "train", "valid" and "test", in the edition's order
    transposed: semitones by name
    refused:    the reason by name
    split:      one sentence: who decided what is held out
    """

    edition: str
    grid: str | None
    taken: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in SPLITS})
    transposed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    split: str = ""

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values, by the names above."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """For the reader: what was taken, and what was done to it."""
        counts = ", ".join(f"{len(self.taken[name])} in {name}" for name in SPLITS)
        grid = f", one chord {'an' if self.grid == 'eighth' else 'a'} {self.grid} note" if self.grid else ""
        shifts = [f"{name} by {shift:+d}" for name, shift in self.transposed.items()]
        if len(shifts) > 1 and len(set(self.transposed.values())) == 1:
            shifts = [f"{len(shifts)} pieces, all by {next(iter(self.transposed.values())):+d}"]
        moved = f"Transposed into {LOWEST_PITCH} to {HIGHEST_PITCH}, in semitones: {', '.join(shifts)}."
        taken = f"Taken: {sum(map(len, self.taken.values()))} pieces ({counts}){grid}. {self.split}"
        return [taken, moved] if shifts else [taken]

    def refusals(self) -> list[str]:
        """For the reader: each refused piece, and why."""
        return [f"Refused: {name}: {why}" for name, why in self.refused.items()]


def _check_own_name(name: str) -> str:
    """own:NAME for a usable name, with or without own:, else ChoraleError."""
    plain = name.strip().removeprefix(OWN.name)
    if not NAME.fullmatch(plain):
        raise ChoraleError(
            f"The name {plain[:60]!r} cannot be used: take 1 to 40 small letters, digits, - and _, "
            "a letter or a digit first."
        )
    if is_device(plain):
        raise ChoraleError(
            f"The name {plain!r} cannot be used: Windows keeps con, prn, aux, nul, com0 to com9 and lpt0 to lpt9 for "
            "devices and has no file of such a name, so take another."
        )
    return OWN.name + plain


def import_own(files: Sequence[File], name: str, grid: str = "quarter") -> tuple[Edition, Report]:
    """Make an own edition of MIDI files, a zip of them, or one JSON file; nothing is kept where that fails.

    JSON is a list of chorales, or an object of such lists, "train" and, where it has them, "valid" and "test".
    Where nothing says what is to be held out, a tenth each of a larger collection is, chosen by the sha256 of the
    pieces' names. Pieces out of range are transposed, all alike where that is possible. Raises ChoraleError.
    """
    report = Report(_check_own_name(name), grid)
    if grid not in GRIDS:
        raise ChoraleError(f"The grid is {str(grid)[:60]!r}: choose one of {', '.join(GRIDS)}.")
    files = unpacked(files)
    kinds = {"JSON" if file.is_json else "MIDI" if file.is_midi else "neither" for file in files}
    if kinds == {"JSON"} and len(files) == 1:
        report.grid = None
        splits, explicit = _from_json(files[0], report)
    elif kinds == {"MIDI"}:
        splits, explicit = {"train": _from_midi(files, grid, report)}, False
    else:
        odd = next((file.name for file in files if not file.is_midi), "An empty choice")
        raise ChoraleError(f"{odd} cannot be taken: give MIDI files, one zip of them, or one JSON file by itself.")
    _fit({split: pieces for split, pieces in splits.items() if pieces}, report)
    splits = {split: {n: c for n, c in pieces.items() if n not in report.refused} for split, pieces in splits.items()}
    report.split = "Held out is what the file names valid and test."
    if not explicit:
        splits = _split(splits["train"], report)
    if not splits["train"]:
        first = next((f"{name}: {why}" for name, why in report.refused.items()), "there is none.")
        raise ChoraleError(f"No piece can be learned, of {len(report.refused)} that were given: {first}")
    report.taken = {split: list(pieces) for split, pieces in splits.items()}
    install_made(OWN, report.edition, _content(splits))
    edition = load_edition(report.edition)
    values = report.to_json() | {"digest": edition.digest}
    replace_file(report_path(report.edition), (json.dumps(values, indent=1) + "\n").encode())
    return edition, report


def report_path(edition: str) -> Path:
    """Where an own edition's report is kept; its name has a dot, so that it is no edition's."""
    return OWN.path(edition).with_suffix(".report.json")


def facts(edition: Edition, report: Report) -> dict[str, Any]:
    """The summary of the whole training set, and the report."""
    return summary(edition, len(edition.splits["train"])) | {"report": report.to_json()}


def _from_midi(files: Sequence[File], grid: str, report: Report) -> Pieces:
    def read(file: File) -> Chorale:
        if len(file.content) > MOST_MIDI_BYTES:
            raise ChoraleError(f"The file has more than {MOST_MIDI_BYTES} bytes: cut the piece.")
        return chords_on_grid(file.content, grid)

    return _readable([(file.name, file) for file in files], read, report)


def _from_json(file: File, report: Report) -> tuple[dict[str, Pieces], bool]:
    """The pieces of a JSON file, and whether it says itself what is held out."""
    value = json_of(file.content, file.name)
    lists = {"train": value} if isinstance(value, list) else value
    if not isinstance(lists, dict) or not isinstance(lists.get("train"), list) or not lists["train"]:
        raise ChoraleError(
            f"{file.name} has no chorales: it must be a list of chorales, or an object with such a list named 'train'."
        )
    splits = {}
    for split in SPLITS:
        given = lists.get(split, [])
        if not isinstance(given, list) or len(given) > MOST_PIECES:
            raise ChoraleError(f"{file.name}: {split!r} must be a list of at most {MOST_PIECES} chorales.")
        splits[split] = _readable([(f"{split} {i}", piece) for i, piece in enumerate(given)], _chords, report)
    return splits, any(split in lists for split in SPLITS[1:])


def _readable(given: Sequence[tuple[str, Any]], read: Callable[[Any], Chorale], report: Report) -> Pieces:
    """Those that can be read and have notes and a transition; the others go into the report."""
    pieces: Pieces = {}
    for name, source in given:
        name = next(new for new in _numbered(name) if new not in pieces and new not in report.refused)
        try:
            piece = read(source)
            if not any(piece):
                raise ChoraleError("It has no note.")
            if len(piece) < 2:
                raise ChoraleError("It has one chord only, two are the least.")
            pieces[name] = piece
        except GlassyError as error:
            report.refused[name] = str(error)
    return pieces


def _numbered(name: str) -> Iterator[str]:
    """The name, then others like it: uploaded files of several folders may have one name."""
    yield name
    yield from (f"{name} ({n})" for n in itertools.count(2))


def _chords(value: Any) -> Chorale:
    """One chorale of a JSON file, with any MIDI pitches in any order; ChoraleError for anything else."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_CHORDS:
        raise ChoraleError(f"It is no list of 1 to {MOST_CHORDS} chords.")
    for t, chord in enumerate(value):
        if not isinstance(chord, list):
            raise ChoraleError(f"Chord {t} is no list of pitches.")
        odd = [pitch for pitch in chord if type(pitch) is not int or not 0 <= pitch <= HIGHEST_MIDI]
        if odd:
            raise ChoraleError(f"Chord {t} has the pitch {str(odd[0])[:20]}: it must be 0 to {HIGHEST_MIDI}.")
    return tuple(tuple(sorted(set(chord))) for chord in value)


def _fit(splits: dict[str, Pieces], report: Report) -> None:
    """Transpose in place; a piece that no transposition brings into range goes into the report."""
    for name, piece in ((name, piece) for pieces in splits.values() for name, piece in pieces.items()):
        if shift_into_range([piece]) is None:
            pitches = [pitch for chord in piece for pitch in chord]
            report.refused[name] = (
                f"Its pitches from {min(pitches)} to {max(pitches)} do not fit into {LOWEST_PITCH} to {HIGHEST_PITCH}, "
                "however it is transposed: leave out its lowest or highest part."
            )
    usable = [piece for pieces in splits.values() for name, piece in pieces.items() if name not in report.refused]
    common = shift_into_range(usable) if usable else 0
    for pieces in splits.values():
        for name in [name for name in pieces if name not in report.refused]:
            shift = common if common is not None else shift_into_range([pieces[name]])
            if shift:
                pieces[name] = shifted(pieces[name], shift)
                report.transposed[name] = shift


def _split(pieces: Pieces, report: Report) -> dict[str, Pieces]:
    """A tenth each for valid and test, by the sha256 of the names; of equal pieces the first, so that none leaks."""
    first: dict[Chorale, str] = {}
    for name, piece in pieces.items():
        if first.setdefault(piece, name) != name:
            report.refused[name] = f"It has the same chords as {first[piece]}."
            report.transposed.pop(name, None)
    names = list(first.values())
    n = len(names) // HELD_OUT if len(names) >= FEWEST_TO_SPLIT else 0
    by_hash = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    held = {"valid": set(by_hash[:n]), "test": set(by_hash[n : 2 * n])}
    held["train"] = set(by_hash[2 * n :])
    report.split = (
        "Held out are a tenth each for valid and test, chosen by the sha256 of the pieces' names."
        if n
        else f"Nothing is held out of fewer than {FEWEST_TO_SPLIT} pieces, so there are no held-out curves."
    )
    return {split: {name: pieces[name] for name in names if name in held[split]} for split in SPLITS}


def _content(splits: dict[str, Pieces]) -> bytes:
    """The edition's file, one chorale a line, as data/corpus.json."""
    parts = []
    for split in SPLITS:
        lines = ",\n".join(json.dumps(piece, separators=(",", ":")) for piece in splits[split].values())
        parts.append(f'"{split}": [\n{lines}\n]' if lines else f'"{split}": []')
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
