"""The files that own data come in: a folder, a zip, MIDI files, JSON. Read whole, within limits, never run.

A file that cannot be read takes no other with it: it goes on as a file with a fault, which the report names.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from glassy_core.editions.format import ChoraleError, split_named
from glassy_core.files import opened

MIDI_ENDINGS = (".mid", ".midi", ".kar", ".rmi")
JSON_ENDING = ".json"
GIVE = "give MIDI files, one zip of them, or one JSON file by itself"
_REMEDIES = {  # for what else data and music are kept in
    (".npz", ".npy", ".pkl", ".pickle", ".mat", ".pt"): "such files may run code and are not opened, so give the same "
    "data as JSON",
    (".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar"): "unpack it, and give what is in it",
    (".krn", ".xml", ".musicxml", ".mxl", ".abc", ".mscz"): "save it as MIDI with a program for scores",
}
MOST_FILES = 5_000
MOST_MIDI_BYTES = 2_000_000  # of one MIDI file; a longer one is refused by itself
MOST_BYTES = 50_000_000  # of all together, unpacked
SHOWN = 120  # characters of a file's name that are kept
_TEXT_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ENCRYPTED = 1  # the flag of a zip's member


@dataclass(frozen=True)
class File:
    """One file that was given, or found in a folder or a zip.

    name:    for the reader only
    content: of a MIDI file up to MOST_MIDI_BYTES + 1 bytes
    split:   of "train", "valid", "test", the one that a folder it lies in is named for; "" for none
    fault:   a sentence: why it could not be read; content is empty then
    skipped: it was found beside the others, is none of the kinds that are read, and was not opened
    """

    name: str
    content: bytes
    split: str = ""
    fault: str = ""
    skipped: bool = False

    @property
    def is_zip(self) -> bool:
        """Whether it begins as a ZIP archive does."""
        return self.content.startswith(b"PK")

    @property
    def is_midi(self) -> bool:
        """Whether it begins, or its name ends, as a MIDI file's does."""
        wrapped = self.content.startswith(b"RIFF") and self.content[8:12] == b"RMID"
        return self.content.startswith(b"MThd") or wrapped or _kind(self.name) == "MIDI"

    @property
    def is_json(self) -> bool:
        """Whether its name ends, or it begins, as JSON does; no MIDI file does."""
        begins = self.content.startswith(_TEXT_MARKS) or self.content.lstrip()[:1] in (b"[", b"{")
        return not self.is_midi and (_kind(self.name) == "JSON" or begins)


@dataclass(frozen=True)
class _Entry:
    """A file that was found: its path in the folder or zip, how to open it, and why that cannot be."""

    path: str
    open: Callable[[], IO[bytes]]
    fault: str = ""


def read_path(path: Path) -> list[File]:
    """The files at a path: a folder's MIDI files, those in its folders too, or its only JSON file; or one file.

    Raises ChoraleError where there is nothing to take, or too much.
    """
    try:
        if path.is_dir():
            return _read_all(_walked(path), str(path))
        if not path.is_file():
            raise ChoraleError(
                f"There is no folder or file {path}: name a folder of MIDI files, a zip of them, or JSON."
            )
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ChoraleError(f"{path}: {_fault(error)}") from error
    if len(content) > MOST_BYTES:
        raise _too_large(path.name)
    return [File(_shown(path.name), content)]


def unpacked(files: Sequence[File]) -> list[File]:
    """The files, and the MIDI files in those that are zips, in the order of their names, numbers as numbers.

    Raises ChoraleError for too much, and for a zip that has nothing to take; one among other files is one of a fault.
    """
    out: list[File] = []
    for file in files:
        try:
            out += _members(file) if file.is_zip and instead_of(file.name) == GIVE else [file]  # .npz is a zip, too
        except ChoraleError as error:
            if len(files) == 1:
                raise
            out.append(File(file.name, b"", fault=str(error)))
    if sum(len(file.content) for file in out) > MOST_BYTES:
        raise _too_large("All files together")
    return sorted(out, key=_natural)


def one_a_split(files: Sequence[File]) -> dict[str, File]:
    """JSON files by the split that each, or its folder, is named for; {} where they are not one each, with train."""
    named = {file.split or _split_of_json(file.name): file for file in files if file.is_json}
    return named if len(named) == len(files) and "train" in named and "" not in named else {}


def instead_of(name: str) -> str:
    """What to give instead of a file of that name, which is not read."""
    return next((words for endings, words in _REMEDIES.items() if name.lower().endswith(endings)), GIVE)


def _kind(name: str) -> str:
    """MIDI, JSON or nothing by the end of a name; hidden for what systems put beside the files of others."""
    path = PurePosixPath(name)
    if path.name.startswith(".") or path.name in ("Thumbs.db", "desktop.ini") or "__MACOSX" in path.parts:
        return "hidden"
    ending = path.suffix.lower()
    return "MIDI" if ending in MIDI_ENDINGS else "JSON" if ending == JSON_ENDING else ""


def _walked(folder: Path) -> list[_Entry]:
    """All files in a folder and those in it, and the folders that cannot be entered."""
    entries: list[_Entry] = []

    def refused(error: OSError) -> None:
        where = Path(error.filename or folder)
        if where == folder:
            raise ChoraleError(f"{folder}: {_fault(error)}") from error
        entries.append(_Entry(where.relative_to(folder).as_posix(), partial(opened, where), _fault(error)))

    for place, folders, names in os.walk(folder, onerror=refused):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        paths = [Path(place) / name for name in [*links, *names]]
        entries += [
            _Entry(path.relative_to(folder).as_posix(), partial(opened, path), _no_file(path)) for path in paths
        ]
    return entries


