"""The form for a new run: a preset, every setting with unit and meaning, the time it takes, the start."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

import streamlit as st

from glassy_core.editions.catalogue import EditionSource, edition_names, source_of
from glassy_core.editions.install import MAX_BYTES
from glassy_core.presets import PRESETS
from glassy_core.settings import NOT_OF, USUAL, ConfigError, RunConfig, usual
from glassy_core.ui.runs.own_data import own_data
from glassy_core.ui.shell import presenter
from glassy_core.ui.shell.actions import Outcome, button, install, start
from glassy_core.ui.shell.estimate import show_estimate
from glassy_core.ui.shell.frame import READING_WIDTH, drop_endless, plain
from glassy_core.ui.shell.words import whole, whole_numbers

_FIRST = "class-near"  # the preset that the form begins with
_BASIC = ("name", "depth", "width", "eta", "batch_size", "steps", "until", "seed", "chorales", "edition")
_SYMBOLS = {"depth": "d", "width": "w", "eta": "eta", "batch_size": "p"}
_ONE_STEP = {"until": 10.0, "stop_nll": 1e-3, "tolerance": 1e-5}  # of the buttons beside a number; else 1e-4
_ALL = "full_batch"
_OPEN = "new_run_open"
_BEFORE = "form_before"  # the form before the preset was filled in, and when that was
_MANY_RECORDS, _RECORD_BYTES, _RECORD_SECONDS = 1e6, 112, 2.5e-6  # to write, and to read and draw, each
_UNSEEN = 3.0  # seconds within which a browser may still send what it showed before
_APPLIED = "applied_preset"
_FIELDS = {field.name: field for field in dataclasses.fields(RunConfig)}
_HINTS = get_type_hints(RunConfig)


def new_run() -> None:
    """The whole form, which steps back once a run is started. Its settings are in the URL."""
    with (
        presenter.part("new_run"),
        st.expander("New run", icon=":material/add_circle:", expanded=True, key=_OPEN, on_change="rerun"),
    ):
        _form_parts()


def _form_parts() -> None:
    drop_endless(_FIELDS)
    st.selectbox(
        "Start from",
        list(PRESETS),
        index=list(PRESETS).index(_FIRST),
        key="preset",
        bind="query-params",
        format_func=lambda key: PRESETS[key].title,
        width=READING_WIDTH,
        help="Fills in all settings below; change any of them then.",
    )
    _follow_preset()
    st.caption(PRESETS[st.session_state["preset"]].words)
    _dynamics()
    top = st.container()
    with st.expander("Settings", icon=":material/tune:", key="settings"):
        _grid(_BASIC)
        st.markdown("**Finer settings**")
        _grid([name for name in _FIELDS if name not in (*_BASIC, "dynamics")])
    own_data()
    st.session_state[_APPLIED] = st.session_state["preset"]  # only now do the widgets show it
    with top:
        with st.container():  # which is there for other editions, too: what follows keeps its place
            _missing_file(st.session_state["edition"])
        _start()


def _dynamics() -> None:
    """The choice between steps and the flow, in one sentence."""
    with st.container(gap="xsmall"):
        st.segmented_control(
            "It learns by steps or as a flow",
            get_args(_HINTS["dynamics"]),
            default=PRESETS[_FIRST].config.dynamics,
            required=True,
            key="dynamics",
            bind="query-params",
            on_change=_end_of_a_flow,
        )
        meaning: str = _FIELDS["dynamics"].metadata["meaning"]
        st.caption(f"{meaning[:1].upper()}{meaning[1:]}, which takes a small part of the time.")


def _end_of_a_flow() -> None:
    """A flow ends at a proper time: the one at which the steps would have ended. Chosen back, the steps end there."""
    state = st.session_state
    end = _end_of_steps()
    if state["dynamics"] == "flow" and not state["until"]:
        state["until"] = end
    elif state["dynamics"] == "steps" and state["until"] == end:
        state["until"] = 0.0


def _end_of_steps() -> float:
    """Proper time, to six digits, that the steps in the form come to; 0 where they say nothing."""
    state = st.session_state
    return float(f"{(state['steps'] or 0) * (state['eta'] or 0):.6g}")


def _grid(names: Sequence[str]) -> None:
    with st.grid(4, min_column_width=200, gap="medium"):
        for name in names:
            _setting(name)


def _start() -> None:
    """The settings in one line, the time they take, the button; or the sentence that says what is wrong."""
    with st.container():  # one sentence or several: the estimate below keeps its place
        try:
            config = chosen()
            st.markdown(_in_words(config))
            _say_many_records(config)
        except ConfigError as error:
            st.error(plain(str(error)), icon=":material/error:")
            config = None
    with st.container(horizontal=True, vertical_alignment="center"):
        button(
            "Start this run",
            key="start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=config is None,
            args=(_begin,),
        )
        if config:
            with st.container(width="stretch"):
                show_estimate(config)


def _say_many_records(config: RunConfig) -> None:
    records = config.steps / config.record_every if config.dynamics == "steps" else 0
    if records > _MANY_RECORDS:
        size, seconds = records * _RECORD_BYTES / 1e6, records * _RECORD_SECONDS
        st.caption(
            f":material/warning: It writes {records / 1e6:.2g} million records, {size:.0f} MB: its curve takes "
            f"{seconds:.0f} s to open for the first time. A larger step between recordings shows the same curve."
        )


def _begin() -> Outcome:
    _follow_preset()
    before, at = st.session_state.get(_BEFORE, (None, 0.0))
    if before == _form() and time.monotonic() - at < _UNSEEN:
        # The click was made before the browser had shown the preset that was just filled in.
        fill(PRESETS[st.session_state["preset"]].config)
    outcome = start([chosen()])
    st.session_state[_OPEN] = False  # what was started is looked at now
    return outcome


def _form() -> dict[str, Any]:
    """The form's values as they are."""
    return {name: st.session_state.get(name) for name in (*_FIELDS, _ALL)}


