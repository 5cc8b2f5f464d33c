"""A MIDI file to chords on a grid of quarter notes or finer, and pieces into the range that networks hear."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, Chorale
from glassy_core.editions.midi_events import MidiMusic, MidiNote, read_midi
from glassy_core.settings import ConfigError

GRIDS = {"quarter": 1, "eighth": 2, "sixteenth": 4}  # chords a quarter note
MOST_CHORDS = 20_000  # of one piece
OCTAVE = 12
END_MARK = "end of the piece, written by glassy"  # the text by which a file says where it ends
TRANSPOSED = "transposed by {} semitones"  # the text by which a file with an end mark says what is to be undone
# The end mark was once a word that others write too; such files of glassy's are known by these as well.
_FORMER_MARK, _FORMER_TICKS, _FORMER_NAMES = "end", 480, {"soprano", "alto", "tenor", "bass", "more"}
LATE = 8  # notes may begin and end this fraction of a step late, as players do

Int64s = NDArray[np.int64]


@dataclass(frozen=True)
class OnGrid:
    """A MIDI file's chords, and what the grid makes of its notes.

    chords:  at each time of the grid
    notes:   how many there are, drums left out
    between: by grid, the one asked for and the finer ones that are not too long: how many begin between its times
    unheard: how many are in no chord: between the times, or too short for the grid
    drums:   how many notes of drums were left out
    remarks: sentences on what was odd in the file
    """

    chords: Chorale
    notes: int
    between: dict[str, int]
    unheard: int
    drums: int
    remarks: tuple[str, ...]


def on_grid(content: bytes, grid: str) -> OnGrid:
    """The chords of a MIDI file at each step of the grid, from the file's beginning, and what becomes of its notes.

    A chord, of any MIDI pitches, is what sounds an eighth of a step after its time: notes that begin a little late
    still count, notes that are held a little over do not. Where nothing of a part sounds then, its notes count that
    begin at the time, however short they are. Time is the file's own, in ticks of its quarter notes, so its tempi make
    no difference. Where a time signature stands, a bar begins, and the grid anew; before it there may be half a step.
    Drums are left out. Silence is kept, but for the silence before the first note of files that do not say where they
    end (those that glassy wrote do, and come back chord for chord).
    Raises ConfigError for bytes that are no MIDI file, and for more than MOST_CHORDS chords.
    """
    music = read_midi(content)
    end = _marked_end(music)
    shift = 0 if end is None else _transposition(music)
    sampling = _Sampling.of(music, grid, end)
    sounding, pitches, unheard = _sounding(music.notes, sampling)
    chords = tuple(tuple(pitches[i] - shift for i in np.flatnonzero(row)) for row in sounding)
    first = 0 if end is not None else next((t for t, chord in enumerate(chords) if chord), 0)
    between = {grid: sampling.between}
    with suppress(ConfigError):  # too many chords on the finer ones
        for finer in (other for other, n in GRIDS.items() if n > GRIDS[grid]):
            between[finer] = _Sampling.of(music, finer, end).between
    return OnGrid(chords[first:], len(music.notes), between, unheard, music.drums, music.remarks)


@dataclass(frozen=True)
class _Sampling:
    """The times of a grid and the notes of a piece, in a unit of which a tick is LATE times the chords a quarter note.

    times:      of the grid, ascending
    late:       an eighth of a step, by which notes may be late
    start, end: of the notes
    nearest:    the index of the time that each note begins at, -1 where it begins between them
    """

    times: Int64s
    late: int
    start: Int64s
    end: Int64s
    nearest: Int64s

    @classmethod
    def of(cls, music: MidiMusic, grid: str, end: int | None) -> _Sampling:
        """end: the tick at which the piece says that it ends, None where it does not."""
        unit = LATE * GRIDS[grid]
        late, step = music.quarter, LATE * music.quarter
        start = np.array([note.start for note in music.notes], dtype=np.int64) * unit
        stop = np.array([note.end for note in music.notes], dtype=np.int64) * unit
        if end is None:
            # The last time of the grid is the last that notes sound at, or that short ones begin at.
            last = int(max((np.maximum(stop, start + 2 * late) - late).max(initial=0), 0))
            times = _times([0, *(bar * unit for bar in music.bars)], last, step)
        else:
            times = np.arange(_checked(round(end * unit / step)), dtype=np.int64) * step
        return cls(times, late, start, stop, _nearest(times, start, step, late))

    @property
    def between(self) -> int:
        """How many notes begin between the times."""
        return int((self.nearest < 0).sum())


def _times(bars: Sequence[int], end: int, step: int) -> Int64s:
    """Times a step apart from each bar to the next and before the end; before a bar there may be half a step."""
    starts = [bar for bar in bars if bar < end]
    lasts = [*(bar - step // 2 + 1 for bar in starts[1:]), end][: len(starts)]
    _checked(sum(max(-((a - b) // step), 0) for a, b in zip(starts, lasts, strict=True)))
    parts = [np.arange(a, b, step, dtype=np.int64) for a, b in zip(starts, lasts, strict=True)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def _checked(length: int) -> int:
    """A number of chords; ConfigError for too many, before they take any memory."""
    if length > MOST_CHORDS:
        raise ConfigError(f"The piece has {length} chords on this grid, at most {MOST_CHORDS} are taken: cut it.")
    return length


def _nearest(times: Int64s, start: Int64s, step: int, late: int) -> Int64s:
    """The index of the time at which each note begins, at most late before or after it; -1 for none."""
    if not len(times):
        return np.full(len(start), -1)
    i = np.searchsorted(times - late, start, side="right") - 1  # the last time that is not too late for the note
    return np.where((i >= 0) & (start <= times[i] + late), i, -1)


def _sounding(notes: Sequence[MidiNote], sampling: _Sampling) -> tuple[NDArray[np.bool_], list[int], int]:
    """Which pitches sound at each time, (times, pitches); these pitches; and how many notes are nowhere."""
    pitches = sorted({note.pitch for note in notes})
    column = {pitch: i for i, pitch in enumerate(pitches)}
    points = sampling.times + sampling.late
    begun, ended = np.searchsorted(points, sampling.start), np.searchsorted(points, sampling.end)
    heard = begun < ended
    columns = np.array([column[note.pitch] for note in notes], dtype=np.int64)
    changes = np.zeros((len(points) + 1, len(pitches)), dtype=np.int64)  # notes begun less notes ended, time by time
    np.add.at(changes, (begun, columns), 1)
    np.add.at(changes, (ended, columns), -1)
    sounding = changes.cumsum(axis=0)[:-1] > 0
    short = _short_ones(notes, sampling, heard)
    sounding[sampling.nearest[short], columns[short]] = True
    return sounding, pitches, int((~heard).sum()) - len(short)


def _short_ones(notes: Sequence[MidiNote], sampling: _Sampling, heard: NDArray[np.bool_]) -> list[int]:
    """The notes that end before they are sampled, but begin at a time of the grid and are no grace notes.

    A grace note is one after whose first half, by the time that it would be sampled, another of its part begins.
    """
    members = defaultdict(list)
    for i, note in enumerate(notes):
        members[note.part].append(i)
    chosen: list[int] = []
    for part in members.values():
        at = np.array(part)
        short = at[~heard[at] & (sampling.nearest[at] >= 0)]
        starts = np.sort(sampling.start[at])
        half = (sampling.start[short] + sampling.end[short]) // 2
        after = np.searchsorted(starts, np.maximum(half, sampling.start[short] + 1))
        until = np.searchsorted(starts, sampling.times[sampling.nearest[short]] + sampling.late, side="right")
        chosen += short[after >= until].tolist()
    return chosen


def _marked_end(music: MidiMusic) -> int | None:
    """The tick at which a file that glassy wrote says that it ends; None for all others."""
    end = next((tick for tick, text in music.texts if text == END_MARK), None)
    former = music.texts and music.texts[-1][1] == _FORMER_MARK and music.quarter == _FORMER_TICKS
    if end is None and former and music.names <= _FORMER_NAMES:
        end = music.texts[-1][0]
    return end if end is not None and all(note.end <= end for note in music.notes) else None


def _transposition(music: MidiMusic) -> int:
    """By how many semitones a file says that it was transposed."""
    pattern = re.escape(TRANSPOSED).replace(r"\{\}", r"(-?\d{1,3})")
    found = (re.fullmatch(pattern, text) for _, text in music.texts)
    return next((int(match.group(1)) for match in found if match), 0)


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
