"""The form for a sweep: depths x widths x seeds, the time of the whole, the start, how far it is."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from subprocess import SubprocessError

import numpy as np
import streamlit as st

from glassy_core.editions.catalogue import edition_names
from glassy_core.editions.loading import edition_at_hand
from glassy_core.errors import EXPECTED, sentence
from glassy_core.jobs.sweeps import existing_runs, expand
from glassy_core.presets import SWEEPS
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.actions import button
from glassy_core.ui.shell.estimate import measurement
from glassy_core.ui.shell.frame import READING_WIDTH, drop_endless, plain, store
from glassy_core.ui.shell.polling import PERIOD, follow, queue_and_tell, refreshed
from glassy_core.ui.shell.words import duration, runs_in_words, whole, whole_numbers

_FIRST = "class"
_LISTS = ("depths", "widths", "seeds")
_SETTINGS = {  # that are in the form beside those, by the dynamics of the sweep
    "steps": ("eta", "steps", "chorales", "edition"),
    "flow": ("until", "stop_nll", "chorales", "edition"),
}
_MEANINGS = {
    "depths": ("Depths d", "layers, such as 1, 2"),
    "widths": ("Widths w", "units per layer, such as 20, 30, 40"),
    "seeds": ("Seeds", "of weights and minibatches, such as 0, 1, 2"),
}


def sweep_form() -> list[RunConfig]:
    """The whole form; returns the sweep's settings, [] for unusable ones. What it holds is in the URL."""
    drop_endless([f"sweep_{name}" for name in ("eta", "steps", "until", "stop_nll", "chorales")])
    st.selectbox(
        "Start from", list(SWEEPS), index=list(SWEEPS).index(_FIRST), key="sweep", bind="query-params",
        format_func=lambda key: SWEEPS[key].title, on_change=_take_preset, width=READING_WIDTH,
    )  # fmt: skip
    preset = SWEEPS[st.session_state["sweep"]]
    st.caption(preset.words)
    with st.grid(3, min_column_width=220, gap="medium"):
        for name in _LISTS:
            label, meaning = _MEANINGS[name]
            st.text_input(label, value=_text(getattr(preset, name)), key=f"sweep_{name}", bind="query-params",
                          placeholder=meaning)  # fmt: skip
        _length(preset.base)
        st.number_input("Chorales", value=preset.base.chorales, step=1, key="sweep_chorales", bind="query-params")
        editions, base = list(edition_names()), preset.base.edition
        st.selectbox("Edition", editions, index=editions.index(base), key="sweep_edition", bind="query-params")
    try:
        configs = chosen()
    except ConfigError as error:
        st.error(plain(str(error)), icon=":material/error:")
        button("Start the sweep", key="start_sweep", disabled=True, icon=":material/play_arrow:")
        return []
    count = runs_in_words(len(configs))
    with st.container(horizontal=True, vertical_alignment="center"):
        button(
            f"Start the sweep of {count}", key="start_sweep", type="primary", icon=":material/play_arrow:",
            on_click=queue_and_tell, args=(chosen,),
            help="Widths may be added later: what has been run already is not run again.",
        )  # fmt: skip
        with st.container(width="stretch"):
            _estimate(configs)
    return configs


def _length(base: RunConfig) -> None:
    """How far each run goes: in steps of eta, or as a flow to a proper time."""
    if base.dynamics == "flow":
        st.number_input("To proper time tau", value=base.until, format="%.6g", step=100.0, key="sweep_until",
                        bind="query-params")  # fmt: skip
        st.number_input("or until the NLL is (bits; 0: whatever it is)", value=base.stop_nll, format="%.6g", step=1e-3,
                        key="sweep_stop_nll", bind="query-params")  # fmt: skip
        return
    st.number_input("Learning rate eta (tau per step)", value=base.eta, format="%.6g", step=1e-4,
                    key="sweep_eta", bind="query-params")  # fmt: skip
    st.number_input("Steps of each run", value=base.steps, step=10_000, key="sweep_steps", bind="query-params")


def chosen() -> list[RunConfig]:
    """The sweep's settings as they stand in the form; ConfigError for an unusable one."""
    base = SWEEPS[st.session_state["sweep"]].base
    values = {name: st.session_state[f"sweep_{name}"] for name in _SETTINGS[base.dynamics]}
    for name, value in values.items():
        if value is None:
            raise ConfigError(f"{name.replace('_', ' ').capitalize()} is empty: give it a value.")
    lists = [_numbers(name, st.session_state[f"sweep_{name}"]) for name in _LISTS]
    return expand(RunConfig.from_json(base.to_json() | values), *lists)


def _numbers(name: str, text: str) -> list[int]:
    return whole_numbers(text, f"{name.capitalize()} are {text!r}: write {_MEANINGS[name][1]}.")


