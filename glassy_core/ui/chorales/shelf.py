"""The shelf of the view Compose: good pieces, chosen once, a touch away."""

from __future__ import annotations

import numpy as np
import streamlit as st

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.errors import EXPECTED, sentence
from glassy_core.music.decoding import DecodingConfig
from glassy_core.music.piece import Piece
from glassy_core.music.shelf import ShelfPiece, shelf
from glassy_core.ui.chorales.settings import Selection
from glassy_core.ui.shell.address import get, put
from glassy_core.ui.shell.frame import plain

_BESIDE = "chorales_beside_shelf"  # of the session: what the settings were when a piece was taken from the shelf


def taken() -> ShelfPiece | None:
    """The piece that the address names, None where it names none that there is."""
    number = get("shelf")
    pieces = _pieces() if number else ()
    return pieces[number - 1] if 0 < number <= len(pieces) else None


def _pieces() -> tuple[ShelfPiece, ...]:
    """What is on the shelf; one that cannot be read is said to be so in place of it, and the page goes on."""
    try:
        return shelf()
    except EXPECTED as error:
        st.warning(plain(sentence(error)), icon=":material/warning:")
        return ()


def put_back_for_another(selection: Selection) -> None:
    """Put the piece back on the shelf once the reader has changed what is composed; before the address is written."""
    beside = st.session_state.setdefault(_BESIDE, _what(selection)) if get("shelf") else None
    if beside != _what(selection):
        put("shelf", 0)
        st.session_state.pop(_BESIDE, None)


def _what(selection: Selection) -> tuple[object, ...]:
    """What a piece is composed by."""
    chosen = selection.decoding
    return (selection.row.id, selection.checkpoint.step, selection.prime.chords, chosen.to_json(), selection.length)


def shelf_row() -> None:
    """A button a piece."""
    pieces = _pieces()
    if not pieces:
        return
    st.markdown("**A shelf of good ones**")
    with st.container(horizontal=True, gap="small", key="shelf"):
        for number, piece in enumerate(pieces, 1):
            here = number == get("shelf")
            st.button(
                plain(piece.title), key=f"shelf-{number}", help=plain(piece.words), on_click=put,
                args=("shelf", number), type="primary" if here else "secondary",
            )  # fmt: skip


def as_piece(on_shelf: ShelfPiece) -> Piece:
    """It as a piece of which nothing is known but its chords."""
    n = len(on_shelf.chords)
    unknown = np.full((n, N_PITCHES), np.nan)
    return Piece(on_shelf.chords, on_shelf.prime, unknown, unknown[:, 0], DecodingConfig(), None)
