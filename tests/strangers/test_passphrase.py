"""The passphrase: what one must be, how it is compared, how often it may be tried, for whom it holds."""

import hmac
import os
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from glassy_core.classroom import (
    FEWEST_CHARACTERS,
    PASSPHRASE_VARIABLE,
    TRIES,
    TRIES_IN_ALL,
    WINDOW,
    PassphraseError,
    Tries,
    check_passphrase,
    matches,
)
from glassy_core.ui.shell import presenter, voter
from tests.strangers.conftest import PASSPHRASE, ROOT, unlock


@pytest.mark.parametrize("text", [None, "", " " * 40, "x" * (FEWEST_CHARACTERS - 1), "x" * 201, " short   "])
def test_a_poor_passphrase_is_one_sentence_with_the_remedy(text):
    with pytest.raises(PassphraseError, match=r"must have 10 to 200.*make class PASSPHRASE"):
        check_passphrase(text)


@pytest.mark.parametrize("given", [None, "", "short"])
def test_the_class_does_not_begin_without_one(given):
    env = {key: value for key, value in os.environ.items() if key != PASSPHRASE_VARIABLE}
    env |= {} if given is None else {PASSPHRASE_VARIABLE: given}
    command = [sys.executable, "-m", "glassy_core", "class"]
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("glassy: The presenter's passphrase ")
    assert result.stderr.count("\n") == 1


def test_the_same_text_matches_and_no_other():
    assert matches(PASSPHRASE, PASSPHRASE)
    assert matches(f" {PASSPHRASE}\n", PASSPHRASE)
    for other in ("", PASSPHRASE[:-1], PASSPHRASE + "x", PASSPHRASE.upper(), "\ud800", "x" * 10**6):
        assert not matches(other, PASSPHRASE)


def test_the_comparison_takes_the_same_time_wherever_they_differ(monkeypatch):
    seen = []
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: seen.append((len(a), len(b))))
    matches("x", PASSPHRASE)
    assert seen == [(32, 32)]  # of digests, so that the length does not show either


def test_guessing_is_slowed_for_the_guesser_and_for_all_together():
    now = [0.0]
    tries = Tries(lambda: now[0])
    for _ in range(TRIES):
        assert tries.wait("a") == 0
        tries.wrong("a")
    assert tries.wait("a") == WINDOW
    assert tries.wait("b") == 0  # the presenter's own machine is not locked out by a pupil's
    now[0] += WINDOW - 1
    assert tries.wait("a") == 1
    now[0] += 1
    assert tries.wait("a") == 0
    for k in range(TRIES_IN_ALL):
        tries.wrong(f"machine {k}")
    assert tries.wait("a new machine") == WINDOW


def test_wrong_ones_are_refused_and_after_five_the_right_one_waits_too(visit):
    app = visit("app.py")
    for _ in range(TRIES):
        assert "not the passphrase" in unlock(app, "a wrong passphrase").error[0].value
    assert "Too many wrong passphrases: try again in" in unlock(app).error[0].value
    assert app.button(key="start_trio").disabled
    fresh = visit("app.py")  # another tab does not count anew
    assert "Too many" in unlock(fresh).error[0].value


def test_it_holds_for_one_browser_session_and_until_it_is_locked_again(visit, monkeypatch):
    monkeypatch.setattr(presenter, "_browsers", set())
    monkeypatch.setattr(voter, "word", lambda: "the teacher's")
    assert not presenter.is_presenters("the teacher's")
    first, second = unlock(visit("app.py")), visit("app.py")
    assert not first.button(key="start_trio").disabled
    assert second.button(key="start_trio").disabled
    assert presenter.is_presenters("the teacher's")  # all its tabs wait for nobody, and may change as little as before
    first.switch_page("pages/1_Runs.py").run()
    assert not first.button(key="start").disabled  # through all pages of the tab
    first.button(key="presenter_lock").click().run()
    assert first.button(key="start").disabled


def test_the_passphrase_is_not_kept_in_the_page(visit):
    app: AppTest = unlock(visit("app.py"))
    assert PASSPHRASE not in str(app.session_state)
    assert PASSPHRASE not in str(app.main)
