"""The part of the Critical width page on how much a parameter holds: of small tasks and of the runs; the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from glassy_core.figures.capacity import capacity_figure
from glassy_core.jobs.sweeps import command_of
from glassy_core.music.atlas import files
from glassy_core.physics.critical_width.capacity import PER, RANDOM, Capacity, capacities
from glassy_core.physics.critical_width.learning_times import THRESHOLDS, Recording
from glassy_core.runs.groups import Member, World
from glassy_core.runs.tasks import Task, by_world, offers, tasks_of
from glassy_core.settings import RunConfig
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results.critical_widths import analysed
from glassy_core.ui.results.curves import series_of
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import actions, presenter
from glassy_core.ui.shell.frame import prose
from glassy_core.ui.shell.polling import follow, queue_and_tell

_SHORT = {"a_transition": "all / transition", "hidden": "hidden units / transition", "a_bit": "all / bit"}
_OFFER = "capacity_offer"  # of the session: the run that the button starts
_PERIOD = 5.0  # seconds between looks while a sweep fills the map


def section(groups: Mapping[str, Sequence[Member]]) -> None:
    """The figure where it is asked for, live, and how to read it; groups: the store's runs by what they learn."""
    if not st.toggle("How much does a parameter hold?", key="capacity", bind="query-params"):
        return
    per = st.segmented_control(
        "Counted", list(PER), default="hidden", required=True, format_func=_SHORT.__getitem__, key="per",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip

    def draw(rows: list[Row]) -> None:
        tasks = tasks_of(list(groups.values()), _of_atlas(), analysed)
        found = list(capacities([(task.load, task.criticality) for task in tasks], THRESHOLDS[0]))
        live_figure(capacity_figure(found, per), "capacities", _in_words(found, per), 420, "capacity")
        with presenter.part("capacity-next"):
            _next_run(tasks)

    follow("capacities", draw, [member.run.id for members in groups.values() for member in members], _PERIOD)
    prose(
        f"Parameters at $w_c$ (NLL* = {THRESHOLDS[0]:g}) for what there is to learn: 1 to 8 chorales of the "
        "Playground's networks, and the runs here. Without $W$ and $h_0$, which every width has and which do most "
        "where there is little to learn, it settles: each transition takes nearly as many for 8 chorales as for 80. "
        f"Unrelated patterns take {RANDOM:g} parameters a bit (Gardner 1988); chorales, which repeat themselves, less."
    )


def _in_words(capacities: Sequence[Capacity], per: str) -> str:
    said = (f"{one.load.chorales} chorales, d = {one.depth}: {getattr(one, per).text(2)}" for one in capacities)
    return f"{PER[per].capitalize()} at w_c. " + "; ".join(said) + "."


def _next_run(tasks: Sequence[Task]) -> None:
    """The run that shrinks the map's widest interval most for each hour of a core, with what starts it."""
    offered = offers(tasks, THRESHOLDS[0], series_of)
    if not offered:
        return
    (offer, config), *_ = offered
    cell = f"{offer.capacity.load.chorales} chorales, d = {offer.capacity.depth}"
    prose(
        f"**Which run tells most next?** The widest interval is that of {cell} (hidden units / transition). For each "
        f"hour of a core this run takes most off it: {offer.words()}, as fast as the runs here were. "
        "It appears above while it learns."
    )
    st.session_state[_OFFER] = config
    actions.button(
        f"Run w = {offer.width}, {cell}, seed {offer.seed}", key="capacity-run", icon=":material/play_arrow:",
        on_click=queue_and_tell, args=(_offered,),
    )  # fmt: skip
    st.code(command_of(config), language="bash", wrap_lines=True)


def _offered() -> list[RunConfig]:
    """The run that is offered now."""
    return [st.session_state[_OFFER]]


@st.cache_resource(show_spinner=False, max_entries=1)
def _of_atlas() -> dict[World, list[Recording]]:
    """The curves of the Playground's networks, by world."""
    try:
        atlas = files.load(songs=False)
    except files.AtlasError:  # the Playground says it
        return {}
    return by_world(atlas.worlds(), atlas.digest)
