"""A MIDI file to chords on a grid of quarter notes or finer, and pieces into the range that networks hear."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, Chorale
from glassy_core.settings import ConfigError

GRIDS = {"quarter": 1, "eighth": 2, "sixteenth": 4}  # chords a quarter note
MOST_CHORDS = 20_000  # of one piece
OCTAVE = 12
END_MARK = "end"  # the text by which a file says where it ends
TRANSPOSED = "transposed by {} semitones"  # the text by which a file says what is to be undone
ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{4096}")  # each such byte says that its number goes on
LATE = 8  # notes may begin and end this fraction of a step late, as players do


@dataclass(frozen=True)
class _Ticks:
    """The notes of a MIDI file, drums left out, in the file's own time, whatever its tempi.

    quarter: ticks of a quarter note
    notes:   (start, end, MIDI pitch), in ticks; what the file says it was transposed by is undone
    end:     tick at which the piece ends; marked: the file says so itself, since it was written here
    """

    quarter: int
    notes: list[tuple[int, int, int]]
    end: int
    marked: bool


def _read_ticks(content: bytes) -> _Ticks:
    """The notes of a MIDI file; ConfigError for bytes that are none."""
    import pretty_midi

    # Tempi are of no account here.
    warnings.filterwarnings("ignore", "Tempo, Key or Time signature", RuntimeWarning, "pretty_midi")
    if ENDLESS_NUMBER.search(content):
        raise ConfigError("This is no MIDI file that can be read (a number in it has no end): choose another.")
    try:
        midi = pretty_midi.PrettyMIDI(io.BytesIO(content))
    except Exception as error:  # a foreign reader, which raises whatever its tables and divisions do
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise ConfigError(f"This is no MIDI file that can be read ({why}): choose another.") from error
    if midi.resolution <= 0:
        raise ConfigError("This MIDI file counts seconds, not quarter notes: choose one that has a tempo.")
    transpose = _transposition(midi.text_events)
    notes = [
        (int(midi.time_to_tick(note.start)), int(midi.time_to_tick(note.end)), note.pitch - transpose)
        for instrument in midi.instruments
        if not instrument.is_drum
        for note in instrument.notes
    ]
    marks = [int(midi.time_to_tick(text.time)) for text in midi.text_events if text.text == END_MARK]
    return _Ticks(midi.resolution, notes, max([0, *(end for _, end, _ in notes), *marks]), bool(marks))


def _transposition(texts: Sequence[Any]) -> int:
    pattern = re.escape(TRANSPOSED).replace(r"\{\}", r"(-?\d{1,3})")
    for text in texts:
        found = re.fullmatch(pattern, text.text)
        if found:
            return int(found.group(1))
    return 0


def chords_on_grid(content: bytes, grid: str = "quarter") -> Chorale:
    """The chords of a MIDI file at each step of the grid, counted from the file's beginning; any MIDI pitches.

    A chord is what sounds an eighth of a step after its time: notes that begin a little late still count, notes
    that are held a little over do not. Time is the file's own, in ticks of its quarter notes, so its tempi make no
    difference. Drums are left out. Silence is kept, but for the silence before the first note of files that do not
    say where they end (those that glassy wrote do, and come back chord for chord).
    Raises ConfigError for bytes that are no MIDI file, and for more than MOST_CHORDS chords.
    """
    ticks = _read_ticks(content)
    n, quarter = GRIDS[grid], ticks.quarter

    def steps_before(tick: int) -> int:
        """How many grid times, an eighth of a step late, lie before a tick."""
        return max(-((quarter - LATE * n * tick) // (LATE * quarter)), 0)

    length = round(n * ticks.end / quarter) if ticks.marked else steps_before(ticks.end)
    if length > MOST_CHORDS:
        raise ConfigError(f"The piece has {length} chords on this grid, at most {MOST_CHORDS} are taken: cut it.")
    pitches = sorted({pitch for _, _, pitch in ticks.notes})
    column = {pitch: i for i, pitch in enumerate(pitches)}
    changes = np.zeros((length + 1, len(pitches)), dtype=np.int64)  # notes begun less notes ended, step by step
    for start, end, pitch in ticks.notes:
        changes[min(steps_before(start), length), column[pitch]] += 1
        changes[min(steps_before(end), length), column[pitch]] -= 1
    sounding = changes.cumsum(axis=0)[:-1] > 0
    chords = tuple(tuple(pitches[i] for i in np.flatnonzero(row)) for row in sounding)
    first = 0 if ticks.marked else next((t for t, chord in enumerate(chords) if chord), 0)
    return chords[first:]


def shift_into_range(pieces: Sequence[Chorale]) -> int | None:
    """The semitones that bring all pitches of these pieces into 43..96, None where no number does.

    0 where they are in range, else the fewest octaves, else the fewest semitones. At least one note sounds.
    """
    pitches = [pitch for piece in pieces for chord in piece for pitch in chord]
    allowed = range(LOWEST_PITCH - min(pitches), HIGHEST_PITCH - max(pitches) + 1)
    return min(allowed, key=lambda shift: (shift % OCTAVE != 0, abs(shift)), default=None)


def shifted(piece: Chorale, semitones: int) -> Chorale:
    """The piece, transposed."""
    return tuple(tuple(pitch + semitones for pitch in chord) for chord in piece)
