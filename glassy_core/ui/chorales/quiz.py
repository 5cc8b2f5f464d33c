"""The view Bach or network?: a blind quiz for a class, its score kept for the sitting."""

from __future__ import annotations

import secrets
from dataclasses import replace

import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.music.quiz import Author, Question, Tally, ask
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.player import player
from glassy_core.ui.chorales.settings import SPLIT_NAMES, Wish
from glassy_core.ui.chorales.songs import Song
from glassy_core.ui.shell.frame import plain, prose

PRIME = 4  # chords given, Bach's in either case
LENGTH = 20  # chords of an excerpt
_STATE = "quiz"


def quiz_view(wish: Wish) -> None:
    """One question, two answers, the score."""
    prose(
        f"An excerpt of {LENGTH} chords. Its first {PRIME} are {wish.composer}'s in any case; who wrote the rest? The "
        "network is the one chosen above, with its way of choosing chords and four voices at most. Chorales that it "
        f"sings exactly as {wish.composer} has them are left out: nobody could tell them apart."
    )
    there = [split for split in ("valid", "train") if wish.edition.splits[split]]
    if st.session_state.get("quiz_split") not in there:
        st.session_state.pop("quiz_split", None)  # another edition's
    split = st.radio(
        "Chorales", there, horizontal=True, key="quiz_split",
        format_func={"valid": "that it never saw (validation)", "train": "of the training set"}.get,
    )  # fmt: skip
    state = st.session_state.setdefault(
        _STATE, {"seed": secrets.randbits(32), "number": 0, "answered": None, "answer": None, "tally": Tally()}
    )
    if all(len(chorale) < LENGTH for chorale in wish.edition.splits[split]):
        st.info(
            f"No chorale of this set has {LENGTH} chords, as an excerpt has: choose others.", icon=":material/info:"
        )
        return
    question = _question(wish, split, state)
    if state["answer"] is not None and question != state["answered"]:
        _next()  # another network or set was chosen after the answer, which was not about this excerpt
        question = _question(wish, split, state)
    if question is None:
        st.info(
            f"This network sings these chorales as {wish.composer} has them, chord by chord: choose others, or an "
            "earlier checkpoint.", icon=":material/info:",
        )  # fmt: skip
        _score(state["tally"], wish.composer)
        return
    st.subheader(f"Question {state['number'] + 1}", anchor=False)
    answered = state["answer"] is not None
    song = Song(question.chords, PRIME if answered else 0, PRIME if answered else 0)
    legend = (("given", "given"), ("network", "who is this?" if not answered else f"by {_by(question.author, wish)}"))
    player(song, wish.sound, "quiz_player", f"An excerpt by {wish.composer} or by the network", hidden=True,
           legend=legend if answered else ())  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for author in ("Bach", "network"):
            st.button(
                _by(author, wish).capitalize(), key=f"answer_{author}", disabled=answered, type="primary",
                on_click=_answer, args=(question, author),
            )  # fmt: skip
        st.button(
            "Next question", key="quiz_next", disabled=not answered, icon=":material/arrow_forward:", on_click=_next
        )
    if answered:
        right = state["answer"] == question.author
        words = f"It is by {_by(question.author, wish)}: {SPLIT_NAMES[split]} chorale {question.chorale}."
        (st.success if right else st.error)(plain(("Right. " if right else "No. ") + words))
    _score(state["tally"], wish.composer)


def _question(wish: Wish, split: str, state: dict) -> Question | None:
    decoding = replace(wish.decoding, four_voices=True)  # a fifth voice would give it away

    def sing(prime: Chorale) -> Chorale:
        return singers.sing(wish.source, wish.edition, [prime], LENGTH, decoding)[0].chords

    with st.spinner("The network is singing", show_time=True):
        return ask(wish.edition.splits[split], sing, state["seed"], state["number"], PRIME, LENGTH)


def _by(author: Author | str, wish: Wish) -> str:
    return wish.composer if author == "Bach" else "the network"


def _answer(question: Question, author: Author) -> None:
    state = st.session_state[_STATE]
    state["answered"], state["answer"] = question, author
    state["tally"] = state["tally"].after(question.author, author)


def _next() -> None:
    state = st.session_state[_STATE]
    state["number"] += 1
    state["answered"] = state["answer"] = None


def _score(tally: Tally, composer: str) -> None:
    if not tally.asked:
        st.caption("No answer yet. The score is kept until this page is closed.")
        return
    with st.container(horizontal=True, gap="large", key="score"):
        st.metric("Right", f"{tally.right} of {tally.asked}", width="content")
        st.metric(
            f"{composer.capitalize()} called {composer}", f"{tally.bach_called_bach} of {tally.bach}", width="content"
        )
        st.metric(f"The network called {composer}", f"{tally.network_called_bach} of {tally.network}", width="content")
    prose(f"Guessing gives one half. A network that passes is called {composer} as often as {composer} is.")
    st.button(
        "Start over", key="quiz_over", icon=":material/restart_alt:", on_click=lambda: st.session_state.pop(_STATE)
    )
