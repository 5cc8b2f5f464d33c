"""Own data as JSON, in the forms in which chorales are passed on: whole numbers or 67.0, rests in three spellings."""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass
from typing import Any

from glassy_core.editions.encoding import Chorale
from glassy_core.editions.format import SPLITS, ChoraleError, json_of, split_named
from glassy_core.editions.midi_files import MOST_CHORDS

HIGHEST_MIDI = 127
MOST_PIECES = 10_000  # as many as a run can learn
REST = -1  # in place of a pitch, as null and NaN


@dataclass(frozen=True)
class JsonCollection:
    """The pieces of a JSON file, unread yet.

    splits:   by "train", "valid" and "test", values that `chords_of` reads
    explicit: the file says itself what is held out
    unread:   keys beside these
    """

    splits: dict[str, list[Any]]
    explicit: bool
    unread: list[str]


def collection_of(content: bytes, where: str) -> JsonCollection:
    """The collection in a file that where names; ChoraleError where it has none."""
    value = json_of(content, where)
    keys = {"train": "train"} if isinstance(value, list) else _keys(value, where)
    lists = {"train": value} if isinstance(value, list) else value
    if "train" not in keys or not isinstance(lists[keys["train"]], list) or not lists[keys["train"]]:
        raise ChoraleError(
            f"{where} has no chorales: it must be a list of chorales, or an object with such a list named 'train'."
        )
    splits: dict[str, list[Any]] = {split: [] for split in SPLITS}
    for split, key in keys.items():
        if lists[key] is None:
            continue
        if not isinstance(lists[key], list) or len(lists[key]) > MOST_PIECES:
            raise ChoraleError(f"{where}: {key!r} must be a list of at most {MOST_PIECES} chorales.")
        splits[split] = lists[key]
    return JsonCollection(splits, len(keys) > 1, [key for key in lists if key not in keys.values()])


def _keys(value: Any, where: str) -> dict[str, str]:
    """The key of each split in a JSON object; of no other value, none."""
    keys: dict[str, str] = {}
    for key in value if isinstance(value, dict) else ():
        split = split_named(key)
        if split in keys:
            raise ChoraleError(f"{where} has both {keys[split]!r} and {key!r}: join the two lists to one.")
        if split:
            keys[split] = key
    return keys


def chords_of(value: Any) -> Chorale:
    """One chorale, with any MIDI pitches in any order; ChoraleError for anything else.

    null, NaN and -1 are rests, in place of a pitch or, the first two, of a chord.
    """
    if not isinstance(value, list) or not 0 < len(value) <= MOST_CHORDS:
        raise ChoraleError(f"It is no list of 1 to {MOST_CHORDS} chords.")
    return tuple(_chord(chord, t) for t, chord in enumerate(value))


def _chord(value: Any, t: int) -> tuple[int, ...]:
    if _is_rest(value) and value != REST:
        return ()
    if not isinstance(value, list):
        raise ChoraleError(f"Chord {t} is no list of pitches.")
    return tuple(sorted({_pitch(one, t) for one in value if not _is_rest(one)}))


def _is_rest(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (number and (value == REST or value != value))


def _pitch(value: Any, t: int) -> int:
    if isinstance(value, str):
        raise ChoraleError(
            f"Chord {t} has the pitch {reprlib.repr(value)}, which is text: write it as a number, without quotes."
        )
    whole = type(value) is int or (type(value) is float and math.isfinite(value) and value == int(value))
    if not whole or not 0 <= value <= HIGHEST_MIDI:
        raise ChoraleError(
            f"Chord {t} has the pitch {str(value)[:20]}: it must be a whole number from 0 to {HIGHEST_MIDI}."
        )
    return int(value)
