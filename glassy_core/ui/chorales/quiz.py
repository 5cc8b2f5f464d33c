"""The view Bach or network?: pairs of excerpts, of which one is the network's.

In a class one pair is asked of all who look on, and their votes are collected; else each browser has its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.editions.loading import Edition
from glassy_core.music.composition import COOL
from glassy_core.music.decoding import DecodingConfig
from glassy_core.music.midi import Sound
from glassy_core.music.quiz import Question, ask
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.controls import singing
from glassy_core.ui.chorales.player import player
from glassy_core.ui.chorales.settings import SPLIT_NAMES, Selection, composer_of
from glassy_core.ui.chorales.singers import Checkpoint
from glassy_core.ui.chorales.songs import Song
from glassy_core.ui.shell import actions, polls, presenter
from glassy_core.ui.shell.actions import Outcome
from glassy_core.ui.shell.choice import forget_unless
from glassy_core.ui.shell.frame import plain, prose
from glassy_core.ui.shell.polls import Poll
from glassy_core.wording import counted

PRIME = 4  # chords given, Bach's in either excerpt
LENGTH = 20  # chords of an excerpt
NAMES = ("A", "B")
# A class's pair is the presenter's choice: for the others the vote comes first.
_ASKED_ALONE = ".st-key-settings { display: none; }"
_OWN, _SEED, _ASKED = "quiz", "quiz_seed", "quiz_asked"


@dataclass(frozen=True)
class Pair:
    """A question with what is said of it. wanted: what was chosen on the page when it was made."""

    question: Question
    composer: str
    split: str
    wanted: tuple[object, ...]


def quiz_view(selection: Selection) -> None:
    """One pair, two answers, the score."""
    in_class = presenter.class_mode()
    poll = polls.shared("quiz") if in_class else st.session_state.setdefault(_OWN, Poll())
    with st.container():  # which is there for all: what follows keeps its place
        if not presenter.may_act():
            st.html(f"<style>{_ASKED_ALONE}</style>")
    prose(
        f"Two excerpts of {LENGTH} chords with the same {PRIME} at the beginning. One goes on as {selection.composer} "
        f"does, the other as the network sings, drawn at T = {COOL:g} with four voices at most. Of many "
        "pairs it is one in which both leap alike: which of them is whose must be heard."
    )
    # Each is there for all and always, so that the votes, which are drawn again by themselves, keep their place.
    excerpts, votes, rest = st.container(), st.container(), st.container()
    with presenter.part("quiz"):
        split = _choose_split(selection.edition)
        if in_class:
            _ask_button(poll)
    with excerpts:
        if not in_class:
            _renew(selection, split, poll)
        if poll.question is not None:
            _excerpts(poll, selection.sound)
    if in_class:
        with votes:
            _votes(poll)
    with rest:
        if poll.question is not None:
            _answered(poll, in_class)
        elif in_class:
            st.markdown("The next pair is played here as soon as the presenter asks.")
        _score(poll)


def _splits(edition: Edition) -> list[str]:
    """The sets of an edition that may be asked for, the first of them at first."""
    return [split for split in ("valid", "train") if edition.splits[split]]


def _choose_split(edition: Edition) -> str:
    splits = _splits(edition)
    forget_unless("quiz_split", splits)  # it may be another edition's
    return st.radio(
        "Chorales", splits, horizontal=True, key="quiz_split",
        format_func={"valid": "that it never saw (validation)", "train": "of the training set"}.get,
    )  # fmt: skip


def _ask_button(poll: Poll) -> None:
    words = "Ask the class" if poll.question is None else "Next pair"
    actions.button(
        words, key="quiz_ask", type="primary" if poll.question is None or poll.shown else "secondary",
        args=(_ask_as_chosen, poll),
    )  # fmt: skip
    actions.show_outcome()


def _ask_as_chosen(poll: Poll) -> Outcome:
    """The next pair, of the network and the chorales that are chosen when the button is pressed."""
    checkpoint, edition = singing()
    splits = _splits(edition)
    chosen = st.session_state["quiz_split"]
    return _put(checkpoint, edition, chosen if chosen in splits else splits[0], poll)


def _renew(selection: Selection, split: str, poll: Poll) -> None:
    """Another pair where none was asked yet, or what is chosen on the page has changed."""
    checkpoint, edition = selection.checkpoint, selection.edition
    if poll.question is None or poll.question.wanted != _wanted(checkpoint, edition, split):
        poll.close()
        with st.spinner("The network is singing", show_time=True):
            said = _put(checkpoint, edition, split, poll).notice
        if said:
            st.info(said, icon=":material/info:")


def _wanted(checkpoint: Checkpoint, edition: Edition, split: str) -> tuple[object, ...]:
    return checkpoint, edition.digest, split


def _put(checkpoint: Checkpoint, edition: Edition, split: str, poll: Poll) -> Outcome:
    """Ask the next pair; a sentence where there is none."""
    chorales, composer = edition.splits[split], composer_of(edition)
    if all(len(chorale) < LENGTH for chorale in chorales):
        return Outcome(notice=f"No chorale of this set has {LENGTH} chords, as an excerpt has: choose others.")
    wanted = _wanted(checkpoint, edition, split)
    before = st.session_state.setdefault(_ASKED, {}).setdefault(wanted, [])
    # Drawn coldly it leaps the least, by threshold the most; a fifth voice would give it away.
    decoding = DecodingConfig("sample", {"temperature": COOL}, four_voices=True, seed=len(before))

    def sing(primes: Sequence[Chorale]) -> Sequence[Chorale]:
        return singers.continued(checkpoint, edition, primes, LENGTH, decoding)

    seed = st.session_state.setdefault(_SEED, secrets.randbits(32))
    question = ask(chorales, sing, seed, len(before), PRIME, LENGTH, before)
    if question is None and before:  # all have been asked
        before.clear()
        question = ask(chorales, sing, seed, len(before), PRIME, LENGTH)
    if question is None:
        return Outcome(
            notice=f"This network sings these chorales as {composer} has them, chord by chord: choose "
            "others, or an earlier checkpoint."
        )
    before.append(question.chorale)
    poll.ask(Pair(question, composer, split, wanted))
    return Outcome()


def _excerpts(poll: Poll, sound: Sound) -> None:
    """The two excerpts, each with the vote for it or, once it is shown, with whose it is."""
    pair: Pair = poll.question
    answer = pair.question.bach
    for k, (place, chords) in enumerate(zip(st.columns(2), pair.question.excerpts, strict=True)):
        with place, st.container(border=True, key=f"excerpt-{NAMES[k]}"):
            if poll.shown:
                st.markdown(f"**{NAMES[k]}**: {plain(pair.composer if k == answer else 'the network')}")
            else:
                st.button(
                    f"{NAMES[k]} is {plain(pair.composer)}", key=f"answer_{NAMES[k]}",
                    type="primary" if poll.ballot == k else "secondary", on_click=_answer, args=(poll, poll.asked, k),
                )  # fmt: skip
            given = PRIME if poll.shown and k != answer else LENGTH
            player(
                Song(chords, given, given % LENGTH), sound, f"quiz_{k}", f"Pair {poll.asked}, excerpt {NAMES[k]}",
                small=True, hidden=True,
            )  # fmt: skip


def _votes(poll: Poll) -> None:
    """How many have voted; has the page drawn anew once there is another pair or the answer."""
    if poll.question is None:
        polls.watch(poll, "quiz", alone=False)
    else:
        polls.follow(poll, "quiz")


def _answered(poll: Poll, in_class: bool) -> None:
    """Which is whose once it is shown, and the way to there and on from there."""
    if not poll.shown:
        if in_class:
            actions.button("Show the answer", key="quiz_show", type="primary", args=(_show, poll))
        return
    _told(poll, poll.question, in_class)
    if not in_class:
        st.button("Next pair", key="quiz_next", icon=":material/arrow_forward:", on_click=_next, args=(poll,))


def _answer(poll: Poll, asked: int, k: int) -> None:
    """A vote for one of the two; none on another pair than the one that was heard. asked: the number of that one."""
    if poll.asked != asked:
        return
    poll.cast(k)
    if not presenter.class_mode():
        _show(poll)


def _next(poll: Poll) -> None:
    """This browser's own pairs: on to another one."""
    poll.close()


