"""An instrument as a small file of recorded notes, from which a browser makes every sound of it.

The file: the length of what follows as a little-endian uint32, that many bytes of JSON, then 16-bit samples. The JSON:

    level       factor at which four voices are well heard
    recordings  [first sample, number of samples] of each recording
    zones       [recording, loop start, loop end, gain, pan, cutoff in Hz, delay, attack, hold, decay, sustain, release]
                as in `soundfont.Zone`; a loop that ends where it starts is none
    keys        by MIDI pitch: [zone, samples of the recording per second of sound] of all that sounds for it
"""

from __future__ import annotations

import json

import numpy as np

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH
from glassy_core.editions.midi_files import OCTAVE
from glassy_core.music.midi import INSTRUMENTS
from glassy_core.music.soundfont import Samples, Zone, general_midi

VELOCITY = 90  # at which notes are recorded; the voices' own velocities scale them
KEYS = range(LOWEST_PITCH - OCTAVE, HIGHEST_PITCH + 1)  # as they are written, and an octave lower
LOUDNESS = 0.085  # root mean square of one note, averaged over the middle of the keys
_MIDDLE = range(48, 80)
_HEARD = 0.5  # seconds of a note that its loudness is judged by


def instrument_file(name: str) -> bytes:
    """The file of an instrument, a key of INSTRUMENTS."""
    font, program = general_midi(), INSTRUMENTS[name]
    of_keys = {key: font.zones(program, key, VELOCITY) for key in KEYS}
    recordings = _Recordings()
    zones: dict[tuple[float, ...], int] = {}
    keys = {
        key: [[zones.setdefault(_numbers(zone, recordings), len(zones)), round(zone.step, 3)] for zone in sounding]
        for key, sounding in of_keys.items()
    }
    loudness = np.mean([_loudness(of_keys[key]) for key in _MIDDLE])
    head = {
        "level": round(float(LOUDNESS / loudness), 5),
        "recordings": recordings.places,
        "zones": list(zones),
        "keys": keys,
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)  # the samples begin at an even place
    return len(text).to_bytes(4, "little") + text + recordings.samples()


class _Recordings:
    """Each recording once, as far as the longest of its zones plays it."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._parts: list[Samples] = []

    def number(self, zone: Zone) -> int:
        """Which recording a zone plays."""
        part = zone.samples[: zone.loop[1] + 1] if zone.loop else zone.samples
        number = self._numbers.setdefault(part.__array_interface__["data"][0], len(self._parts))
        if number == len(self._parts):
            self._parts.append(part)
        elif len(part) > len(self._parts[number]):
            self._parts[number] = part
        return number

    @property
    def places(self) -> list[list[int]]:
        """[first sample, number of samples] of each."""
        lengths = [len(part) for part in self._parts]
        return [[sum(lengths[:i]), length] for i, length in enumerate(lengths)]

    def samples(self) -> bytes:
        """All of them, one after the other."""
        return b"".join(np.rint(part * 32768).astype("<i2").tobytes() for part in self._parts)


def _numbers(zone: Zone, recordings: _Recordings) -> tuple[float, ...]:
    played = (zone.gain, zone.pan, zone.cutoff, *zone.envelope)
    return (recordings.number(zone), *(zone.loop or (0, 0)), *(round(number, 7) for number in played))


def _loudness(sounding: list[Zone]) -> float:
    """Root mean square of a key's first half second, as if its zones had nothing to do with each other."""
    powers = [zone.gain**2 * (zone.samples[: round(_HEARD * zone.step)] ** 2).mean() for zone in sounding]
    return float(np.sqrt(sum(powers)))
