"""Who may change anything: everybody on this machine's own app, the presenter alone where a class looks on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from glassy_core import classroom
from glassy_core.classroom import NotAllowedError, PassphraseError, Tries
from glassy_core.ui.shell import voter

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
REFUSAL = "Only the presenter can do this: give the passphrase under Presenter, at the top of the page."
HIDDEN = "presenters"  # begins the keys of what others are not shown
_FIELD, _UNLOCKED, _SAID = "presenter_passphrase", "presenter_unlocked", "presenter_said"
# Of the whole process: a new tab does not count anew, and Streamlit's caches, which a browser may ask to be
# emptied, are no place for it.
_tries = Tries()
_unlocked_sessions: set[str] = set()  # whose uploads are taken, see on_network.py
_browsers: set[str] = set()  # words of those that gave the passphrase, whose pages wait for nobody's: see turns.py


def class_mode() -> bool:
    """Whether strangers may look on: a passphrase is set, or the app listens beyond this machine."""
    return classroom.passphrase() is not None or st.get_option("server.address") not in _LOOPBACK


def may_act() -> bool:
    """Whether this browser session may change anything."""
    return not class_mode() or bool(st.session_state.get(_UNLOCKED))


def require() -> None:
    """NotAllowedError unless this browser session may change anything."""
    if not may_act():
        raise NotAllowedError(REFUSAL)


@contextmanager
def part(key: str) -> Iterator[None]:
    """A part of the page for who may act: it is drawn for others, too, and frame.py hides it from them.

    So that all that is refused to them is still there to be refused, whatever a browser sends.
    """
    if may_act():
        yield
    else:
        with st.container(key=f"{HIDDEN}-{key}"):
            yield


def may_upload(session_id: str) -> bool:
    """Whether a session, by Streamlit's own id, may hand in a file."""
    return not class_mode() or session_id in _unlocked_sessions


def is_presenters(browser: str) -> bool:
    """Whether a browser, by its word, has given the passphrase in this sitting. That alone lets it change nothing."""
    return browser in _browsers


def door() -> None:
    """In class mode, the place for the passphrase; elsewhere nothing."""
    if not class_mode():
        return
    unlocked = may_act()
    with st.popover("Presenter", icon=":material/lock_open:" if unlocked else ":material/lock:", key="presenter"):
        if said := st.session_state.pop(_SAID, None):
            st.error(said)
        if unlocked:
            st.markdown("This tab can start, change and delete runs, until it is closed or reloaded.")
            st.button("Lock again", key="presenter_lock", on_click=_lock)
            return
        st.markdown("All can look and listen here. Whoever presents gives the passphrase to start and change runs.")
        with st.form("presenter_form", border=False, clear_on_submit=True):
            st.text_input(
                "Passphrase", type="password", key=_FIELD, autocomplete="off", max_chars=classroom.MOST_CHARACTERS
            )  # fmt: skip
            st.form_submit_button("Unlock", key="presenter_unlock", on_click=_unlock)


def _unlock() -> None:
    tried = str(st.session_state.get(_FIELD) or "")
    try:
        wanted = classroom.check_passphrase(classroom.passphrase())
    except PassphraseError as error:
        st.session_state[_SAID] = f"Nobody can unlock this app. {error}"
        return
    address = _address()
    if wait := _tries.wait(address):
        st.session_state[_SAID] = f"Too many wrong passphrases: try again in {math.ceil(wait)} s."
    elif classroom.matches(tried, wanted):
        st.session_state[_UNLOCKED] = True
        _unlocked_sessions.add(_session_id())
        _browsers.update({voter.word()} - {""})
    else:
        _tries.wrong(address)
        st.session_state[_SAID] = "That is not the passphrase."


def _lock() -> None:
    st.session_state[_UNLOCKED] = False
    _unlocked_sessions.discard(_session_id())


def _address() -> str:
    """Where the browser is, '' for this machine."""
    return str(st.context.ip_address or "")


def _session_id() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""
