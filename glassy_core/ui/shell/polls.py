"""A question to all who look on: one vote a browser, no names, for the sitting; then all votes and the answer."""

from __future__ import annotations

import html
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from glassy_core.figures.palette import FAMILIES, GREY
from glassy_core.ui.shell.polling import refreshed
from glassy_core.ui.shell.voter import voter
from glassy_core.wording import counted

_LOOK, _IDLE = 2.0, 4.0  # seconds between looks at what others voted; at whether there is something to vote on
_MOST = 1000  # votes
Options = Sequence[tuple[Hashable, str]]
"""What may be voted, by value and name."""
_TALLEST, _WIDEST = 160, 90  # pixels of a bar


@dataclass
class Poll:
    """What is asked, each browser's vote, whether the answer is shown.

    question: None where nothing is asked. asked: how many questions there were so far. past: of those whose answer was
    shown, how many votes were right and how many there were.
    """

    question: Any = None
    votes: dict[str, Hashable] = field(default_factory=dict)
    shown: bool = False
    asked: int = 0
    past: list[tuple[int, int]] = field(default_factory=list)

    @property
    def stage(self) -> tuple[object, ...]:
        """What a page drawn before has to be drawn anew for: a vote from another tab of the browser, too."""
        return self.asked, self.question is not None, self.shown, self.ballot

    def ask(self, question: Any) -> None:
        """Put a question; who has voted on another one votes anew."""
        self.votes.clear()
        self.asked += 1
        self.question, self.shown = question, False

    def cast(self, vote: Hashable | None) -> None:
        """Keep this browser's vote; a later one takes its place, None takes it back, a late one is not kept."""
        if self.question is None or self.shown:
            return
        if vote is None:
            self.votes.pop(voter(), None)
        elif voter() in self.votes or len(self.votes) < _MOST:
            self.votes[voter()] = vote

    @property
    def ballot(self) -> Any:
        """This browser's vote, None where there is none."""
        return self.votes.get(voter())

    def show(self, answer: Hashable) -> None:
        """Show the answer."""
        if not self.shown:
            self.past.append((sum(vote == answer for vote in self.votes.values()), len(self.votes)))
        self.shown = True

    def close(self) -> None:
        """Ask nothing any more."""
        self.question = None


@st.cache_resource(show_spinner=False)
def shared(name: str) -> Poll:
    """The one of that name of this server."""
    return Poll()


def follow(poll: Poll, name: str, noun: str = "vote", on_wall: Options = ()) -> None:
    """Say how many have voted, and have the page drawn anew once there is another question or its answer.

    on_wall: the options over which all votes are shown as they come in; none where the page is no wall.
    """
    _follow(poll, name, noun, _LOOK, on_wall)


def watch(poll: Poll, name: str, alone: bool) -> None:
    """Have the page drawn anew soon after a question was put, unless nobody else could put one (alone)."""
    _follow(poll, name, "vote", None if alone else _IDLE)


def _follow(poll: Poll, name: str, noun: str, period: float | None, on_wall: Options = ()) -> None:
    drawn = poll.stage

    def look() -> None:
        if poll.stage != drawn:
            st.rerun()
        if poll.question is not None and not poll.shown:
            st.markdown(f"**{counted(len(poll.votes), noun)}** so far.")
            if on_wall:
                bars(poll, on_wall, None)

    refreshed(name, look, period)


def bars(poll: Poll, options: Options, answer: Hashable | None) -> None:
    """All votes as bars over the options, the right one in blue and with a mark; none is right while answer is None."""
    counts = [sum(vote == value for vote in poll.votes.values()) for value, _ in options]
    most = max(counts) or 1
    parts = []
    for (value, name), n in zip(options, counts, strict=True):
        right = value == answer
        colour = FAMILIES["over"][0] if right else GREY
        parts.append(
            f'<div style="flex:1;text-align:center"><div>{"▼ " if right else ""}{n or ""}</div>'
            f'<div style="height:{max(_TALLEST * n / most, 2):.0f}px;background:{colour};border-radius:3px"></div>'
            f"<div>{html.escape(name)}</div></div>"
        )
    told = ", ".join(f"{name}: {n}" for (_, name), n in zip(options, counts, strict=True) if n) or "no votes"
    style = f"display:flex;gap:4px;align-items:flex-end;min-height:{_TALLEST + 52}px;"
    style += f"max-width:{min(_WIDEST * len(options), 760)}px"
    st.html(f'<div role="img" aria-label="{html.escape(told)}" style="{style}">{"".join(parts)}</div>')
