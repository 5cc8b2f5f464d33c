"""Voices to sound: the recorded instruments of a SoundFont."""

from __future__ import annotations

import io
import wave

import numpy as np

from glassy_core.music.midi import INSTRUMENTS, PANS, VELOCITIES, Sound
from glassy_core.music.recorded_notes import VELOCITY
from glassy_core.music.soundfont import Samples, SoundFont, general_midi
from glassy_core.music.voices import Voices, lead

RATE = 44_100  # samples per second
TAIL = 1.5  # seconds after the last chord in which it may die away
FADE = 0.01  # seconds over which what is still sounding at the very end goes to zero
PEAK = 0.89  # largest sample of the sum of all voices, about 1 dB below full scale
GAP = 0.12  # share of a quarter note left free before the same pitch is struck again


def render(voices: Voices, sound: Sound, rate: int = RATE) -> Samples:
    """All voices, (n, 2), left and right, so many samples a second: T quarter notes and TAIL seconds.

    The largest sample is PEAK, unless all are silent.
    """
    font = general_midi()
    notes: dict[tuple[int, float], Samples] = {}  # equal ones are computed once
    mix = np.zeros((round((len(voices) * sound.seconds + TAIL) * rate), 2), dtype=np.float32)
    for name in voices.names:
        _add_voice(mix, voices, name, sound, rate, font, notes)
    last = round(FADE * rate)
    mix[-last:] *= np.linspace(1, 0, last, dtype=np.float32)[:, None]
    peak = max(float(mix.max()), -float(mix.min()))
    if peak > 0:
        mix *= np.float32(PEAK / peak)
    return mix


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


def _add_voice(
    mix: Samples,
    voices: Voices,
    name: str,
    sound: Sound,
    rate: int,
    font: SoundFont,
    computed: dict[tuple[int, float], Samples],
) -> None:
    """Add one voice to mix, (n, 2); notes that are new are added to computed."""
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
        part = computed[key][: len(mix) - at]
        mix[at : at + len(part)] += part * level


def _note(font: SoundFont, instrument: str, key: int, seconds: float, rate: int) -> Samples:
    """One note held for so many seconds, with what follows its release, at most TAIL: (m, 2)."""
    from glassy_core.music.zone_sound import add_zone, length_of  # late: the compiler takes a second to load

    zones = font.zones(INSTRUMENTS[instrument], key, VELOCITY)
    lengths = [length_of(zone, seconds, TAIL, rate) for zone in zones]
    out = np.zeros((max(lengths, default=0), 2), dtype=np.float32)
    for zone, length in zip(zones, lengths, strict=True):
        add_zone(out[:length], zone, seconds, rate)
    return out
