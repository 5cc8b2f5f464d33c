"""The view Compose: new music, the best of a few pieces drawn at once."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from glassy_core.editions.loading import Edition
from glassy_core.errors import EXPECTED
from glassy_core.music.composition import DRAWS, Composition
from glassy_core.music.harmony import Harmony, harmony
from glassy_core.ui.chorales.controls import singing
from glassy_core.ui.chorales.downloads import downloads
from glassy_core.ui.chorales.heading import heading
from glassy_core.ui.chorales.player import NETWORK_LEGEND, player
from glassy_core.ui.chorales.settings import Selection
from glassy_core.ui.chorales.shelf import as_piece, shelf_row, taken
from glassy_core.ui.chorales.songs import Song
from glassy_core.ui.shell.address import get, put
from glassy_core.ui.shell.frame import link_to, prose, store
from glassy_core.wording import counted


def compose_view(selection: Selection) -> None:
    """The piece with its title, the ways to another one, what it is, its files; and the shelf."""
    on_shelf = taken()
    if on_shelf:
        song = Song(on_shelf.chords, on_shelf.prime, on_shelf.prime)
        piece, title, words = as_piece(on_shelf), on_shelf.title, on_shelf.words
    else:
        with st.spinner("Composing", show_time=True):
            made = selection.composition()
        piece, title = made.piece, _title_of(selection, made)
        song, words = Song.of(piece), f"{_who(selection)} {_how_clean(selection, made)}"
    heading(title, "Another piece", _begin_another)
    legend = NETWORK_LEGEND[:2] if on_shelf else NETWORK_LEGEND
    player(song, selection.sound, "composed", f"{title}: {len(song.chords)} chords", legend=legend)
    prose(words)
    if on_shelf and on_shelf.run in {run.id for run in store().runs()}:
        link_to("Learning curves", "How this network learned", {"run": on_shelf.run})
    shelf_row()
    downloads(piece, selection.sound, title)


def _begin_another() -> None:
    """Go on to the next beginning, after the last one to other pieces; from the shelf back to what was there.

    By the settings as they stand when the button is pressed; the page says it where a run has gone.
    """
    if taken():
        put("shelf", 0)
        return
    with suppress(*EXPECTED):
        beginnings = singing()[1].splits[get("split")] if get("prime") == "chorale" else ()
        round_again = get("chorale") + 1 >= len(beginnings)
        put("chorale", 0 if round_again else get("chorale") + 1)
        put("seed", get("seed") + round_again)


def _title_of(selection: Selection, made: Composition) -> str:
    """What a listener calls it: its key, as opus the chorale that it begins with, and which draw it is."""
    number = selection.decoding.seed + 1
    if selection.prime.chorale:
        return made.title(selection.prime.number, number)
    return f"Chorale in {made.key} on a chord, no. {number}"


def _who(selection: Selection) -> str:
    config, prime = selection.checkpoint.config, selection.prime
    k = counted(len(prime.chords), "chord")
    if not prime.chorale:
        given = k
    elif prime.split == "train" and prime.number < config.chorales:
        given = f"the first {k} of one of them"
    else:
        given = f"the first {k} of one that it never heard"
    return (
        f"A network of {counted(config.depth, 'layer')} with {config.width} units each learned "
        f"{counted(config.chorales, 'chorale')} of {selection.composer}'s. Here it begins with {given} and goes on by "
        "itself to the end of a phrase."
    )


def _how_clean(selection: Selection, made: Composition) -> str:
    theirs = _written(selection.edition.digest, selection.edition)
    clusters = made.harmony.clusters
    drawn = "" if selection.decoding.rule.deterministic else f" It is the best of {DRAWS} drawn at once."
    return (
        f"**{made.harmony.named:.0%}** of its chords are triads or sevenths ({selection.composer}'s: "
        f"{theirs.named:.0%}), {f'{clusters:.0%} are' if clusters else 'none is a'} "
        f"cluster{'s' if clusters else ''}, and at most **{counted(made.copied, 'chord')}** in a row stand"
        f"{'s' if made.copied == 1 else ''} so in a chorale that it learned.{drawn}"
    )


@st.cache_data(show_spinner=False, max_entries=16)
def _written(digest: str, _edition: Edition) -> Harmony:
    """That of the composer's own chords: held out where the edition holds some out."""
    splits = _edition.splits
    return harmony(tuple(chord for chorale in splits["valid"] or splits["train"] for chord in chorale))
