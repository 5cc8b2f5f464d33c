"""The settings of a page in its address: read once, checked, kept in step with the widgets.

Streamlit's own binding drops values it cannot use without a word, and names choices by labels that may change.
Here an unusable value gets a sentence, and what is written is short: whatever differs from the defaults.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st

from glassy_core.ui.shell.frame import plain

_WRITTEN = "written_address"
_COMPLAINTS = "complaints_about_address"
_SILENCE = "silence"
_SHOWN = 60  # characters of an unusable value that are repeated


class Setting(Protocol):
    """One value of the address. parse raises ValueError whose message says what is allowed."""

    @property
    def default(self) -> Any:
        """Value where the address has none."""

    def parse(self, text: str) -> Any:
        """The value that a text of the address stands for; ValueError says what is allowed."""


@dataclass(frozen=True)
class Whole:
    """A whole number within limits."""

    default: int
    low: int
    high: int

    def parse(self, text: str) -> int:
        """The whole number; ValueError outside its limits."""
        if not re.fullmatch(r"-?\d{1,19}", text) or not self.low <= int(text) <= self.high:
            raise ValueError(f"a whole number from {self.low} to {self.high}")
        return int(text)


@dataclass(frozen=True)
class Number:
    """A number within limits."""

    default: float
    low: float
    high: float

    def parse(self, text: str) -> float:
        """The number; ValueError outside its limits, and for not-a-number."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not self.low <= value <= self.high:
            raise ValueError(f"a number from {self.low:g} to {self.high:g}")
        return value


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    default: str
    options: Sequence[str]

    def parse(self, text: str) -> str:
        """The word; ValueError for none of the options."""
        if text not in self.options:
            raise ValueError(f"one of {', '.join(self.options)}")
        return text


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    default: bool = False

    def parse(self, text: str) -> bool:
        """True for 'yes', False for 'no'; ValueError for anything else."""
        if text not in ("yes", "no"):
            raise ValueError("yes or no")
        return text == "yes"


@dataclass(frozen=True)
class Pitches:
    """A chord: MIDI pitches with hyphens between them, ascending once read; 'silence' is the chord without any."""

    default: tuple[int, ...]
    low: int
    high: int

    def parse(self, text: str) -> tuple[int, ...]:
        """MIDI pitches, ascending, () for 'silence'; ValueError for a chord out of the limits."""
        if text == _SILENCE:
            return ()
        parts = text.split("-")
        if not all(re.fullmatch(r"\d{1,3}", part) and self.low <= int(part) <= self.high for part in parts):
            raise ValueError(f"pitches from {self.low} to {self.high} with hyphens between them, such as 60-64-67-72")
        return tuple(sorted({int(part) for part in parts}))


@dataclass(frozen=True)
class Word:
    """A word that is checked where it is used, such as a run's id."""

    default: str = ""

    def parse(self, text: str) -> str:
        """The word as it stands."""
        return text


def key(name: str) -> str:
    """The widget's key of a setting: pages share `st.session_state`, and other pages have a seed, too."""
    return f"address_{name}"


def get(name: str) -> Any:
    """Value of a setting as it is now."""
    return st.session_state[key(name)]


def put(name: str, value: Any) -> None:
    """Set a setting's value; before its widget is drawn."""
    st.session_state[key(name)] = value


def is_from_outside(names: Collection[str]) -> bool:
    """Whether the page did not write its address itself: a link, the browser's back, the way from another page.

    names: of the page's settings; pages share the session, and some names.
    """
    return (set(names), _given(names)) != st.session_state.get(_WRITTEN)


def _given(names: Collection[str]) -> dict[str, str]:
    return {name: str(st.query_params[name]) for name in names if name in st.query_params}


def read(settings: Mapping[str, Setting]) -> None:
    """Bring the address into `st.session_state`.

    An address that the page did not write itself (a link, the browser's back) sets all settings; else they stay as
    the widgets left them.
    """
    given, from_outside = _given(settings), is_from_outside(settings)
    complaints = []
    for name, setting in settings.items():
        value = setting.default
        if name in given:
            try:
                value = setting.parse(given[name])
            except ValueError as allowed:
                complaints.append(_refused(name, given[name], allowed, setting))
        # Set in any case: Streamlit forgets the value of a widget that is not drawn, or drawn with other limits.
        put(name, value if from_outside or key(name) not in st.session_state else get(name))
    if from_outside:
        st.session_state[_COMPLAINTS] = complaints
        st.session_state[_WRITTEN] = set(settings), given


def check(settings: Mapping[str, Setting]) -> None:
    """Say what the address asks in vain of widgets that Streamlit binds to it; before they are made, which drop it."""
    for name, text in _given(settings).items():
        try:
            settings[name].parse(text)
        except ValueError as allowed:
            complain(_refused(name, text, allowed, settings[name]))


def _refused(name: str, text: str, allowed: ValueError, setting: Setting) -> str:
    return f"The address asks for {name}={text[:_SHOWN]}: it must be {allowed}; {_text(setting.default)} is used."


def write(settings: Mapping[str, Setting], always: Collection[str] = ()) -> None:
    """Bring the settings into the address; those at their defaults are left out, but for those named in `always`."""
    texts = {n: _text(get(n)) for n, setting in settings.items() if n in always or get(n) != setting.default}
    st.session_state[_WRITTEN] = set(settings), texts
    for name in settings:
        if name in texts and st.query_params.get(name) != texts[name]:
            st.query_params[name] = texts[name]
        elif name not in texts and name in st.query_params:
            del st.query_params[name]


def complain(sentence: str) -> None:
    """Say once more than `read` found: an unusable value that only the page could tell."""
    complaints = st.session_state.setdefault(_COMPLAINTS, [])
    if sentence not in complaints:
        complaints.append(sentence)


def show_complaints() -> None:
    """What was wrong with the address; gone with the next change of a setting."""
    with st.container():  # which is there without any, too: what follows keeps its place
        if complaints := st.session_state.pop(_COMPLAINTS, []):
            st.warning(plain(" ".join(complaints)), icon=":material/link_off:")  # one box: what follows stays in sight


def keep_within(name: str, low: int, high: int, what: str) -> None:
    """Bring a number into limits that depend on other settings, and say so. what: 'a train chorale', ..."""
    value = get(name)
    if not low <= value <= high:
        put(name, min(max(value, low), high))
        complain(f"{name} = {value} is no {what}: it must be from {low} to {high}; {get(name)} is used.")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or _SILENCE
    return f"{value:g}" if isinstance(value, float) else str(value)
