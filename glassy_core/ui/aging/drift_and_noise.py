"""The section of the Aging page that tells drift and noise apart, which the paper does not."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.figures.drift_and_noise import Straightness, shares, split, straight
from glassy_core.figures.palette import colours
from glassy_core.physics.aging.clones import LAST_X, Clones
from glassy_core.physics.aging.descent import straightness
from glassy_core.runs import clones
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import trajectory
from glassy_core.runs.run import RunError
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import curves, kept_files
from glassy_core.ui.results.aging import AgingNetwork, Measure, with_interval
from glassy_core.ui.shell.choice import forget_unless
from glassy_core.ui.shell.frame import plain, prose


def drift_and_noise(chosen: Sequence[AgingNetwork], _: Measure) -> None:
    """D split by clones, the noise's own exponent, and how straight the weights slide down the loss."""
    _clones(chosen)
    prose(
        "Is it aging, or does the network just slide on? Copies of one network, **clones**, learn on from the same "
        "weights with other minibatches. What they have in common is **drift** down the loss, what differs is the "
        "**noise** of the minibatches. The paper does not tell them apart."
    )
    _straight(chosen)


def _clones(chosen: Sequence[AgingNetwork]) -> None:
    measured = {network.label: some for network in chosen if (some := _measured(network))}
    if not measured:
        run = chosen[0].members[0].run.id
        st.info(
            f"No clones of these networks have been measured. In a terminal: `python -m glassy_core clones {run}`, "
            "from the run's last checkpoint; with `--step` from an earlier one.",
            icon=":material/info:",
        )
        return
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        forget_unless("cloned", measured)
        label = st.selectbox("Network", list(measured), key="cloned", bind="query-params", width=420)
        found = {f"{one.tau_w:.4g}": one for one in measured[label]}
        forget_unless("cloned_at", found)
        at = st.segmented_control(
            "Waiting time $\\tau_w$",
            list(found),
            default=list(found)[-1],
            key="cloned_at",
            bind="query-params",
            required=True,
        )
    one = found[at]
    inks = colours({network.id: network.config for network in chosen})
    ink = next(inks[network.id] for network in chosen if network.label == label)
    with st.grid(2, min_column_width=380, gap="medium"):
        with st.container():
            live_figure(
                split(one, ink), key="split", height=420, filename="drift-and-noise",
                alt=f"D after tau_w = {at} of {label}, and its drift and noise. {_in_words(one)}",
            )  # fmt: skip
        with st.container():
            live_figure(
                shares(list(found.values())), key="shares", height=420, filename="share-of-noise",
                alt=f"The noise's share of D of {label}. " + " ".join(map(_in_words, found.values())),
            )  # fmt: skip
    prose(" ".join(map(_in_words, found.values())))
    prose(
        f"The noise alone grows as a power α of the steps, fitted up to x = {LAST_X:g}, where the drift cannot reach "
        "into it; free diffusion would have α = 1."
    )


def _measured(network: AgingNetwork) -> list[Clones]:
    """What was measured of a network's runs, by waiting time."""
    paths = [path for member in network.members for path in clones.kept(member.run)]
    return sorted(kept_files.read(paths, clones.load), key=lambda one: one.tau_w)


def _in_words(clones: Clones) -> str:
    half, alpha = clones.half, clones.alpha()
    mostly = f"D is mostly drift from x = {half:.2g} on; " if half else ""
    return (
        f"After τ_w = {clones.tau_w:.4g}: {mostly}at x = {clones.x[-1]:.2g} noise is {100 * clones.share[-1]:.2g} % of "
        f"it; the noise grows with α = {with_interval(alpha)} ({clones.count} clones)."
    )


def _straight(chosen: Sequence[AgingNetwork]) -> None:
    panels = {n.label: runs for n in chosen if (runs := _straightness(n.standing(), n.members))}
    if not panels:
        return
    prose("**How straight is the way?** S = N D / (τ (L(τ_w) - L(τ_w + τ)))")
    with st.grid(min(len(panels), 3), min_column_width=320, gap="small"):
        for k, (label, runs) in enumerate(panels.items()):
            with st.container():
                st.markdown(f"**{plain(label)}**")
                live_figure(
                    straight(runs), key=f"straight-{k}", height=380, filename=f"straightness-{k}",
                    alt=f"S of {label}: "
                    + "; ".join(f"tau_w {run.tau_w:.4g}: {run.S[-1]:.2g} at x = {run.x[-1]:.2g}" for run in runs),
                )  # fmt: skip
    prose(
        "Learning is descent, so the fall of the loss L (nats a transition) tells how far the N weights must go: **S = "
        "1** is a straight way at even speed, no parameter is fitted. Below 1 the way bends or slows down, above 1 "
        "noise adds to it. Where S is near 1, Δ(τ) says how the loss falls and nothing more."
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _straightness(standing: tuple[object, ...], _members: Sequence[Member]) -> list[Straightness]:
    out = []
    for member in _members:
        try:
            found, series = trajectory(member.run, curves.series_of), curves.series_of(member.run)
        except RunError:
            continue
        for waiting in found.waiting:
            x, S = straightness(waiting, series.tau, series.nll, member.config.depth, member.config.width)
            if len(x) > 1:
                out.append(Straightness(waiting.tau_w, x, S))
    return out
