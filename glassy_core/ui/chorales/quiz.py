"""The view Bach or network?: a blind quiz for a class, its score kept for the sitting."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.music.quiz import Author, Question, Tally, ask
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.player import player
from glassy_core.ui.chorales.settings import SPLIT_NAMES, Selection
from glassy_core.ui.chorales.songs import Song
from glassy_core.ui.shell.choice import forget_unless
from glassy_core.ui.shell.frame import plain, prose

PRIME = 4  # chords given, Bach's in either case
LENGTH = 20  # chords of an excerpt
AUTHORS: tuple[Author, ...] = ("Bach", "network")
_SITTING = "quiz"


@dataclass(frozen=True)
class Sitting:
    """How far the quiz is: its seed, the question's number, what was answered to which question, the score."""

    seed: int
    number: int = 0
    question: Question | None = None
    answer: Author | None = None
    tally: Tally = field(default_factory=Tally)


def quiz_view(selection: Selection) -> None:
    """One question, two answers, the score."""
    composer = selection.composer
    prose(
        f"An excerpt of {LENGTH} chords. Its first {PRIME} are {composer}'s in any case; who wrote the rest? The "
        "network is the one chosen above, with its way of choosing chords and four voices at most. Chorales that it "
        f"sings exactly as {composer} has them are left out: nobody could tell them apart."
    )
    split = _choose_split(selection)
    if all(len(chorale) < LENGTH for chorale in selection.edition.splits[split]):
        st.info(
            f"No chorale of this set has {LENGTH} chords, as an excerpt has: choose others.", icon=":material/info:"
        )
        return
    question = _question(selection, split)
    if question is not None:
        _ask(selection, split, question)
    else:
        st.info(
            f"This network sings these chorales as {composer} has them, chord by chord: choose others, or an "
            "earlier checkpoint.", icon=":material/info:",
        )  # fmt: skip
    _score(_sitting().tally, composer)


def _choose_split(selection: Selection) -> str:
    splits = [split for split in ("valid", "train") if selection.edition.splits[split]]
    forget_unless("quiz_split", splits)  # it may be another edition's
    return st.radio(
        "Chorales", splits, horizontal=True, key="quiz_split",
        format_func={"valid": "that it never saw (validation)", "train": "of the training set"}.get,
    )  # fmt: skip


def _sitting() -> Sitting:
    return st.session_state.setdefault(_SITTING, Sitting(secrets.randbits(32)))


def _question(selection: Selection, split: str) -> Question | None:
    """The question to be asked now, or the one that has been answered."""
    decoding = replace(selection.decoding, four_voices=True)  # a fifth voice would give it away

    def sing(prime: Chorale) -> Chorale:
        return singers.sing(selection.checkpoint, selection.edition, [prime], LENGTH, decoding)[0].chords

    def asked() -> Question | None:
        sitting = _sitting()
        return ask(selection.edition.splits[split], sing, sitting.seed, sitting.number, PRIME, LENGTH)

    with st.spinner("The network is singing", show_time=True):
        question = asked()
        if _sitting().answer is not None and question != _sitting().question:
            _next()  # another network or set was chosen after the answer, which was not about this excerpt
            question = asked()
        return question


def _ask(selection: Selection, split: str, question: Question) -> None:
    """The excerpt, the two answers and, once one is given, who wrote it."""
    sitting, composer = _sitting(), selection.composer
    st.subheader(f"Question {sitting.number + 1}", anchor=False)
    answered = sitting.answer is not None
    given = PRIME if answered else 0
    author = _by(question.author, composer)
    legend = (("given", "given"), ("network", f"by {author}")) if answered else ()
    player(
        Song(question.chords, given, given), selection.sound, "quiz_player",
        f"An excerpt by {composer} or by the network", hidden=True, legend=legend,
    )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for answer in AUTHORS:
            st.button(
                _by(answer, composer).capitalize(), key=f"answer_{answer}", disabled=answered, type="primary",
                on_click=_answer, args=(question, answer),
            )  # fmt: skip
        st.button(
            "Next question", key="quiz_next", disabled=not answered, icon=":material/arrow_forward:", on_click=_next
        )
    if answered:
        right = sitting.answer == question.author
        words = f"It is by {author}: {SPLIT_NAMES[split]} chorale {question.chorale}."
        (st.success if right else st.error)(plain(("Right. " if right else "No. ") + words))


def _by(author: Author, composer: str) -> str:
    return composer if author == "Bach" else "the network"


def _answer(question: Question, answer: Author) -> None:
    sitting = _sitting()
    tally = sitting.tally.after(question.author, answer)
    st.session_state[_SITTING] = replace(sitting, question=question, answer=answer, tally=tally)


def _next() -> None:
    sitting = _sitting()
    st.session_state[_SITTING] = replace(sitting, number=sitting.number + 1, question=None, answer=None)


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
    st.button("Start over", key="quiz_over", icon=":material/restart_alt:", on_click=_reset)


def _reset() -> None:
    del st.session_state[_SITTING]
