"""Voices to a MIDI file, one track a voice, and a MIDI file back to its chords."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glassy_core.editions.encoding import Chorale
from glassy_core.music.voices import Voices
from glassy_core.settings import ConfigError

# Names a listener knows, and their General MIDI programs, counted from 0.
INSTRUMENTS = {"organ": 19, "choir": 53, "strings": 48, "piano": 0}
SLOWEST, FASTEST = 30, 240  # quarter notes a minute
OCTAVE = 12
TRANSPOSITIONS = (-2 * OCTAVE, OCTAVE)  # semitones, lowest and highest
TICKS = 480  # a quarter note
VELOCITIES = {"soprano": 96, "alto": 80, "tenor": 80, "bass": 88, "more": 72}
PANS = {"soprano": 44, "alto": 56, "tenor": 72, "bass": 84, "more": 64}  # 0 left, 64 middle, 127 right
END_MARK = "end"
TRANSPOSED = "transposed by {} semitones"
ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{4096}")  # each such byte says that its number goes on


@dataclass(frozen=True)
class Sound:
    """How a piece is played.

    tempo:      quarter notes a minute
    instrument: a key of INSTRUMENTS
    ties:       repeated pitches of a voice are held instead of struck again
    transpose:  semitones; the editions lie about an octave above where choirs sing, which -12 undoes
    """

    tempo: float = 80.0
    instrument: str = "organ"
    ties: bool = False
    transpose: int = 0

    def __post_init__(self) -> None:
        number = isinstance(self.tempo, int | float) and not isinstance(self.tempo, bool)
        if not (number and SLOWEST <= self.tempo <= FASTEST):
            raise ConfigError(
                f"The tempo is {self.tempo!r}: it must be from {SLOWEST} to {FASTEST} quarter notes a minute."
            )
        if self.instrument not in INSTRUMENTS:
            raise ConfigError(f"There is no instrument {self.instrument!r}: choose one of {', '.join(INSTRUMENTS)}.")
        low, high = TRANSPOSITIONS
        whole = isinstance(self.transpose, int) and not isinstance(self.transpose, bool)
        if not (whole and low <= self.transpose <= high):
            raise ConfigError(f"The transposition is {self.transpose!r}: it must be from {low} to {high} semitones.")

    @property
    def seconds(self) -> float:
        """Length of a quarter note."""
        return 60.0 / self.tempo


def to_midi(voices: Voices, sound: Sound, marks: Sequence[tuple[int, str]] = ()) -> bytes:
    """A standard MIDI file; marks are texts at quarter notes, such as where the network's own chords begin."""
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(resolution=TICKS, initial_tempo=sound.tempo)
    second = sound.seconds
    for name in voices.names:
        track = pretty_midi.Instrument(INSTRUMENTS[sound.instrument], name=name)
        track.control_changes.append(pretty_midi.ControlChange(10, PANS[name], 0.0))
        for note in voices.notes(name, sound.ties):
            end = (note.onset + note.length) * second
            pitch = note.pitch + sound.transpose
            track.notes.append(pretty_midi.Note(VELOCITIES[name], pitch, note.onset * second, end))
        midi.instruments.append(track)
    texts = [*marks, (len(voices), END_MARK)]  # the end is marked because a last chord may be silent
    if sound.transpose:
        texts.insert(0, (0, TRANSPOSED.format(sound.transpose)))
    midi.text_events = [pretty_midi.Text(text, t * second) for t, text in texts]
    content = io.BytesIO()
    midi.write(content)
    return content.getvalue()


@dataclass(frozen=True)
class Ticks:
    """The notes of a MIDI file, drums left out, in the file's own time, whatever its tempi.

    quarter: ticks of a quarter note
    notes:   (start, end, MIDI pitch), in ticks; what the file says it was transposed by is undone
    end:     tick at which the piece ends; marked: the file says so itself, since it was written here
    """

    quarter: int
    notes: list[tuple[int, int, int]]
    end: int
    marked: bool


def read_ticks(content: bytes) -> Ticks:
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
    return Ticks(midi.resolution, notes, max([0, *(end for _, end, _ in notes), *marks]), bool(marks))


def chords_of(content: bytes) -> Chorale:
    """The chords at the quarter notes of a MIDI file, as the network knows them; any tempo, any tracks.

    A chord is what sounds in the middle of a quarter note. Where the file says that it was transposed,
    that is undone. Raises ConfigError for bytes that are no MIDI file.
    """
    ticks = read_ticks(content)
    quarter = ticks.quarter
    chords: list[set[int]] = [set() for _ in range(round(ticks.end / quarter))]
    for start, end, pitch in ticks.notes:
        first = (2 * start + quarter - 1) // (2 * quarter)  # first middle of a quarter note at or after the start
        for t in range(first, len(chords)):
            if (2 * t + 1) * quarter >= 2 * end:
                break
            chords[t].add(pitch)
    return tuple(tuple(sorted(chord)) for chord in chords)


def _transposition(texts: Sequence[Any]) -> int:
    pattern = re.escape(TRANSPOSED).replace(r"\{\}", r"(-?\d{1,3})")
    for text in texts:
        found = re.fullmatch(pattern, text.text)
        if found:
            return int(found.group(1))
    return 0
