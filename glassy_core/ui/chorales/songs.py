"""What the Chorales page plays: chords with what the network thought of them, their sound and their score.

All of it is kept between reruns by content, so that a page asked for again answers at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import streamlit as st

from glassy_core.editions.encoding import LOWEST_PITCH, Chorale, Chord
from glassy_core.music import score
from glassy_core.music.generation import CYCLE_HORIZON
from glassy_core.music.midi import Sound
from glassy_core.music.piece import Piece
from glassy_core.music.voices import Voices, lead
from glassy_core.ui.shell.words import whole

PITCH_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
LONG = 100.0  # seconds; longer pieces are computed with half the samples
CONSIDERED = 0.08  # least probability of a pitch not sung that is drawn


@dataclass(frozen=True)
class Song:
    """Chords to be heard and seen.

    given:      how many chords at the beginning are drawn as given; the others as the network's own
    border:     chord before which a line is drawn, 0 for none
    parting:    chord at which it first differs from what it is compared with, 0 for none
    sure:       probability of each chord as the network had it before, None where nothing foretold it
    considered: (chord, pitch, probability) of pitches that were likely but are not sung
    """

    chords: Chorale
    given: int
    border: int = 0
    parting: int = 0
    sure: tuple[float | None, ...] | None = None
    considered: tuple[tuple[int, int, float], ...] = ()

    @classmethod
    def of(cls, piece: Piece, parting: int = 0) -> Song:
        """A network's piece."""
        sure = tuple(None if math.isnan(x) else round(2.0**x, 4) for x in piece.log2_chosen)
        considered = tuple(
            (t, i + LOWEST_PITCH, round(float(p), 3))
            for t, row in enumerate(piece.probabilities)
            for i, p in enumerate(row)
            if p >= CONSIDERED and i + LOWEST_PITCH not in piece.chords[t]
        )
        return cls(piece.chords, piece.prime, piece.prime, parting, sure, considered)


@st.cache_data(show_spinner=False, max_entries=64)
def voices(chords: Chorale) -> Voices:
    """The chords in four voices."""
    return lead(chords)


def wav(chords: Chorale, sound: Sound) -> bytes:
    """All voices as a WAV file."""
    from glassy_core.music.audio import RATE, render, wav_bytes

    rate = RATE if len(chords) * sound.seconds <= LONG else RATE // 2
    return wav_bytes(render(voices(chords), sound, rate), rate)


@st.cache_data(show_spinner=False, max_entries=32)
def one_line(chords: Chorale, border: int, ties: bool) -> str:
    """The score as one long line, an SVG: it scrolls under the playhead, the roll below it on the same axis."""
    # The page gives its own colours; these two only keep a note from being held across the border.
    colours = ["#777777"] * border + ["#000000"] * (len(chords) - border)
    return score.one_line(voices(chords), ties, colours if border else ())


def notes(chords: Chorale, border: int, ties: bool) -> list[list[Any]]:
    """[voice, onset, length, pitch] of every note."""
    sung = voices(chords)
    return [
        [name, note.onset, note.length, note.pitch]
        for name in sung.names
        for note in sung.notes(name, ties, (border,) if border else ())
    ]


def ending(piece: Piece) -> str:
    """Where deterministic dynamics lead, in a sentence."""
    cycle = piece.cycle
    if cycle is None:
        return f"Within {whole(CYCLE_HORIZON)} chords it repeats nothing for good: no cycle was found."
    begin = f"from chord {cycle.start + 1} on"
    if cycle.start >= len(piece.chords):
        begin += " (after the end of this piece)"
    if cycle.is_silent:
        said = f"It is silent {begin}"
    elif cycle.is_fixed_point:
        said = f"It holds one chord {begin}"
    else:
        said = f"It falls into a **cycle of {cycle.period} chords** {begin}"
    if cycle.state_period is None:
        return f"{said}, but the hidden state still creeps: that may yet end."
    if cycle.state_period > cycle.period:
        return f"{said}, for good; the whole hidden state comes back after {cycle.state_period} chords."
    return f"{said}, for good" + (": a fixed point." if cycle.is_fixed_point else ".")


def chord_words(chord: Chord) -> str:
    """A chord's notes by name, lowest first."""
    return " ".join(f"{PITCH_NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in chord) or "silence"
