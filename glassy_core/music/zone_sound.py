"""How a recorded sample sounds when a key is held: looped, filtered, with its envelope.

By hand, because no player will do: tinysoundfont and pyfluidsynth need a library of the system (PortAudio,
FluidSynth), and symusic's synthesiser plays wrong pitches with the SoundFont here. Compiled, because a filtered
sample depends on the ones before it. The browser plays the same zones by the same rules: ui/components/instrument.js.
"""

from __future__ import annotations

from math import cos, inf, pi, sin, sqrt, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.files import compiled
from glassy_core.music.soundfont import Zone

SILENT_DB = 80.0  # a released sound is followed down by so much


def length_of(zone: Zone, seconds: float, tail: float, rate: int) -> int:
    """Samples until a note held for so many seconds has died away, at most `tail` seconds after its release."""
    release = zone.envelope[-1]  # of 100 dB
    return max(round((seconds + min(release * SILENT_DB / 100, tail)) * rate), 1)


def add_zone(out: NDArray[np.float32], zone: Zone, seconds: float, rate: int) -> None:
    """Add a zone, released after so many seconds, to out, (n, 2)."""
    angle = (zone.pan + 0.5) * pi / 2  # equal power
    begin, end = zone.loop or (0, 0)
    stages = (*zone.envelope, float(seconds))
    sides = (zone.gain * cos(angle), zone.gain * sin(angle))
    _add(out, zone.samples, zone.step / rate, begin, end, stages, sides, _low_pass(zone.cutoff, rate), float(rate))


def _low_pass(cutoff: float, rate: int) -> tuple[float, float, float]:
    """(b, a1, a2) of the second-order Butterworth filter b (1, 2, 1) / (1, a1, a2), by the bilinear transform.

    b is infinite where the cutoff is so near half the rate that there is nothing to filter.
    """
    if cutoff > 0.4 * rate:
        return inf, 0.0, 0.0
    k = tan(pi * cutoff / rate)
    a0 = 1 + sqrt(2) * k + k * k
    return k * k / a0, 2 * (k * k - 1) / a0, (1 - sqrt(2) * k + k * k) / a0


@compiled
def _add(
    out: Any,
    samples: Any,
    step: float,
    begin: int,
    end: int,
    stages: tuple[float, float, float, float, float, float, float],
    sides: tuple[float, float],
    low_pass: tuple[float, float, float],
    rate: float,
) -> None:
    """See add_zone. begin == end: no loop. Between two samples of the recording it goes along a line.

    The level rises in amplitude and falls in decibels, as the format has it.
    """
    delay, attack, hold, decay, sustain, release, seconds = stages
    b, a1, a2 = low_pass
    per_sample = 10.0 ** (-5.0 / (decay * rate))  # 100 dB in `decay` seconds
    per_sample_released = 10.0 ** (-5.0 / (release * rate))
    sustained = 10.0 ** (sustain / 20)
    level, place, last = 0.0, 0.0, len(samples) - 2
    x1 = x2 = y1 = y2 = 0.0
    for i in range(len(out)):
        t = i / rate
        if t >= seconds:
            level *= per_sample_released
        elif t < delay + attack:
            level = max(t - delay, 0.0) / attack
        elif t < delay + attack + hold:
            level = 1.0
        else:
            level = max(level * per_sample, sustained)
        here = int(place)
        if here >= last:
            break  # the recording has ended; loops never come here
        following = here + 1
        if following == end:
            following = begin
        x = samples[here] + (place - here) * (samples[following] - samples[here])
        if b != inf:
            y = b * (x + 2.0 * x1 + x2) - a1 * y1 - a2 * y2
            x2, x1, y2, y1 = x1, x, y1, y
        else:
            y = x
        out[i, 0] += np.float32(y * level * sides[0])
        out[i, 1] += np.float32(y * level * sides[1])
        place += step
        if begin != end:
            while place >= end:
                place -= end - begin