def _text(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _take_preset() -> None:
    preset = SWEEPS.get(st.session_state["sweep"])
    if preset:
        for name in _LISTS:
            st.session_state[f"sweep_{name}"] = _text(getattr(preset, name))
        for name in _SETTINGS[preset.base.dynamics]:
            st.session_state[f"sweep_{name}"] = getattr(preset.base, name)


def _estimate(configs: Sequence[RunConfig]) -> None:
    """How long the whole sweep takes; looks again by itself until that is measured."""
    left = {config: config.steps for config in configs}
    measured = _is_known(left)
    refreshed("sweep-time", lambda: _show_estimate(left, measured), None if measured else PERIOD)


def _show_estimate(left: dict[RunConfig, int], was_measured: bool) -> None:
    seconds, why = _seconds(left)
    if seconds is not None and _are_flows(left):
        st.markdown(
            f":material/timer: {_flows_in_words(left)}, {os.cpu_count() or 1} at a time. How many evaluations each "
            "needs is not known beforehand: the narrow ones take most."
        )
    elif seconds is not None:
        st.markdown(
            f":material/timer: About **{duration(seconds)}** for all: {whole(sum(left.values()))} steps in "
            f"{runs_in_words(len(left))}, {os.cpu_count() or 1} at a time, by speeds measured on this machine."
        )
    elif why:
        st.caption(f":material/timer: How long it would take is not known: {plain(why)}")
    else:
        st.caption(":material/timer: Measuring on this machine how long it would take. You can start at once.")
    if not was_measured and _is_known(left):
        st.rerun()  # once more, without looking again


def _are_flows(configs: Collection[RunConfig]) -> bool:
    return any(config.dynamics == "flow" for config in configs)


def _flows_in_words(configs: Collection[RunConfig]) -> str:
    """How many flows there are, and how fast they are here."""
    rates = sorted(1 / cost for depth in {config.depth for config in configs} for cost in _costs(_ends(configs, depth)))
    ends = list(dict.fromkeys(f"{rate:.0f}" for rate in (rates[0], rates[-1])))
    return (
        f"{runs_in_words(len(configs)).capitalize()} as flows, at {' to '.join(ends)} evaluations/s, "
        "measured on this machine"
    )


def _is_known(left: dict[RunConfig, int]) -> bool:
    return _seconds(left) != (None, "")


def sweep_progress(configs: Sequence[RunConfig]) -> None:
    """How far the sweep in the form is, where any run of it has been made; live while they are at work."""
    edition = edition_at_hand(configs[0].edition) if configs else None
    digest = edition.digest if edition else None
    known = existing_runs(store(), configs, digest) if digest else {}
    if not known:
        return

    def draw(rows: list[Row]) -> None:
        states = {config: known[config].state() if config in known else None for config in configs}
        left = {config: max(config.steps - (state.step if state else 0), 0) for config, state in states.items()}
        statuses = [state.status for state in states.values() if state]
        words = f"The sweep: {statuses.count('finished')} of {len(configs)} runs finished"
        if ended := sum(statuses.count(status) for status in ("failed", "stopped", "paused")):
            words += f", {ended} failed, stopped or paused (start the sweep again to go on with them)"
        if at_work := statuses.count("running"):
            seconds, _ = (None, "") if _are_flows(configs) else _seconds(left)
            words += f", {at_work} at work" + (f", about {duration(seconds)} left" if seconds else "")
        total = sum(config.steps for config in configs)
        done = 1 - sum(left.values()) / total
        if _are_flows(configs):
            done = sum(state.progress for state in states.values() if state) / len(configs)
        st.progress(done, words)

    follow("sweep", draw, [run.id for run in known.values()])


def _seconds(left: dict[RunConfig, int]) -> tuple[float | None, str]:
    """Time in seconds of so many steps of each run, all cores at work; None and '' while it is measured, or why not.

    Measured at the narrowest and the widest network of each depth; between them a power law of the width.
    """
    total = 0.0
    for depth in {config.depth for config in left}:
        ends = _ends(left, depth)
        if not all(measurement(config).done() for config in ends):
            return None, ""
        try:
            costs = _costs(ends)
        except (*EXPECTED, SubprocessError) as error:
            return None, sentence(error)
        widths = np.log([config.width for config in ends])
        for config in (config for config in left if config.depth == depth):
            total += left[config] * float(np.exp(np.interp(np.log(config.width), widths, np.log(costs))))
    return total / (os.cpu_count() or 1), ""


def _ends(configs: Collection[RunConfig], depth: int) -> list[RunConfig]:
    """The narrowest and the widest network of a depth."""
    same = sorted((config for config in configs if config.depth == depth), key=lambda config: config.width)
    return [replace(config, seed=0) for config in (same[0], same[-1])]


def _costs(configs: Collection[RunConfig]) -> list[float]:
    """Seconds of a step, of a flow of an evaluation, of each; what its measurement raised where that has failed."""
    return [1 / measurement(config).result() for config in configs]