def _show(poll: Poll) -> Outcome:
    poll.show(poll.question.question.bach)
    return Outcome()


def _told(poll: Poll, pair: Pair, in_class: bool) -> None:
    answer, own = pair.question.bach, poll.ballot
    right, votes = poll.past[-1]
    if in_class:
        polls.bars(poll, [(k, NAMES[k]) for k in range(2)], answer)
    said = f"**{NAMES[answer]}** is {plain(pair.composer)}, {NAMES[1 - answer]} the network: "
    said += plain(f"{SPLIT_NAMES[pair.split]} chorale {pair.question.chorale}.")
    if in_class:
        said += f" {right} of {counted(votes, 'vote')} had it."
    elif own is not None:
        said += " You had it." if own == answer else " You took the network for it: so good is it here."
    st.markdown(said)


def _score(poll: Poll) -> None:
    """How many votes were right so far."""
    right, votes = (sum(counts) for counts in zip(*poll.past, strict=True)) if poll.past else (0, 0)
    if not votes:
        return
    with st.container(horizontal=True, gap="large", vertical_alignment="center", key="score"):
        st.metric("Right so far", f"{right} of {votes}", width="content")
        prose("Guessing gives one half: so does a network that passes.")
        actions.button("Start over", key="quiz_over", icon=":material/restart_alt:", args=(_over, poll))


def _over(poll: Poll) -> Outcome:
    poll.past.clear()
    return Outcome()
