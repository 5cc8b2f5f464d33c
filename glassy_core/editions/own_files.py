"""The files that own data come in: a folder, a zip, MIDI files, one JSON file. Read whole, within limits, never run."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from glassy_core.editions.format import ChoraleError

MIDI_ENDINGS = (".mid", ".midi")
MOST_FILES = 5_000
MOST_MIDI_BYTES = 2_000_000  # of one MIDI file; a longer one is refused by itself
MOST_BYTES = 50_000_000  # of all together, unpacked
SHOWN = 120  # characters of a file's name that are kept


@dataclass(frozen=True)
class File:
    """A file's name, for the reader only, and its content; of a MIDI file up to MOST_MIDI_BYTES + 1 bytes."""

    name: str
    content: bytes

    @property
    def is_zip(self) -> bool:
        """Whether it begins as a ZIP archive does."""
        return self.content.startswith(b"PK")

    @property
    def is_midi(self) -> bool:
        """Whether it begins, or its name ends, as a MIDI file's does."""
        return self.content.startswith(b"MThd") or _is_midi_name(self.name)

    @property
    def is_json(self) -> bool:
        """Whether its name ends, or it begins, as JSON does; no MIDI file does."""
        return not self.is_midi and (self.name.lower().endswith(".json") or self.content.lstrip()[:1] in (b"[", b"{"))


def read_path(path: Path) -> list[File]:
    """The files at a path: a folder's MIDI files, those in its folders too, or one file.

    Raises ChoraleError where there is nothing to take, or too much.
    """
    if path.is_file():
        with open(path, "rb") as file:
            return [File(_shown(path.name), _limited(file, MOST_BYTES, path.name))]
    if not path.is_dir():
        raise ChoraleError(f"There is no folder or file {path}: name a folder of MIDI files, a zip of them, or JSON.")
    found = [found for found in path.rglob("*") if _is_midi_name(found.name) and found.is_file()]
    return _read_all(((str(one.relative_to(path)), one.open("rb")) for one in found), len(found), str(path))


def unpacked(files: Sequence[File]) -> list[File]:
    """The files, and the MIDI files in those that are zips, in the order of their names, numbers as numbers.

    Raises ChoraleError for a zip that cannot be read.
    """
    out: list[File] = []
    for file in files:
        out += _members(file) if file.is_zip else [file]
    if sum(len(file.content) for file in out) > MOST_BYTES:
        raise _too_large("All files together")
    return sorted(out, key=_natural)


def _is_midi_name(name: str) -> bool:
    """Whether a name ends as a MIDI file's does; not those that macOS hides beside each file."""
    path = PurePosixPath(name)
    return path.suffix.lower() in MIDI_ENDINGS and not path.name.startswith("._")


def _members(file: File) -> list[File]:
    """The MIDI files in a zip. Nothing is written anywhere, so that their names may be what they like."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            found = [info for info in archive.infolist() if _is_midi_name(info.filename)]
            return _read_all(((info.filename, archive.open(info)) for info in found), len(found), file.name)
    except ChoraleError:
        raise
    except Exception as error:  # damaged, encrypted, packed in a way that is not known here
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise ChoraleError(
            f"{file.name} cannot be unpacked ({why}): make the zip again, without a password."
        ) from error


def _read_all(found: Iterable[tuple[str, IO[bytes]]], count: int, where: str) -> list[File]:
    """All of them; where names the place in the ChoraleError that none, or too many, raise."""
    if not count:
        raise ChoraleError(f"{where} has no MIDI file: their names must end in {' or '.join(MIDI_ENDINGS)}.")
    if count > MOST_FILES:
        raise ChoraleError(f"{where} has {count} MIDI files: at most {MOST_FILES} are taken, choose fewer.")
    files, total = [], 0
    for name, opened in found:
        with opened:
            content = opened.read(MOST_MIDI_BYTES + 1)  # a zip may say that a file is small and go on for ever
        total += len(content)
        if total > MOST_BYTES:
            raise _too_large(where)
        files.append(File(_shown(name), content))
    return files


def _limited(file: IO[bytes], most: int, name: str) -> bytes:
    content = file.read(most + 1)
    if len(content) > most:
        raise _too_large(name)
    return content


def _too_large(where: str) -> ChoraleError:
    return ChoraleError(f"{where} has more than {MOST_BYTES // 1_000_000} MB: take fewer or shorter pieces.")


def _shown(name: str) -> str:
    """A file's name on one line."""
    return "".join(c if c.isprintable() else "?" for c in name)[-SHOWN:]


def _natural(file: File) -> list[tuple[int, str]]:
    """2.mid before 10.mid; the same on every machine."""
    parts = re.split(r"([0-9]+)", file.name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if i % 2 else (0, part.lower()) for i, part in enumerate(parts)]