def _no_file(path: Path) -> str:
    """Why a path that was found cannot be opened as a file, "" where it can be: a pipe would be waited for."""
    try:
        return "" if path.is_file() else "It is a link or a device, no file: put the file itself there."
    except OSError as error:
        return _fault(error)


def _members(file: File) -> list[File]:
    """The MIDI files in a zip. Nothing is written anywhere, so that their names may be what they like."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            entries = [_Entry(info.filename, partial(archive.open, info), _locked(info)) for info in members]
            return _read_all(entries, file.name)
    except ChoraleError:
        raise
    except Exception as error:  # damaged, or packed in a way that is not known here
        raise ChoraleError(
            f"{file.name} cannot be unpacked ({_reason(error)}): make the zip again, without a password."
        ) from error


def _locked(info: zipfile.ZipInfo) -> str:
    """The fault of a member that is encrypted."""
    encrypted = info.flag_bits & _ENCRYPTED
    return "It cannot be unpacked: make the zip again, without a password." if encrypted else ""


def _read_all(entries: Sequence[_Entry], where: str) -> list[File]:
    """What is to be taken of the files in a folder or zip, the faulty ones and the names of the others.

    These are the MIDI files, or else the only JSON file, or one for each split. where names the place in the
    ChoraleError that none, or too many, raise.
    """
    by_kind: dict[str, list[_Entry]] = {"MIDI": [], "JSON": [], "": []}
    for entry in entries:
        by_kind.setdefault(_kind(entry.path), []).append(entry)
    chosen = by_kind["MIDI"] or by_kind["JSON"]
    faulty = [entry for entry in by_kind[""] if entry.fault]  # folders that cannot be entered
    if not chosen and not faulty:
        raise ChoraleError(f"{where} has no MIDI file: their names must end in {_either(MIDI_ENDINGS)}.")
    named = {_split_of(entry.path) or _split_of_json(entry.path) for entry in chosen} - {""}
    if not by_kind["MIDI"] and len(chosen) > max(len(named), 1):
        names = ", ".join(_shown(entry.path) for entry in chosen[:3])
        raise ChoraleError(
            f"{where} has {len(chosen)} JSON files ({names}): give one of them by itself, or one for each split, "
            "train.json, valid.json and test.json."
        )
    if len(chosen) > MOST_FILES:
        raise ChoraleError(f"{where} has {len(chosen)} MIDI files: at most {MOST_FILES} are taken, choose fewer.")
    others = [entry for entry in by_kind[""] if not entry.fault] + (by_kind["JSON"] if by_kind["MIDI"] else [])
    most = MOST_MIDI_BYTES if by_kind["MIDI"] else MOST_BYTES
    return [
        *_contents([*chosen, *faulty], most, where),
        *(File(_shown(entry.path), b"", skipped=True) for entry in others),
    ]


def _contents(entries: Iterable[_Entry], most: int, where: str) -> list[File]:
    """Each file read, up to a byte more than is allowed."""
    files, total = [], 0
    for entry in entries:
        content, fault = b"", entry.fault
        if not fault:
            try:
                with entry.open() as file:
                    content = file.read(most + 1)  # a zip may say that a file is small and go on for ever
            except Exception as error:  # the zip's libraries raise whatever damage leads them to
                fault = _fault(error)
        total += len(content)
        if total > MOST_BYTES:
            raise _too_large(where)
        files.append(File(_shown(entry.path), content, _split_of(entry.path), fault))
    return files


def _split_of(path: str) -> str:
    """The split that the innermost of a file's folders is named for that is named for any; "" for none."""
    folders = path.replace("\\", "/").split("/")[:-1]  # some programs on Windows write zips with its own slashes
    return next(filter(None, map(split_named, reversed(folders))), "")


def _split_of_json(path: str) -> str:
    """The split that a JSON file itself is named for; "" for none."""
    return split_named(PurePosixPath(path.replace("\\", "/")).stem)


def _fault(error: Exception) -> str:
    """Why a file cannot be read, and what to do, in a sentence."""
    if isinstance(error, PermissionError):
        remedy = "give yourself the right to read it, or leave it out"
    elif isinstance(error, OSError):
        remedy = "copy it anew, or leave it out"
    else:
        remedy = "it is damaged in the zip, so put it in again or leave it out"
    return f"It cannot be read ({_reason(error)}): {remedy}."


def _reason(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
    return _shown(words[:200].rstrip(".")) or type(error).__name__


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _too_large(where: str) -> ChoraleError:
    return ChoraleError(f"{where} has more than {MOST_BYTES // 1_000_000} MB: take fewer or shorter pieces.")


def _shown(name: str) -> str:
    """A file's name on one line."""
    return "".join(c if c.isprintable() else "?" for c in name)[-SHOWN:]


def _natural(file: File) -> list[tuple[int, str]]:
    """2.mid before 10.mid; the same on every machine."""
    parts = re.split(r"([0-9]+)", file.name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if i % 2 else (0, part.lower()) for i, part in enumerate(parts)]
