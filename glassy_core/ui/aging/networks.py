"""Which networks the Aging page shows, what was measured of them, and how to start more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from glassy_core.paper.regimes import trio
from glassy_core.physics.aging.fluctuations import KINDS
from glassy_core.presets import CLASS_AGING, PRESETS
from glassy_core.runs.groups import Member, distinct, grouped, readable
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.ui.results.aging import AgingNetwork, Measure
from glassy_core.ui.results.curves import network_words
from glassy_core.ui.shell import actions, address
from glassy_core.ui.shell.choice import choose_by_id
from glassy_core.ui.shell.estimate import show_estimate
from glassy_core.ui.shell.frame import READING_WIDTH, plain, store
from glassy_core.ui.shell.polling import queue_and_tell
from glassy_core.ui.shell.words import typeset, whole, whole_numbers

_ALL = "all weights"
_PRESET_KEYS = [key for key, preset in PRESETS.items() if preset.config.waiting_times]


def networks() -> dict[str, AgingNetwork]:
    """All networks whose aging is or will be measured, by id; narrow ones first."""
    runs = [
        m for m in readable(store().runs()) if m.config.waiting_times and m.start is None
    ]  # bursts tell of short times alone
    groups = [distinct(members) for members in grouped(runs, lambda member: member.ensemble).values()]
    plainly = Counter(_label(members) for members in groups)
    found = []
    for members in groups:
        label, oldest = _label(members), min(member.run.id for member in members)
        eta = members[0].config.eta
        label += (f", eta = {eta:g}" if eta else "") + f" [{oldest[-4:]}]" if plainly[label] > 1 else ""
        found.append(AgingNetwork(oldest, label, tuple(members)))
    found.sort(key=lambda network: (network.config.depth, network.config.width, network.id))
    return {network.id: network for network in found}


def _label(members: Sequence[Member]) -> str:
    config = members[0].config
    return network_words(config) + (f", {len(members)} seeds" if len(members) > 1 else "")


def choose(by_id: dict[str, AgingNetwork]) -> list[AgingNetwork]:
    """The networks to show, in the URL by their ids; at first those of the class world, or the first three.

    A link may name any of a network's runs.
    """
    labels = {id_: network.label for id_, network in by_id.items()}
    of_run = {member.run.id: id_ for id_, network in by_id.items() for member in network.members}
    ids = choose_by_id(
        "Networks", labels, _first(by_id), "networks", of_run, placeholder="Choose networks to compare",
        label_visibility="collapsed",
        help="Runs that differ in the seed only are one network: their mean is shown, with its 95 % band.",
    )  # fmt: skip
    address.show_complaints()
    return [by_id[id_] for id_ in ids]


def _first(networks: dict[str, AgingNetwork]) -> list[str]:
    return trio((id_, network.config) for id_, network in reversed(networks.items())) or list(networks)[:3]


def measure() -> Measure:
    """How Delta is made, as the reader chooses: Gamma frozen or not, all weights or one kind; in the URL."""
    with st.container(horizontal=True, gap="medium"):
        gamma = st.segmented_control(
            "Γ in Δ", ["as it changes", "frozen at τ_w"], default="as it changes", key="gamma", required=True,
            bind="query-params", format_func=typeset,
            help="Eq. 7 divides each increment of D by Γ at that time. Baity-Jesi et al. (2018) divide by Γ at the "
            "waiting time: compare.",
        )  # fmt: skip
        kind = st.segmented_control(
            "Weights", [_ALL, *KINDS], default=_ALL, key="weights", bind="query-params", required=True,
            help="J: between layers; M: recurrent, kept orthogonal; K: last layer to output; W: input to output; "
            "h0: biases.",
        )  # fmt: skip
    return Measure(gamma != "as it changes", None if kind == _ALL else kind)


def start_form() -> None:
    """Start an aging preset with some seeds, or the three of the class world at once."""
    with st.grid(2, min_column_width=260, gap="medium"):
        key = st.selectbox("Preset", _PRESET_KEYS, key="aging_preset", bind="query-params",
                           format_func=lambda name: PRESETS[name].title, width=READING_WIDTH)  # fmt: skip
        st.text_input("Seeds", value="0", key="aging_seeds", bind="query-params", placeholder="such as 0, 1, 2")
    preset = PRESETS[key]
    times = ", ".join(whole(time) for time in preset.config.waiting_times)
    unit = "τ" if preset.config.dynamics == "flow" else "steps"
    st.caption(f"{preset.words} Waiting times, in {unit}: {times}.")
    with st.container():  # which is there without an error, too: the estimate below keeps its place
        try:
            configs = _wanted()
        except ConfigError as error:
            st.error(plain(str(error)), icon=":material/error:")
            configs = []
    with st.container(horizontal=True, vertical_alignment="center"):
        actions.button(
            "Start this network", key="start_aging", type="primary", icon=":material/play_arrow:",
            disabled=not configs, on_click=queue_and_tell, args=(_wanted,),
        )  # fmt: skip
        actions.button("Start the class world's three", key="start_aging_trio", icon=":material/playlist_play:",
                       on_click=queue_and_tell, args=(_trio,))  # fmt: skip
        if configs:
            with st.container(width="stretch"):
                show_estimate(configs[0])


def _wanted() -> list[RunConfig]:
    """The settings as they stand in the form; ConfigError for unusable seeds."""
    preset = PRESETS[st.session_state["aging_preset"]]
    return [replace(preset.config, seed=seed) for seed in _seeds(st.session_state["aging_seeds"])]


def _trio() -> list[RunConfig]:
    return [PRESETS[name].config for name in CLASS_AGING]


def _seeds(text: str) -> list[int]:
    seeds = whole_numbers(text, f"Seeds are {text!r}: write whole numbers such as 0, 1, 2.")
    if not seeds:
        raise ConfigError("No seed is given: write at least one, such as 0.")
    if len(seeds) > 100:
        raise ConfigError(f"{len(seeds)} seeds are too many at once: write at most 100.")
    return list(dict.fromkeys(seeds))