def _in_words(config: RunConfig) -> str:
    """The settings that matter most, in one line."""
    return (
        f"d = {config.depth}, w = {config.width}, {_way(config)}, "
        f"the first {config.chorales} chorales of the {config.edition} edition, seed {config.seed}"
    )


def _way(config: RunConfig) -> str:
    """How it learns, and where that ends."""
    low = f" or NLL {config.stop_nll:g}" if config.stop_nll else ""
    if config.dynamics == "flow":
        return f"as a flow to tau = {config.until:g}{low}"
    batch = "all transitions" if config.batch_size == "all" else f"p = {config.batch_size}"
    tau = f" or tau = {config.until:g}" if config.until else ""
    return f"eta = {config.eta:g}, {batch}, {whole(config.steps)} steps{tau}{low}"


def chosen() -> RunConfig:
    """The settings as they stand in the form; ConfigError for an unusable one."""
    values = {name: st.session_state[name] for name in _FIELDS}
    if st.session_state[_ALL]:
        values["batch_size"] = "all"
    values["waiting_times"] = _steps_from(values["waiting_times"])
    dynamics = values["dynamics"]
    if dynamics == "flow" and values["until"] == 0:
        values["until"] = _end_of_steps()
    # What the form keeps of the other dynamics, in fields that are out of use, does not count.
    values |= {name: getattr(usual(dynamics), name) for name in NOT_OF[dynamics]}
    empty = next((name for name, value in values.items() if value is None), None)
    if empty:
        raise ConfigError(f"{_label(empty)} is empty: give it a value.")
    return RunConfig(**values)


def open_with(config: RunConfig) -> None:
    """Open the form with a run's settings; from a callback."""
    st.session_state[_OPEN] = True
    fill(config)


def fill(config: RunConfig) -> None:
    """Put a run's settings into the form, before the widgets are drawn."""
    for name in _FIELDS:
        # Fields out of use hold what is usual where they are used.
        used = name not in NOT_OF[config.dynamics]
        st.session_state[name] = getattr(config if used else USUAL, name)
    st.session_state["waiting_times"] = _steps_as_text(config.waiting_times)
    full = config.dynamics == "steps" and config.batch_size == "all"
    st.session_state[_ALL] = full
    if full:
        st.session_state["batch_size"] = USUAL.batch_size


