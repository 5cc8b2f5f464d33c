"""The two doors of the page, Compose and By heart: each has its own defaults, and keeps what was chosen behind it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from glassy_core.ui.chorales.settings import BY_HEART, COMPOSE, VIEWS, address_settings, door_of
from glassy_core.ui.shell import address

_DOOR = "chorales_door"  # of the session: the door that the reader is behind
_LEFT = "chorales_left_behind"  # settings by name, as they were left behind a door
_UNASKED = "chorales_chorale_unasked"  # the chorale is a door's default, whatever the address still says
_SHARED = ("view", "tempo", "instrument", "octave")  # by both doors


def door() -> str:
    """The door that the address leads to: new music where it says nothing, and else By heart if it names no view."""
    names = address_settings()
    if not address.is_from_outside(names):
        return str(st.session_state.get(_DOOR, BY_HEART))
    if not any(name in st.query_params for name in names):
        return COMPOSE
    return door_of(str(st.query_params.get("view", BY_HEART)))


def choose_view(title: Callable[[str], str]) -> str:
    """The views, one of which is shown."""
    st.session_state[_DOOR] = door_of(address.get("view"))
    view = st.segmented_control(
        "View", list(VIEWS), format_func=title, key=address.key("view"), required=True, label_visibility="collapsed",
        width="content", on_change=_go_through,
    )  # fmt: skip
    return view or BY_HEART


def nobody_asked_for_the_chorale() -> bool:
    """Whether the chorale may be one that the page looks for."""
    return bool(st.session_state.pop(_UNASKED, False)) or "chorale" not in st.query_params


def _go_through() -> None:
    """Leave the settings of one door as they are, and take up those of the other."""
    before, now = st.session_state[_DOOR], door_of(address.get("view"))
    if before == now:
        return
    names = [name for name in address_settings() if name not in _SHARED]
    left = st.session_state.setdefault(_LEFT, {})
    left[before] = {name: address.get(name) for name in names}
    at_first = {name: setting.default for name, setting in address_settings(now).items() if name in names}
    st.session_state[_UNASKED] = now not in left
    for name, value in left.get(now, at_first).items():
        address.put(name, value)
    st.session_state[_DOOR] = now
