"""The reader's own data: MIDI files or JSON become an edition, with a report of what was taken and what was not."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from glassy_core.editions.catalogue import NAME, OWN
from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, Chorale
from glassy_core.editions.format import SPLITS, ChoraleError
from glassy_core.editions.install import install_made
from glassy_core.editions.loading import Edition, load_edition, summary
from glassy_core.editions.midi_files import GRIDS, OnGrid, on_grid, shift_into_range, shifted
from glassy_core.editions.own_files import MOST_MIDI_BYTES, File, instead_of, one_a_split, unpacked
from glassy_core.editions.own_json import chords_of, collection_of
from glassy_core.editions.own_report import Report
from glassy_core.errors import GlassyError
from glassy_core.files import is_device, replace_file

FEWEST_TO_SPLIT = 20  # fewer pieces are all learned, and held-out curves are not drawn
HELD_OUT = 10  # each of valid and test gets every so manieth piece of a larger collection
IN_FOLDERS = "Held out is what lies in the folders for valid and test."

Pieces = dict[str, Chorale]


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

    JSON is a list of chorales, or an object of such lists, "train" and, where it has them, "valid" and "test"; MIDI
    files may lie in folders of these names. Where nothing says what is to be held out, a tenth each of a larger
    collection is, chosen by the sha256 of the pieces' names. Pieces out of range are transposed, all alike where that
    is possible. A file that cannot be read is refused by name, and the rest is taken. Raises ChoraleError.
    """
    report = Report(_check_own_name(name), grid)
    if grid not in GRIDS:
        raise ChoraleError(f"The grid is {str(grid)[:60]!r}: choose one of {', '.join(GRIDS)}.")
    splits, explicit = _read(unpacked(files), grid, report)
    _fit({split: pieces for split, pieces in splits.items() if pieces}, report)
    splits = {split: {n: c for n, c in pieces.items() if n not in report.refused} for split, pieces in splits.items()}
    report.split = "Held out is what the file names valid and test." if report.grid is None else IN_FOLDERS
    if explicit:
        train = set(splits["train"].values())
        report.leaked = [n for split in SPLITS[1:] for n, piece in splits[split].items() if piece in train]
    else:
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


def _read(files: Sequence[File], grid: str, report: Report) -> tuple[dict[str, Pieces], bool]:
    """The pieces of each split, and whether the files say themselves what is held out."""
    report.passed_over = [file.name for file in files if file.skipped]
    files = [file for file in files if not file.skipped]
    sound = [file for file in files if not file.fault]
    music = [file for file in sound if file.is_midi]
    splits = {"": sound[0]} if len(sound) == 1 and sound[0].is_json else one_a_split(sound)
    if splits:
        report.grid = None
        report.refused = {file.name: file.fault for file in files if file.fault}
        return _from_json(splits, report)
    other = next((file for file in sound if not file.is_midi and (file.is_json or not music)), None)
    if other or not files:
        odd = other.name if other else "An empty choice"
        raise ChoraleError(f"{odd} cannot be taken: {instead_of(odd)}.")
    return _from_midi(files, grid, report)


def _from_midi(files: Sequence[File], grid: str, report: Report) -> tuple[dict[str, Pieces], bool]:
    """The pieces of MIDI files, split by their folders where these are named for a training and a held-out set."""
    named = {file.split for file in files}
    trained = "train" if "train" in named else ""
    explicit = trained in named and bool(named & set(SPLITS[1:]))
    split_of: dict[str, str] = {}

    def read(file: File, name: str) -> Chorale:
        if explicit and not file.split and trained:
            raise ChoraleError("It lies in none of the folders train, valid and test: put it into one of them.")
        split_of[name] = file.split if explicit and file.split else "train"
        sampled = _sampled(file, grid)
        report.on_grid[name] = {
            key: value for key, value in asdict(sampled).items() if key not in ("chords", "remarks")
        }
        if sampled.remarks:
            report.remarks[name] = " ".join(sampled.remarks)
        return sampled.chords

    pieces = _readable([(file.name, file) for file in files], read, report)
    splits = {split: {n: c for n, c in pieces.items() if split_of[n] == split} for split in SPLITS}
    return splits, explicit


def _sampled(file: File, grid: str) -> OnGrid:
    """The chords of one MIDI file; ChoraleError, or the reader's own, where there are none to take."""
    if file.fault:
        raise ChoraleError(file.fault)
    if not file.is_midi:
        raise ChoraleError(f"It is no MIDI file: {instead_of(file.name)}.")
    if len(file.content) > MOST_MIDI_BYTES:
        raise ChoraleError(f"The file has more than {MOST_MIDI_BYTES} bytes: cut the piece.")
    sampled = on_grid(file.content, grid)
    if sampled.notes and not any(sampled.chords):
        remedy = "leave it out" if grid == max(GRIDS, key=lambda one: GRIDS[one]) else "take a finer one"
        raise ChoraleError(f"All its notes lie between the times of the {grid} grid or are too short for it: {remedy}.")
    if sampled.drums and not sampled.notes:
        raise ChoraleError(f"It has no note but {sampled.drums} of drums, which are left out.")
    return sampled


def _from_json(files: Mapping[str, File], report: Report) -> tuple[dict[str, Pieces], bool]:
    """The pieces of JSON files, by split, or of one named "", and whether they say themselves what is held out."""
    given: dict[str, list[Any]] = {split: [] for split in SPLITS}
    explicit = len(files) > 1
    for split, file in files.items():
        collection = collection_of(file.content, file.name)
        if split and collection.explicit:
            raise ChoraleError(f"{file.name} has splits of its own: give it by itself, or the list of one split alone.")
        given |= {split: collection.splits["train"]} if split else collection.splits
        explicit |= collection.explicit
        report.unread += collection.unread
    named = {split: [(f"{split} {i}", piece) for i, piece in enumerate(pieces)] for split, pieces in given.items()}
    return {split: _readable(named[split], lambda value, _: chords_of(value), report) for split in SPLITS}, explicit


def _readable(given: Sequence[tuple[str, Any]], read: Callable[[Any, str], Chorale], report: Report) -> Pieces:
    """Those that can be read and have notes and a transition; the others go into the report."""
    pieces: Pieces = {}
    for name, source in given:
        name = next(new for new in _numbered(name) if new not in pieces and new not in report.refused)
        try:
            piece = read(source, name)
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
    equal = {name: one for name, piece in pieces.items() if (one := first.setdefault(piece, name)) != name}
    names = list(first.values())
    if len(names) < FEWEST_TO_SPLIT:
        report.equal = equal
        report.split = f"Nothing is held out of fewer than {FEWEST_TO_SPLIT} pieces, so there are no held-out curves."
        return {"train": pieces, "valid": {}, "test": {}}
    for name, one in equal.items():
        report.refused[name] = f"It has the same chords as {one}."
        report.transposed.pop(name, None)
    n = len(names) // HELD_OUT
    by_hash = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    held = {"valid": set(by_hash[:n]), "test": set(by_hash[n : 2 * n])}
    held["train"] = set(by_hash[2 * n :])
    report.split = "Held out are a tenth each for valid and test, chosen by the sha256 of the pieces' names."
    return {split: {name: pieces[name] for name in names if name in held[split]} for split in SPLITS}


def _content(splits: dict[str, Pieces]) -> bytes:
    """The edition's file, one chorale a line, as data/corpus.json."""
    parts = []
    for split in SPLITS:
        lines = ",\n".join(json.dumps(piece, separators=(",", ":")) for piece in splits[split].values())
        parts.append(f'"{split}": [\n{lines}\n]' if lines else f'"{split}": []')
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