def _follow_preset() -> None:
    """Fill in a preset that was chosen since the widgets were last drawn.

    Not a callback of the choice: a click on the start button at once afterwards would interrupt the run of the
    page that the choice caused, and the widgets' old values would come back.
    """
    key = st.session_state["preset"]
    applied = st.session_state.get(_APPLIED)
    if applied is None:  # the page has just been opened: settings in the URL count more than the preset
        applied = key if any(name in st.query_params for name in _FIELDS) else _FIRST
    if key in PRESETS and key != applied:
        st.session_state[_BEFORE] = _form(), time.monotonic()
        fill(PRESETS[key].config)


def _steps_as_text(steps: Sequence[int]) -> str:
    return ", ".join(str(step) for step in steps)


def _steps_from(text: str) -> list[int]:
    return whole_numbers(text, f"Waiting times are {text!r}: write steps such as 20000, 40000, or nothing.")


def _label(name: str) -> str:
    """Word, symbol and unit of a setting."""
    unit = _FIELDS[name].metadata["unit"]
    symbol = f" {_SYMBOLS[name]}" if name in _SYMBOLS and _SYMBOLS[name] != name else ""
    return (
        name.replace("_", " ").capitalize().replace("Eta", "eta")
        + symbol
        + (f" ({unit})" if unit not in ("", name) else "")
    )


def _setting(name: str) -> None:
    """One setting's widget with its meaning below. Limits are RunConfig's, which says them in a sentence."""
    default: Any = getattr(PRESETS[_FIRST].config, name)
    common: dict[str, Any] = {"key": name, "bind": "query-params"}
    label, hint = _label(name), _HINTS[name]
    unused = name in NOT_OF[st.session_state["dynamics"]]
    common["disabled"] = unused
    with st.container(gap="xsmall"):
        if name == "batch_size":
            common["disabled"] = unused or st.session_state.get(_ALL, False)
            st.number_input(label, value=default, step=1, **common)
            st.toggle("all transitions", key=_ALL, bind="query-params", disabled=unused)
        elif hint is bool:
            st.toggle(label, value=default, **common)
        elif hint is int:
            st.number_input(label, value=default, step=1, **common)
        elif hint is float:
            st.number_input(label, value=default, step=_ONE_STEP.get(name, 1e-4), format="%.6g", **common)
        elif name == "waiting_times":
            st.text_input(label, value=_steps_as_text(default), placeholder="such as 20000, 40000", **common)
        elif name == "edition":
            st.segmented_control(label, editions(), default=default, required=True, **common)
        elif hint is str:
            st.text_input(label, value=default, **common)
        else:
            st.segmented_control(label, get_args(hint), default=default, required=True, **common)
        st.caption(_FIELDS[name].metadata["meaning"][:1].upper() + _FIELDS[name].metadata["meaning"][1:] + ".")


def editions() -> list[str]:
    """The editions to choose from; one that a run names stays, although its file has gone, or it would be lost."""
    there = list(edition_names())
    chosen = st.session_state.get("edition")
    return there if chosen is None or chosen in there else [*there, chosen]


def _missing_file(edition: str) -> None:
    """Where an edition's file is downloaded from, and a way to put it in place by hand, while it is not here."""
    source = source_of(edition)
    if source is None or not source.url or source.at_hand(edition):
        return
    st.info(
        f"{source.title} is not here yet. It is downloaded once, when the first such run starts; offline, put "
        f"`{source.file}` in place here. Without it the run learns the {source.fallback} edition and says so.",
        icon=":material/library_music:",
    )
    if not presenter.may_act():
        return
    uploaded = st.file_uploader(source.title, type="json", key="edition_file", max_upload_size=MAX_BYTES // 10**6)
    if uploaded is not None:
        button("Put it in place", key="install", args=(_install, source))


def _install(source: EditionSource) -> Outcome:
    return install(source, st.session_state["edition_file"].getvalue())
