"""The part of the Critical width page on how much a parameter holds: small tasks and those of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import starmap

import streamlit as st

from glassy_core.figures.capacity import capacity_figure
from glassy_core.music.atlas import files
from glassy_core.music.atlas.grid import CHORALES
from glassy_core.physics.critical_width.capacity import PER, RANDOM, Capacity, Load, capacities
from glassy_core.physics.critical_width.criticality import Criticality, critical
from glassy_core.physics.critical_width.learning_times import THRESHOLDS, Recording
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import load_of
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results.critical_widths import analysed
from glassy_core.ui.shell.frame import prose

_SHORT = {"a_transition": "all / transition", "hidden": "hidden units / transition", "a_bit": "all / bit"}
_COPIES = 200  # artificial sweeps behind an interval of the atlas, which has to be there in a second


def section(groups: Mapping[str, Sequence[Member]]) -> None:
    """The figure where it is asked for, and how to read it; groups: the store's runs by what they learn."""
    if not st.toggle("How much does a parameter hold?", key="capacity", bind="query-params"):
        return
    per = st.segmented_control(
        "Counted", list(PER), default="hidden", required=True, format_func=_SHORT.__getitem__, key="per",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    found = list(capacities([*_of_atlas(), *_of_store(groups)], THRESHOLDS[0]))
    live_figure(capacity_figure(found, per), "capacities", _in_words(found, per), 420, "capacity")
    prose(
        f"Parameters at $w_c$ (NLL* = {THRESHOLDS[0]:g}) for what there is to learn: 1 to 8 chorales of the "
        "Playground's networks, and the runs here. Without $W$ and $h_0$, which every width has and which do most "
        "where there is little to learn, it settles: each transition takes nearly as many for 8 chorales as for 80. "
        f"Unrelated patterns take {RANDOM:g} parameters a bit (Gardner 1988); chorales, which repeat themselves, less."
    )


def _in_words(found: Sequence[Capacity], per: str) -> str:
    said = (f"{one.load.chorales} chorales, d = {one.depth}: {getattr(one, per).text(2)}" for one in found)
    return f"{PER[per].capitalize()} at w_c. " + "; ".join(said) + "."


@st.cache_resource(show_spinner=False, max_entries=1)
def _of_atlas() -> list[tuple[Load, Criticality]]:
    try:
        atlas = files.load(songs=False)
    except files.AtlasError:  # the Playground says it
        return []
    return [
        (load, critical(starmap(Recording, atlas.curves(n)), _COPIES))
        for n in CHORALES
        if (load := load_of(atlas.edition, n, atlas.digest))
    ]


def _of_store(groups: Mapping[str, Sequence[Member]]) -> list[tuple[Load, Criticality]]:
    worlds = ((members[0].world, members) for members in groups.values())
    return [
        (load, analysed(members))
        for world, members in worlds
        if (load := load_of(world.config.edition, world.config.chorales, world.digest))
    ]
