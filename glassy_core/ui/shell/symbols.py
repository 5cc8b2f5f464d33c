"""The symbols in words that a student understands, on every page."""

from __future__ import annotations

import streamlit as st

from glassy_core.ui.shell.words import typeset

_SYMBOLS = (  # symbol as markdown, name, words
    ("d", "depth", "how many layers the network has, one on top of the other"),
    ("w", "width", "how many units each layer has"),
    ("w_c", "critical width", "the width below which a network cannot learn its chorales, however long it tries"),
    ("S(t), O(t)", "chords", "which of 54 pitches sound now, and which the network expects next"),
    ("η", "learning rate", "how far the weights move in one learning step"),
    ("p", "minibatch size", "how many examples one learning step looks at"),
    ("τ", "proper time", "all learning rates so far added up: how long the network has learned"),
    (
        "NLL",
        "loss",
        "how surprised the network is by the next chord, in bits a pitch: 1 is a coin toss, 0 certainty",
    ),
    ("NLL∞, a", "floor and exponent", "where the loss ends up, and how fast it gets there: as τ to the power -a"),
    (r"NLL\*, τ\*", "threshold and time", "a loss that counts as learned, and the proper time it takes to get there"),
    ("τ_w", "waiting time", "the age of the network when we begin to watch its weights"),
    ("Γ", "noise", "how much the gradient varies from example to example"),
    ("D, Δ", "fluctuation", "how far the weights have moved since τ_w; Δ is D in units of the noise"),
    ("α, μ", "exponents of aging", "how Δ begins to grow, and how well age is its only clock: μ = 1 if it is"),
)


def symbols() -> None:
    """A small window with all symbols."""
    with st.popover("Symbols", icon=":material/translate:", type="tertiary"):
        st.markdown(
            typeset("\n".join(f"- **{symbol}** {name}: {words}" for symbol, name, words in _SYMBOLS)), width=460
        )
