"""The section of the Aging page on how the loss is curved where networks stand, which the paper does not have."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.figures.palette import colours, turns
from glassy_core.figures.spectrum import Curved, of_counts, of_sharpness
from glassy_core.physics.aging.spectrum import CURVED
from glassy_core.runs import checkpoints
from glassy_core.runs.groups import Member
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results.aging import AgingNetwork, Measure
from glassy_core.ui.results.curves import network_words
from glassy_core.ui.results.spectra import measured
from glassy_core.ui.shell.frame import plain, prose


def the_landscape(chosen: Sequence[AgingNetwork], _: Measure) -> None:
    """The sharpness along learning, and how many directions are curved how much, at the checkpoints measured."""
    networks = _curved(chosen)
    _how(chosen, networks)
    if not networks:
        return
    live_figure(
        of_sharpness(networks), key="sharpness", height=420, filename="sharpness",
        alt="The largest curvature against tau. " + " ".join(map(_in_words, networks)),
    )  # fmt: skip
    prose(
        "How is the loss curved where a network stands? Each free direction of its weights has a **curvature λ**, in "
        "nats: the loss rises by λ s²/2 over a distance s. Along a direction of positive curvature the flow comes to "
        "rest at the rate λ; one of negative curvature leads on down. Measured at the times whose weights are kept, "
        "one seed a network."
    )
    if any(at.eta > 0 for one in networks for at in one.spectra):
        prose(
            "Steps of η are stable along directions whose curvature is below **2/η** (dotted). Beyond, they overshoot "
            "and are thrown about: the sharpness stops a little above, or the network cannot settle at all."
        )
    with st.grid(min(len(networks), 3), min_column_width=320, gap="small"):
        for k, one in enumerate(networks):
            with st.container():
                st.markdown(f"**{plain(one.label)}**")
                live_figure(
                    of_counts(one.spectra), key=f"counts-{k}", height=400, filename=f"spectrum-{k}",
                    alt=f"How many directions are curved how much. {_in_words(one)}",
                )  # fmt: skip
    prose(
        "How many directions are curved more than λ (solid) and how many lead down by more than λ (dashed), down to "
        "where they can be told from flat ones. " + " ".join(map(_in_words, networks))
    )


def _how(chosen: Sequence[AgingNetwork], shown: Sequence[Curved]) -> None:
    """The command for what has not been measured."""
    seen = {one.id for one in shown}
    missing = [member for network in chosen if network.id not in seen and (member := _with_weights(network))]
    if missing:
        st.info(
            f"Not measured yet, some minutes in a terminal: `python -m glassy_core spectrum {missing[0].run.id}`.",
            icon=":material/info:",
        )
    elif not shown:
        st.info("Of none of these networks the weights are kept here.", icon=":material/info:")


def _with_weights(network: AgingNetwork) -> Member | None:
    """The first of its seeds of which weights are kept."""
    return next((member for member in network.members if checkpoints.steps_in(member.run.checkpoints)), None)


def _curved(chosen: Sequence[AgingNetwork]) -> list[Curved]:
    configs = {network.id: network.config for network in chosen}
    inks, times = colours(configs), turns(configs)
    out = []
    for network in chosen:
        for member in network.members:
            if found := measured(member.run):
                seeds = f", seed {member.config.seed}" if len(network.members) > 1 else ""
                label = network_words(network.config) + seeds if seeds else network.label
                out.append(Curved(network.id, label, inks[network.id], times[network.id], found))
                break
    return out


def _in_words(one: Curved) -> str:
    at = one.spectra[-1]
    seen = at.spectrum
    down = seen.below(-CURVED)
    return (
        f"{plain(one.label)}, τ = {at.tau:.4g}: sharpness {seen.largest:.4g}; of {seen.N} directions "
        f"{seen.above(CURVED).text(0, 'f')} are curved more than {CURVED:g} nat"
        + (f", {down.text(0, 'f')} lead down by more." if down.value >= 0.5 else ", none leads down by more.")
    )
