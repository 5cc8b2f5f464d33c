"""The view Hear the transition: one prime through three widths, and through the checkpoints of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from glassy_core.errors import EXPECTED, sentence
from glassy_core.paper.regimes import of_the_trio, regime, trio
from glassy_core.runs import checkpoints
from glassy_core.runs.groups import World
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.doors import nobody_asked_for_the_chorale
from glassy_core.ui.chorales.fate import as_written, short_fate
from glassy_core.ui.chorales.player import player
from glassy_core.ui.chorales.settings import TELLING, Selection
from glassy_core.ui.chorales.singers import Checkpoint
from glassy_core.ui.chorales.songs import Song, ending
from glassy_core.ui.results import curves
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import plain, prose
from glassy_core.ui.shell.words import number

HEARD = 60  # of the network's own chords: past the place where many chorales repeat their beginning
STAGES = 6  # checkpoints along tau
TRIED = 8  # chorales among which the view looks for the one that it opens with


def choose_telling(selection: Selection, rows: Sequence[Row]) -> None:
    """Draw the page anew with the chorale that tells most, where the address asks for none."""
    if not nobody_asked_for_the_chorale() or selection.prime.split != "train":
        return
    telling_one = _telling_chorale(selection, by_width(rows, selection.row))
    if telling_one != selection.prime.number:
        st.session_state[TELLING] = {"chorale": telling_one}
        st.rerun()


def transition_view(selection: Selection, rows: Sequence[Row]) -> None:
    """Both sweeps, a play button each; only one sounds at a time."""
    widths = by_width(rows, selection.row)
    st.subheader("Through the width", anchor=False)
    prose(
        "The same first chords, sung on by networks that differ in their width *w* alone. Grey: the given chords. "
        "Blue: the network's own. Outlined: pitches it considered and did not sing."
    )
    if len(widths) < 2:
        st.info(
            "There is one width only so far. Start the class trio on the Home page: three networks, under, near and "
            "over the critical width, within minutes.", icon=":material/info:",
        )  # fmt: skip
    _players(selection, [(_width_title(row), singers.last_checkpoint(row)) for row in widths], "width")
    st.subheader("Along proper time", anchor=False)
    prose(
        f"One network, {plain(selection.name)}, at moments of its learning. Untrained, at τ = 0, "
        f"{selection.decoding.rule.untrained} Then come a few notes again and again, later chords, at last the music, "
        "as far as its width allows."
    )
    _players(selection, [(f"τ = {number(at.tau)}", at) for at in _along_tau(selection.row)], "tau")


def _telling_chorale(selection: Selection, widths: Sequence[Row]) -> int:
    """Number of the chorale, among the first that were learned, that the widths know most differently."""
    k = len(selection.prime.chords)
    chorales = selection.learned[:TRIED]
    primes = [chorale[:k] for chorale in chorales]
    counts = []
    for row in widths:
        pieces = singers.sing(singers.last_checkpoint(row), selection.edition, primes, k + HEARD, selection.decoding)
        counts.append([as_written(piece, chorale)[0] for piece, chorale in zip(pieces, chorales, strict=True)])
    return telling(counts)


def telling(counts: Sequence[Sequence[int]]) -> int:
    """The chorale whose fates differ most.

    counts: chords as written, by network from narrow to wide, and by chorale. First counts what the widest knows more
    of it than the narrowest, then what all know of it together; of equals the first.
    """
    if not counts:
        return 0
    return max(
        range(len(counts[0])),
        key=lambda n: (counts[-1][n] - counts[0][n], sum(of_network[n] for of_network in counts), -n),
    )


def by_width(rows: Sequence[Row], like: Row) -> list[Row]:
    """Up to three runs that learn as `like` does, one a width: the class trio, else narrow, middle, wide.

    For its own width `like` sings itself, for others the run that has learned longest, of equals the newest.
    """
    assert like.config is not None
    best_last = sorted(same_world(rows, like), key=lambda row: (row.id == like.id, row.state.tau, row.id))
    narrow_to_wide = trio((row, row.config) for row in reversed(best_last))
    if len(narrow_to_wide) == 3 and of_the_trio(like.config):
        return narrow_to_wide
    one_each = {row.config.width: row for row in best_last if row.config}
    widths = sorted(one_each)
    if len(widths) > 3:
        widths = [widths[0], widths[len(widths) // 2], widths[-1]]
    return [one_each[width] for width in widths]


def same_world(rows: Sequence[Row], like: Row) -> list[Row]:
    """Runs of the same depth that learn the same data in the same way, newest first."""
    return [row for row in rows if _world(row) == _world(like)]


def _world(row: Row) -> tuple[int, World]:
    member = curves.member(row)
    return member.config.depth, member.world


def _along_tau(row: Row) -> list[Checkpoint]:
    """Checkpoints from the untrained network to the last one, even in number; damaged ones are left out."""
    usable = []
    for step in singers.steps(row):
        try:
            usable.append(singers.checkpoint(row, step))
            usable[-1].snapshot()
        except checkpoints.CheckpointError:
            usable = [at for at in usable if at.step != step]
    last = len(usable) - 1
    places = sorted({round(i * last / (STAGES - 1)) for i in range(STAGES)}) if last > 0 else range(last + 1)
    return [usable[i] for i in places]


def _width_title(row: Row) -> str:
    assert row.config is not None
    side = regime(row.config)
    return f"w = {row.config.width}" + (f", {side} the critical width" if side else "")


def _players(selection: Selection, singing: Sequence[tuple[str, Checkpoint]], key: str) -> None:
    """A small player each: its title, and who sings."""
    with st.grid(3, min_column_width=320, gap="medium"):
        for i, (title, checkpoint) in enumerate(singing):
            with st.container(border=True, key=f"{key}-{i}"):
                try:
                    _small_player(selection, title, checkpoint, f"play_{key}_{i}")
                except EXPECTED as error:
                    st.error(plain(sentence(error)))


def _small_player(selection: Selection, title: str, checkpoint: Checkpoint, key: str) -> None:
    prime = selection.prime
    length = len(prime.chords) + HEARD
    piece = singers.sing(checkpoint, selection.edition, [prime.chords], length, selection.decoding)[0]
    song = Song.of(piece)
    if not any(piece.continuation):  # where nothing is sung, as untrained, all it considered would be one solid block
        song = replace(song, considered=())
    st.markdown(f"**{plain(title)}**" + (f": {short_fate(piece, prime.chorale)}" if prime.chorale else ""))
    player(song, selection.sound, key, f"{title}: {length} chords", small=True)
    st.caption(ending(piece) if piece.decoding.rule.deterministic else "Drawn by lot.")
