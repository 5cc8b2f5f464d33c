"""Choices that outlive what they are among, and one of several runs or networks, kept in the address by their ids.

`?run=ID&run=ID`: Streamlit's own binding would write the labels there, and two runs may have one name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from glassy_core.ui.shell import address

_ADDRESS = "run"  # name of the ids in the address


def choose_by_id(
    label: str, labels: Mapping[str, str], first: Sequence[str], key: str, also: Mapping[str, str], **options: Any
) -> list[str]:
    """Draw the field and return the ids chosen; until the reader chooses, or a link does, those of `first`.

    labels: what may be chosen, label by id. key: of the field, and the name that addresses with labels have for it.
    also: ids by what else an address may call them. What an address names and cannot be found is said.
    """
    _read(labels, key, also)
    state = st.session_state
    if key not in state or not state.get(_by_reader(key)):
        state[_by_reader(key)] = False
        state[key] = list(first)
    state[key] = [id_ for id_ in state[key] if id_ in labels]  # a run may have been deleted since
    state[_given(key)] = list(state[key])
    chosen = st.multiselect(
        label,
        list(labels),
        key=key,
        format_func=lambda id_: labels.get(id_, id_),
        on_change=_taken,
        args=(key,),
        **options,
    )
    _write(chosen if state[_by_reader(key)] else [], key)
    return [id_ for id_ in chosen if id_ in labels]


def forget_unless(key: str, options: Collection[Any]) -> None:
    """Before a field is drawn: what was chosen in it, where that is not among its options any more."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)


def choose(key: str, ids: Sequence[str]) -> None:
    """Choose these as the reader would; none brings back what is shown at first. From a callback."""
    st.session_state[key] = list(ids)
    st.session_state[_by_reader(key)] = bool(ids)


def _by_reader(key: str) -> str:
    return f"{key}_by_reader"


def _given(key: str) -> str:
    return f"{key}_given"


def _taken(key: str) -> None:
    """What came back as it was given is no choice: labels may have changed under way, as runs of one name joined."""
    if st.session_state[key] != st.session_state.get(_given(key)):
        st.session_state[_by_reader(key)] = True


def _in_address(key: str) -> tuple[str, ...]:
    return tuple(value for name in (_ADDRESS, key) for value in st.query_params.get_all(name))


def _read(labels: Mapping[str, str], key: str, also: Mapping[str, str]) -> None:
    """Take over what an address asks for that the page did not write itself: a link, or the browser's back."""
    asked = _in_address(key)
    if asked == st.session_state.get(f"{key}_written", ()):
        return
    by_label = {label: id_ for id_, label in reversed(list(labels.items()))}
    ids = {word: word if word in labels else also.get(word, by_label.get(word)) for word in asked}
    for word, id_ in ids.items():
        if id_ is None:
            address.complain(f"The address asks for {word[:60]!r}, which is not here: it may have been deleted.")
    chosen = [id_ for id_ in dict.fromkeys(ids.values()) if id_ is not None]
    st.session_state[key] = chosen
    st.session_state[_by_reader(key)] = bool(chosen)


def _write(ids: Sequence[str], key: str) -> None:
    if _in_address(key) != tuple(ids) or key in st.query_params:
        st.query_params.pop(key, None)
        st.query_params.pop(_ADDRESS, None)
        if ids:
            st.query_params[_ADDRESS] = list(ids)
    st.session_state[f"{key}_written"] = tuple(ids)
