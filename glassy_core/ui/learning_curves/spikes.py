"""Chaotic spikes on the Learning curves page: what they are, and the button that halves eta of a running run."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.figures.style import Curve, Ensemble
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import actions
from glassy_core.ui.shell.frame import plain, store

_TROUBLE = "spikes_trouble"


def spikes(settings: Sequence[Ensemble], rows: Sequence[Row]) -> None:
    """For every run with spikes one sentence, and a button where eta should be halved and still can be."""
    actions.show_trouble(_TROUBLE)
    running = {row.id for row in rows if row.state.status == "running"}
    quiet = []
    for curve in (curve for setting in settings for curve in setting.curves):
        found = curve.spikes
        if found is None or len(found.peaks) == 0:
            continue
        if found.suggest and curve.id in running:
            _suggestion(curve, found.sentence)
        else:
            end = "" if curve.id in running else " The run is not at work now."
            quiet.append(f"{plain(curve.label)}: {found.sentence}{end if found.suggest else ''}")
    if quiet:
        st.caption("Rings mark chaotic spikes. " + " ".join(quiet))


def _suggestion(curve: Curve, sentence: str) -> None:
    half = float(curve.series.eta[-1]) / 2
    asked = store().named(curve.id).requested_eta()
    with st.container(horizontal=True, vertical_alignment="center", key=f"spikes-{curve.id}"):
        st.markdown(f":material/bolt: **{plain(curve.label)}**: {sentence}", width=620)
        actions.button(
            f"Halve η to {half:.3g}" if asked is None else f"η = {asked:.3g} is on its way",
            key=f"halve-{curve.id}",
            args=(actions.halve_eta, curve.id, half),
            kwargs={"key": _TROUBLE},
            disabled=asked is not None,
            help="The run goes on with half the learning rate from its next step; the change is marked on the curve.",
        )
