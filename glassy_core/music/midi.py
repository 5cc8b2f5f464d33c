"""Voices to a MIDI file, one track a voice; `editions.midi_files` reads it back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from glassy_core.editions.midi_files import END_MARK, OCTAVE, TRANSPOSED
from glassy_core.music.voices import Voices
from glassy_core.settings import ConfigError

# Names a listener knows, and their General MIDI programs, counted from 0.
INSTRUMENTS = {"organ": 19, "choir": 53, "strings": 48, "piano": 0}
SLOWEST, FASTEST = 30, 240  # quarter notes a minute
TRANSPOSITIONS = (-2 * OCTAVE, OCTAVE)  # semitones, lowest and highest
TICKS = 480  # a quarter note
VELOCITIES = {"soprano": 96, "alto": 80, "tenor": 80, "bass": 88, "more": 72}
PANS = {"soprano": 44, "alto": 56, "tenor": 72, "bass": 84, "more": 64}  # 0 left, 64 middle, 127 right


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
