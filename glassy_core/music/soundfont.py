"""Reads SoundFont 2 files: which recorded samples a General MIDI instrument has for a key, and how they are played.

Layout and units follow the SoundFont 2.01 specification (sections 7 and 8). Left out: modulators,
low-frequency oscillators (vibrato), and modulation envelopes but for the filter's opening, which is
taken at their peak: the instruments used here close it over many seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glassy_core.errors import GlassyError

_NAME = ("name", "S20")
_BAG = np.dtype([("gen", "<u2"), ("mod", "<u2")])
_GEN = np.dtype([("oper", "<u2"), ("amount", "<i2")])
_RECORDS = {
    "phdr": np.dtype([_NAME, ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "<u4", 3)]),
    "pbag": _BAG,
    "pgen": _GEN,
    "inst": np.dtype([_NAME, ("bag", "<u2")]),
    "ibag": _BAG,
    "igen": _GEN,
    "shdr": np.dtype(
        [
            _NAME,
            *((name, "<u4") for name in ("start", "end", "loop_start", "loop_end", "rate")),
            *(("key", "u1"), ("correction", "i1"), ("link", "<u2"), ("type", "<u2")),
        ]
    ),
}

# Numbers of the generators that are used (section 8.1.3).
START, END, LOOP_START, LOOP_END = 0, 1, 2, 3
COARSE_OF = {START: 4, END: 12, LOOP_START: 45, LOOP_END: 50}  # the same in units of 32768 samples
FILTER, FILTER_OPENING, PAN = 8, 11, 17
DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE = 33, 34, 35, 36, 37, 38
INSTRUMENT, KEYS, VELOCITIES = 41, 43, 44
ATTENUATION, COARSE_TUNE, FINE_TUNE, SAMPLE, MODES, SCALE_TUNE, ROOT = 48, 51, 52, 53, 54, 56, 58
DEFAULTS = {FILTER: 13500, SCALE_TUNE: 100, ROOT: -1} | dict.fromkeys((DELAY, ATTACK, HOLD, DECAY, RELEASE), -12000)
LOOPS = (1, 3)

Generators = dict[int, int]
Samples = NDArray[np.float32]


class SoundFontError(GlassyError, ValueError):
    """A SoundFont cannot be used; the message says why."""


@dataclass(frozen=True)
class Zone:
    """One sample as a key plays it.

    samples:    (n,) float32 in [-1, 1), the recording with two samples past its end
    loop:       first sample of the loop and the one after its last; None for a sound that dies away
    step:       samples of the recording per second of sound
    gain:       amplitude factor
    pan:        -0.5 left .. 0.5 right
    envelope:   seconds of delay, attack, hold, decay, then the sustained level in dB (at most 0), then
                seconds of release; decay and release are the times of a fall by 100 dB
    cutoff:     of the low-pass filter, Hz
    """

    samples: Samples
    loop: tuple[int, int] | None
    step: float
    gain: float
    pan: float
    envelope: tuple[float, float, float, float, float, float]
    cutoff: float


class SoundFont:
    """One file, read as a whole."""

    def __init__(self, path: Path) -> None:
        try:
            chunks = dict(_chunks(path.read_bytes()))
            self.samples = np.frombuffer(chunks["smpl"], dtype="<i2").astype(np.float32)
            self.samples /= 32768
            self.tables = {name: np.frombuffer(chunks[name], dtype=dtype) for name, dtype in _RECORDS.items()}
        except (OSError, KeyError, ValueError) as error:
            raise SoundFontError(f"{path.name} cannot be read as a SoundFont: {error}.") from error

    def zones(self, program: int, key: int, velocity: int) -> list[Zone]:
        """What sounds for a key, 0 .. 127, of General MIDI program 0 .. 127 (bank 0) at a velocity 1 .. 127.

        SoundFontError for a program that it does not have.
        """
        presets = self.tables["phdr"][:-1]
        matches = np.flatnonzero((presets["bank"] == 0) & (presets["preset"] == program))
        if len(matches) == 0:
            raise SoundFontError(f"The SoundFont has no General MIDI program {program}.")
        return [
            self._zone(instrument, preset, key, velocity)
            for preset in self._zones("phdr", "pbag", "pgen", int(matches[0]), INSTRUMENT)
            if _sounds(preset, key, velocity)
            for instrument in self._zones("inst", "ibag", "igen", preset[INSTRUMENT], SAMPLE)
            if _sounds(instrument, key, velocity)
        ]

    def _zones(self, heads: str, bags: str, gens: str, which: int, last: int) -> Iterator[Generators]:
        """Generators of each zone, on top of those of the global zone: the first, where it lacks the last one."""
        shared: Generators = {}
        first, end = (int(self.tables[heads]["bag"][which + i]) for i in (0, 1))
        for bag in range(first, end):
            begin, stop = (int(self.tables[bags]["gen"][bag + i]) for i in (0, 1))
            zone = {int(g["oper"]): int(g["amount"]) for g in self.tables[gens][begin:stop]}
            if last in zone:
                yield shared | zone
            elif bag == first:
                shared = zone

    def _zone(self, instrument: Generators, preset: Generators, key: int, velocity: int) -> Zone:
        # Values of the preset add to those of the instrument (section 9.4).
        def value(name: int) -> int:
            return instrument.get(name, DEFAULTS.get(name, 0)) + preset.get(name, 0)

        head = self.tables["shdr"][instrument[SAMPLE]]
        start, end, loop_start, loop_end = (
            int(head[field]) + instrument.get(name, 0) + 32768 * instrument.get(COARSE_OF[name], 0)
            for field, name in (("start", START), ("end", END), ("loop_start", LOOP_START), ("loop_end", LOOP_END))
        )
        root = instrument.get(ROOT, -1) if instrument.get(ROOT, -1) >= 0 else int(head["key"])
        semitones = value(SCALE_TUNE) / 100 * (key - root) + value(COARSE_TUNE)
        semitones += (value(FINE_TUNE) + int(head["correction"])) / 100
        looped = instrument.get(MODES, 0) in LOOPS and start <= loop_start < loop_end <= end
        delay, attack, hold, decay, release = (2 ** (value(n) / 1200) for n in (DELAY, ATTACK, HOLD, DECAY, RELEASE))
        return Zone(
            samples=self.samples[start : end + 2],
            loop=(loop_start - start, loop_end - start) if looped else None,
            step=float(head["rate"]) * 2 ** (semitones / 12),
            # Amplitude grows with the square of the velocity (the default modulator of section 8.4.1).
            gain=10 ** (-max(value(ATTENUATION), 0) / 200) * (velocity / 127) ** 2,
            pan=min(max(value(PAN), -500), 500) / 1000,
            envelope=(delay, attack, hold, decay, -min(max(value(SUSTAIN), 0), 1000) / 10, release),
            cutoff=8.176 * 2 ** ((value(FILTER) + max(value(FILTER_OPENING), 0)) / 1200),
        )


def _sounds(generators: Generators, key: int, velocity: int) -> bool:
    """Whether a zone's ranges hold a key and a velocity; a range is two bytes, its low end in the lower."""
    for name, x in ((KEYS, key), (VELOCITIES, velocity)):
        packed = generators.get(name, 127 << 8) & 0xFFFF
        if not packed & 0xFF <= x <= packed >> 8:
            return False
    return True


def _chunks(content: bytes, start: int = 12, end: int | None = None) -> Iterator[tuple[str, bytes]]:
    """(name, content) of all chunks of a RIFF file that are not lists; lists are entered."""
    if start == 12 and (content[:4] != b"RIFF" or content[8:12] != b"sfbk"):
        raise ValueError("it does not begin as one")
    end = len(content) if end is None else end
    while start + 8 <= end:
        name, size = content[start : start + 4], int.from_bytes(content[start + 4 : start + 8], "little")
        if name == b"LIST":
            yield from _chunks(content, start + 12, start + 8 + size)
        else:
            yield name.decode("latin-1"), content[start + 8 : start + 8 + size]
        start += 8 + size + size % 2


@lru_cache(maxsize=1)
def general_midi() -> SoundFont:
    """The General MIDI SoundFont that comes with pretty_midi (TimGM6mb); SoundFontError where that is not installed."""
    package = find_spec("pretty_midi")  # where it is: to import it takes longer than to read the file
    if package is None or package.origin is None:
        raise SoundFontError("pretty_midi is not installed, and the SoundFont comes with it: see requirements.txt.")
    return SoundFont(Path(package.origin).parent / "TimGM6mb.sf2")
