"""Voices to sound: the recorded instruments of a SoundFont, one track a voice."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glassy_core.music.midi import INSTRUMENTS, PANS, VELOCITIES, Sound
from glassy_core.music.voices import Voices, lead

if TYPE_CHECKING:
    from glassy_core.music.soundfont import SoundFont

RATE = 44_100  # samples per second
TAIL = 1.5  # seconds after the last chord in which it may die away
FADE = 0.01  # seconds over which what is still sounding at the very end goes to zero
PEAK = 0.89  # largest sample of the sum of all voices, about 1 dB below full scale
GAP = 0.12  # share of a quarter note left free before the same pitch is struck again
VELOCITY = 90  # at which notes are computed; the voices' own velocities scale them

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Audio:
    """The voices of a piece as they sound.

    stems: one (n, 2) array a voice, left and right
    mix:   their sum, (n, 2), its peak at PEAK unless it is silent
    rate:  samples per second
    """

    stems: dict[str, Samples]
    mix: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.mix) / self.rate


def render(voices: Voices, sound: Sound, rate: int = RATE) -> Audio:
    """Every voice on its own, all with the same gain: T quarter notes and TAIL seconds."""
    # Here, because the compiler takes a second to load that pages without sound need not wait for.
    from glassy_core.music.soundfont import general_midi

    font = general_midi()
    notes: dict[tuple[int, float], Samples] = {}  # equal ones are computed once
    n = round((len(voices) * sound.seconds + TAIL) * rate)
    stems = {name: _stem(voices, name, sound, n, rate, font, notes) for name in voices.names}
    mix = np.zeros((n, 2), dtype=np.float32)
    for stem in stems.values():
        mix += stem
    peak = max(float(mix.max()), -float(mix.min()))
    if peak > 0:
        for samples in (*stems.values(), mix):
            samples *= np.float32(PEAK / peak)
    return Audio(stems, mix, rate)


def warm() -> None:
    """Compile what plays the samples, once for all processes to come."""
    render(lead([(60,)]), Sound(tempo=240))


def wav_bytes(samples: Samples, rate: int = RATE) -> bytes:
    """A WAV file of 16 bits a sample; samples: (n, 2) within -1 .. 1."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        scaled = samples * np.float32(32767)
        file.writeframes(np.rint(scaled, out=scaled).astype("<i2").tobytes())
    return content.getvalue()


def _stem(
    voices: Voices,
    name: str,
    sound: Sound,
    n: int,
    rate: int,
    font: SoundFont,
    computed: dict[tuple[int, float], Samples],
) -> Samples:
    """One voice, (n, 2), before the common gain; notes that are new are added to computed."""
    stem = np.zeros((n, 2), dtype=np.float32)
    angle = PANS[name] / 127 * np.pi / 2  # equal power: the middle leaves both sides as they are
    balance = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32) * np.sqrt(2)
    level = balance * np.float32((VELOCITIES[name] / VELOCITY) ** 2)
    notes = list(voices.notes(name, sound.ties))
    struck = {(note.onset, note.pitch) for note in notes}
    for note in notes:
        struck_again = (note.onset + note.length, note.pitch) in struck
        seconds = (note.length - GAP * struck_again) * sound.seconds
        key = (note.pitch + sound.transpose, seconds)
        if key not in computed:
            computed[key] = _note(font, sound.instrument, *key, rate)
        at = round(note.onset * sound.seconds * rate)
        part = computed[key][: n - at]
        stem[at : at + len(part)] += part * level
    last = round(FADE * rate)
    stem[-last:] *= np.linspace(1, 0, last, dtype=np.float32)[:, None]
    return stem


def _note(font: SoundFont, instrument: str, key: int, seconds: float, rate: int) -> Samples:
    """One note held for so many seconds, with what follows its release, at most TAIL: (m, 2)."""
    from glassy_core.music.soundfont import add_zone, length_of  # late, as in `render`

    zones = font.zones(INSTRUMENTS[instrument], key, VELOCITY)
    lengths = [length_of(zone, seconds, TAIL, rate) for zone in zones]
    out = np.zeros((max(lengths, default=0), 2), dtype=np.float32)
    for zone, length in zip(zones, lengths, strict=True):
        add_zone(out[:length], zone, seconds, rate)
    return out
