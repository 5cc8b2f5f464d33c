"""The section of the Aging page on what a network keeps of its start, which the paper does not have."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.figures.memory import Remembering, of_ages, of_moves, of_the_start
from glassy_core.figures.palette import colours, turns
from glassy_core.physics.aging.overlap import STARTED, Memory
from glassy_core.runs import checkpoints
from glassy_core.runs.memory import memory_of
from glassy_core.runs.run import Run, RunError
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results.aging import AgingNetwork, Measure
from glassy_core.ui.results.curves import network_words
from glassy_core.ui.shell.frame import plain, prose

_WORDS = {"M": "M, recurrent", "J": "J, from layer to layer"}


def the_memory(chosen: Sequence[AgingNetwork], _: Measure) -> None:
    """C(tau, 0), C(tau_w + tau, tau_w) and the non-Gaussian parameter, of the weights that are saved."""
    kind = st.segmented_control(
        "Weights", STARTED, default="M", format_func=_WORDS.__getitem__, key="remembered", required=True,
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    networks = _remembering(chosen, kind)
    if not networks:
        st.info("Of none of these networks the weights of two times are kept here.", icon=":material/info:")
        return
    with st.grid(2, min_column_width=380, gap="medium"):
        with st.container():
            live_figure(
                of_the_start(networks), key="start", height=420, filename="overlap-with-the-start",
                alt=f"C(tau, 0) of {kind}. " + " ".join(map(_start_in_words, networks)),
            )  # fmt: skip
        with st.container():
            live_figure(
                of_moves(networks), key="moves", height=420, filename="non-gaussian-parameter",
                alt=f"alpha2 of the moves of {kind}. " + " ".join(map(_moves_in_words, networks)),
            )  # fmt: skip
    prose(
        "Does a network forget where it began? **C(τ, τ_w)** is the overlap of its weights at two times: 1 while they "
        "are the same, near 0 (the grey band) once they are unrelated. Of the weights that do not start at zero, at "
        "the times whose weights are kept, one seed a network."
    )
    prose(" ".join(map(_start_in_words, networks)))
    prose(
        "**α₂** compares the weights' moves from one saved time to the next: 0 where they are Gaussian, as of one walk "
        "that all make, more where few weights move far. " + " ".join(map(_moves_in_words, networks))
    )
    if kind == "J":
        prose(
            "A column of $J_0$ is a pitch. In the paper's networks those that rarely sound move farthest at the end: "
            "that makes α₂ large."
        )
    with st.grid(min(len(networks), 3), min_column_width=320, gap="small"):
        for k, one in enumerate(networks):
            with st.container():
                st.markdown(f"**{plain(one.label)}**")
                live_figure(
                    of_ages(one.memory), key=f"ages-{k}", height=380, filename=f"overlap-{k}",
                    alt=f"C(tau_w + tau, tau_w) of {one.label} against tau / tau_w.",
                )  # fmt: skip


def _remembering(chosen: Sequence[AgingNetwork], kind: str) -> list[Remembering]:
    configs = {network.id: network.config for network in chosen}
    inks, times = colours(configs), turns(configs)
    out = []
    for network in chosen:
        if kept := _first_kept(network, kind):
            seed, found = kept
            label = f"{network_words(network.config)}, seed {seed}" if len(network.members) > 1 else network.label
            out.append(Remembering(network.id, label, inks[network.id], times[network.id], found))
    return out


def _first_kept(network: AgingNetwork, kind: str) -> tuple[int, Memory] | None:
    """The first of its seeds whose weights are kept at two times or more, and the memory of these."""
    for member in network.members:
        steps = tuple(checkpoints.steps_in(member.run.checkpoints))
        if len(steps) > 1:
            try:
                return member.config.seed, _memory(member.run.id, steps, kind, member.run)
            except RunError as error:
                st.warning(plain(str(error)))
    return None


@st.cache_resource(show_spinner=False, max_entries=32)
def _memory(run_id: str, steps: tuple[int, ...], kind: str, _run: Run) -> Memory:
    return memory_of(_run, kind)


def _start_in_words(one: Remembering) -> str:
    memory = one.memory
    times = memory.overlap[0, -1] / memory.chance
    return (
        f"{plain(one.label)}: C = {memory.overlap[0, -1]:.2f} with the start at τ = {memory.tau[-1]:.4g}, {times:.0f} "
        "times what unrelated weights have."
    )


def _moves_in_words(one: Remembering) -> str:
    last, share = one.memory.alpha2[-1], one.memory.share[-1]
    return f"{plain(one.label)}: {last.text(2, 'f')} at the end, {share.value:.0%} of the weights carry it."
