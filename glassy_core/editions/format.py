"""The format of an edition's file: a JSON object of lists of chorales, chords and MIDI pitches."""

from __future__ import annotations

import itertools
import json
import re
import reprlib
from collections import Counter
from typing import Any

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, Chorale, Chord
from glassy_core.errors import GlassyError

SPLITS = ("train", "valid", "test")
# What others call them, and words that may stand beside that: train_set, "JSB valid", test-midi.
_SPLITS_BY_NAME = {
    "training": "train", "validation": "valid", "val": "valid", "dev": "valid", "development": "valid",
    "testing": "test", **{split: split for split in SPLITS},
}  # fmt: skip
_BESIDE = frozenset(("set", "split", "data", "midi", "midis", "mid", "files", "songs", "pieces", "chorales", "jsb"))


class ChoraleError(GlassyError, ValueError):
    """The chorales cannot be had as asked; the message says what is wrong, what is allowed and what to do."""


def parse(content: bytes, where: str, complete: bool = True) -> dict[str, tuple[Chorale, ...]]:
    """The splits in a file.

    where names the file in the ChoraleError that anything else raises. complete: every split has chorales; where it
    need not be, "valid" and "test" may be empty or missing, but every chorale has a transition and one a note.
    """
    splits = json_of(content, where)
    if not isinstance(splits, dict):
        raise ChoraleError(f"{where} is no JSON object: it must have the lists {', '.join(SPLITS)}.")
    if not complete:
        splits = {name: [] for name in SPLITS[1:]} | splits
    may_be_empty = () if complete else SPLITS[1:]
    found = {
        name: () if name in may_be_empty and splits[name] == [] else _chorales(splits.get(name), name, where)
        for name in SPLITS
    }
    if not complete and not any(chord for chorale in found["train"] for chord in chorale):
        raise ChoraleError(f"{where} has no note in 'train': there must be at least one.")
    for name, chorales in found.items():
        short = next((i for i, chorale in enumerate(chorales) if len(chorale) < 2), None)
        if not complete and short is not None:
            raise ChoraleError(f"{where}: {name} chorale {short} has one chord only, two are the least.")
    return found


def split_named(name: str) -> str:
    """The split that something is named for, whatever its case; "" for none."""
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word and word not in _BESIDE]
    return _SPLITS_BY_NAME.get(words[0], "") if len(words) == 1 else ""


def json_of(content: bytes, where: str) -> Any:
    """The JSON value in a file of UTF-8, UTF-16 or UTF-32, with or without a mark.

    ChoraleError where there is none, or an object names something twice: all but the last would be lost.
    """
    try:
        return json.loads(content, object_pairs_hook=lambda pairs: _object(pairs, where))
    except ChoraleError:
        raise
    except UnicodeDecodeError as error:
        raise ChoraleError(f"{where} is not JSON in UTF-8, UTF-16 or UTF-32: save it in one of these.") from error
    except (ValueError, RecursionError) as error:  # not JSON, an endless number, too deeply nested
        raise ChoraleError(f"{where} is not JSON or is cut short: put the whole file there again.") from error


def _object(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ChoraleError(f"{where} has {reprlib.repr(twice)} more than once: join what stands there to one.")
    return values


def _chorales(values: Any, split: str, where: str) -> tuple[Chorale, ...]:
    """One split, validated."""
    if not isinstance(values, list) or not values:
        raise ChoraleError(f"{where} has no chorales in {split!r}: there must be a list of at least one.")
    for i, chorale in enumerate(values):
        if not isinstance(chorale, list) or not chorale:
            raise ChoraleError(
                f"{where}: {split} chorale {i} is {reprlib.repr(chorale)}, it must be a list of at least one chord."
            )
    return tuple(
        tuple(_chord(chord, f"{where}: {split} chorale {i}, chord {t}") for t, chord in enumerate(chorale))
        for i, chorale in enumerate(values)
    )


def _chord(values: Any, place: str) -> Chord:
    """One chord, validated; place names it."""
    if not isinstance(values, list):
        raise ChoraleError(f"{place} is {reprlib.repr(values)}, it must be a list of MIDI pitches.")
    for pitch in values:
        if type(pitch) is not int or not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
            raise ChoraleError(
                f"{place} has the pitch {reprlib.repr(pitch)}, "
                f"it must be a whole number from {LOWEST_PITCH} to {HIGHEST_PITCH}."
            )
    if any(a >= b for a, b in itertools.pairwise(values)):
        raise ChoraleError(f"{place} is {reprlib.repr(values)}, its pitches must ascend without repeats.")
    return tuple(values)
