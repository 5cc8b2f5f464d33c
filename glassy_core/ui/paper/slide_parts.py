"""What slides show beside the paper's figures: a chord as music, what three networks sing, a map of all of them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import plotly.graph_objects as go
import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.editions.loading import load_edition
from glassy_core.figures.atlas import phase_map
from glassy_core.figures.network import WORDS
from glassy_core.figures.palette import FAMILIES
from glassy_core.music.atlas import files
from glassy_core.music.atlas.grid import EDITION, SONG_LENGTH, Coordinates
from glassy_core.music.recall import PRIMED, as_written
from glassy_core.music.score import one_line
from glassy_core.music.voices import lead
from glassy_core.presets import CLASS_FLOWS, CLASS_TRIO, PRESETS
from glassy_core.ui.components.listening import Heard, listening
from glassy_core.ui.paper.look import Look, Members
from glassy_core.ui.paper.network import network
from glassy_core.ui.shell import actions, presenter
from glassy_core.ui.shell.actions import Outcome
from glassy_core.wording import counted

_CHORALE = 6  # on which the trio parts most clearly at _AGE: nothing, some, all of it by heart
_AGE = 147.0  # tau
_PLAYGROUND = "pages/0_Playground.py"


def chord_and_network(members: Members, look: Look) -> bool:
    """The network, and what it hears and says as music."""
    picture, words = st.columns([2, 1], vertical_alignment="center")
    with picture:
        network(2, 24)
    with words, st.container(key="slide_words"):
        chords = _chorale()[: PRIMED + 1]
        listening(
            [Heard("", chords)], "slide_chords", "Four chords that are given, and the one that is to be foretold",
            chords, PRIMED, _score(chords),
        )  # fmt: skip
        st.markdown(
            f"A chord: which of 54 pitches sound. {PRIMED} are given; the fifth, in blue, is to be foretold.\n\n"
            + "\n".join(f"- {kind}" for kind in WORDS.values())
        )
    return True


def fates() -> None:
    """What three such networks sing, and for the presenter the button that has them learn anew."""
    configs = [PRESETS[key].config for key in CLASS_TRIO]
    songs = []
    for name, config in zip(("too narrow", "in between", "wide"), configs, strict=True):
        song = _song(Coordinates(config.chorales, config.depth, config.width, config.seed))
        songs.append(Heard(f"{name}, w = {config.width}", song, f"{name}: {_by_heart(song)}"))
    listening(songs, "slide_fates", "What three such networks sing", _chorale(_CHORALE), PRIMED)
    with presenter.part("slide-trio"), st.container(horizontal=True, vertical_alignment="center"):
        actions.button("Start the class trio", key="slide_start", icon=":material/play_arrow:", args=(_start,))
        actions.show_outcome()


def networks_on_a_map(members: Members, look: Look) -> bool:
    """The Playground's networks with two layers."""
    look.show(_map(), "Loss at τ = 400 by number of chorales and width: the wider and the fewer, the less.")
    return True


def playground_door() -> None:
    """The way to the Playground: here, and for who looks on."""
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        if st.button("Open the Playground", icon=":material/touch_app:", type="primary", key="slide_playground"):
            st.switch_page(_PLAYGROUND)
        if address := _address():
            st.markdown(f"On your own phone: **{address}**", width="content")


@st.cache_resource(show_spinner=False)
def _map() -> go.Figure:
    return phase_map(files.load(songs=False), 2, 400.0)


def _start() -> Outcome:
    return actions.start([PRESETS[key].config for key in CLASS_FLOWS])


def _address() -> str:
    """Where others find the Playground, as this browser finds the app; "" where they do not, on this machine alone."""
    here = urlsplit(str(st.context.url or ""))
    if here.hostname in (None, "localhost", "127.0.0.1", "::1"):
        return ""
    return urlunsplit((here.scheme, here.netloc, here.path.rsplit("/", 1)[0] + "/Playground", "", ""))


@st.cache_data(show_spinner=False)
def _song(place: Coordinates) -> Chorale:
    return files.song(place, _AGE, _CHORALE)


@st.cache_data(show_spinner=False)
def _chorale(number: int = 0) -> Chorale:
    return load_edition(EDITION).first(number + 1)[number][:SONG_LENGTH]


def _by_heart(song: Chorale) -> str:
    """How much of it is Bach's, in words."""
    written = _chorale(_CHORALE)
    right = as_written(song, written) - PRIMED
    if right == len(written) - PRIMED:
        return "sings it all by heart"
    return f"{counted(right, 'chord')} by heart, then it is lost" if right > 0 else "loses it at once"


@st.cache_data(show_spinner=False)
def _score(chords: Chorale) -> str:
    inks = ["#777777"] * PRIMED + [FAMILIES["over"][0]] * (len(chords) - PRIMED)
    return one_line(lead(chords), colors=inks)
