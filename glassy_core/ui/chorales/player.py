"""A player: the sound, the score, the piano roll and how sure the network was, under one moving playhead.

A component of the page, all from this machine. Only one player of a page sounds at a time. Voices are muted in
the browser: their sounds, one by one, are asked for when the reader first mutes one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime import get_instance

from glassy_core.music.midi import Sound
from glassy_core.ui.chorales import songs
from glassy_core.ui.chorales.songs import Song, chord_words
from glassy_core.ui.components.base_path import base_path
from glassy_core.ui.shell.polling import refreshed

HERE = Path(__file__).resolve().parent

HTML = """
<div class="player" role="group">
  <div class="bar">
    <button class="play" aria-label="Play" disabled><svg viewBox="0 0 24 24"><path d="M6 4l14 8-14 8z"/></svg></button>
    <span class="time">0:00</span>
    <input class="seek" type="range" min="0" max="1" step="any" value="0" aria-label="Place in the piece">
    <button class="loop switch" aria-pressed="false">Loop</button>
  </div>
  <div class="voices" hidden></div>
  <div class="strip" tabindex="0" role="group"
       aria-label="Score and piano roll: arrow keys move chord by chord, space plays">
    <div class="inner"><div class="score"></div><svg class="roll"></svg><div class="head"></div></div>
  </div>
  <p class="below"></p>
  <p class="here" aria-live="off"></p>
  <p class="trouble" role="alert"></p>
  <audio preload="auto"></audio>
</div>
"""
NETWORK_LEGEND = (
    ("given", "given"),
    ("network", "the network's own"),
    ("considered", "considered, not sung"),
    ("sure", "lowest row: probability of each chord, 0 to 1"),
)

_component = st.components.v2.component(
    "glassy_player",
    html=HTML,
    css=(HERE / "player.css").read_text(encoding="utf-8"),
    js=(HERE / "player.js").read_text(encoding="utf-8"),
)


def player(
    song: Song,
    sound: Sound,
    key: str,
    alt: str,
    *,
    small: bool = False,
    legend: Sequence[tuple[str, str]] = (),
    hidden: bool = False,
) -> None:
    """One player. alt: what it plays, for readers who do not see it.

    small: without voices, loop and score, one of several beside each other. hidden: nothing is drawn that would
    tell what is Bach's and what is the network's.
    """
    data: dict[str, Any] = {
        "alt": alt,
        "small": small,
        "chords": len(song.chords),
        "prime": song.given,
        "border": song.border,
        "parting": song.parting,
        "quarter": sound.seconds,
        "notes": songs.notes(song.chords, song.border, sound.ties),
        "sure": None if hidden or small else song.sure,
        "considered": [] if hidden else song.considered,
        "words": _words(song, hidden),
        "legend": [list(entry) for entry in legend],
        "svg": songs.one_line(song.chords, song.border, sound.ties) if not small else None,
        "wantsVoices": not small,
        "voices": list(songs.voices(song.chords).names),
        "stems": None,
        "piece": _digest(song.chords),
    }
    data["drawing"] = _digest(song, sound.ties, not small)
    # Refreshed by itself: a first muted voice asks for more sound and nothing else.
    refreshed(f"player-{key}", lambda: _sounding(data, song, sound, key), None)


def _sounding(data: dict[str, Any], song: Song, sound: Sound, key: str) -> None:
    """The component."""
    data["audio"] = _url(songs.mix(song.chords, sound), key)
    if data["wantsVoices"] and (st.session_state.get(key) or {}).get("voices"):
        stems = songs.stems(song.chords, sound)
        data["stems"] = [_url(stems[name], f"{key}-{name}") for name in data["voices"]]
    _component(key=key, data=data, on_voices_change=lambda: None)


def _words(song: Song, hidden: bool) -> list[str]:
    """What is said of each chord when it is pointed at."""
    out = []
    for t, chord in enumerate(song.chords):
        p = song.sure[t] if song.sure and not hidden else None
        out.append(f"Chord {t + 1}: {chord_words(chord)}" + ("" if p is None else f"; probability {p:.3g}"))
    return out


def _url(wav: bytes, place: str) -> str:
    """Where the server hands out a sound, as `st.audio` does it."""
    return base_path() + get_instance().media_file_mgr.add(wav, "audio/wav", place)


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
