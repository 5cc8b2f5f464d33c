"""The selected runs: how they stand, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from glassy_core.settings import USUAL
from glassy_core.ui.results.progress import progress_words, until_of
from glassy_core.ui.results.rows import Row
from glassy_core.ui.runs.new_run import open_with
from glassy_core.ui.runs.run_table import compare, selected_ids, settings_frame
from glassy_core.ui.shell import actions, presenter
from glassy_core.ui.shell.actions import Outcome, button
from glassy_core.ui.shell.frame import link_to, plain, store
from glassy_core.ui.shell.words import STATUS, duration, number, whole


def panel(selected: Sequence[Row]) -> None:
    """Standing, actions and settings of the selected runs."""
    if not selected:
        st.caption("Tick runs in the table to follow, steer, compare or delete them.")
        return
    with st.container(border=True, key="panel"):
        if len(selected) == 1:
            standing(selected[0])
        else:
            st.subheader(f"{len(selected)} runs selected", anchor=False)
        _buttons(selected)
        if len(selected) == 1:
            _details(selected[0])
        else:
            compare(selected)


def standing(row: Row) -> None:
    """One run's name, status, progress and measures."""
    state = row.state
    colour, icon, meaning = STATUS[state.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(row.name), anchor=False, width="content")
        st.badge(state.status, icon=icon, color=colour, help=meaning)  # type: ignore[arg-type]
        for tag in row.tags:
            st.badge(plain(tag), color="gray")
    if state.error:
        st.error(plain(state.error), icon=":material/error:")
    if state.notice:
        st.warning(plain(state.notice), icon=":material/info:")
    if row.config is None:
        return
    st.progress(state.progress, progress_words(row))
    with st.grid(5, min_column_width=120):
        st.metric("NLL (bits)", number(state.nll), help="per pitch and transition, over all training transitions")
        st.metric("proper time tau", number(state.tau), help="the sum of eta over the steps made; a flow's clock, too")
        if state.is_flow:
            st.metric("evaluations", whole(state.evaluations), help="of the gradient of all transitions, so far")
        else:
            st.metric("learning rate eta", number(state.eta))
        st.metric("speed (steps/s)", number(state.speed, 3))
        st.metric("time trained", duration(state.seconds))


def _buttons(selected: Sequence[Row]) -> None:
    """Every action on the selection; one that cannot be done says why when it is tried."""
    active = any(row.busy for row in selected)
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        if any(not row.busy and row.config and row.state.has_more_to_do for row in selected):
            _button("Resume", "play_arrow", actions.resume)
        if active:
            _button("Pause", "pause", actions.pause)
            _button("Stop", "stop", actions.stop)
        _button("Delete", "delete", actions.delete)
        if len(selected) == 1 and selected[0].config:
            _button("Clone", "content_copy", _clone)
            with presenter.part("words"):
                _words(selected[0])
        if any(row.config for row in selected):
            with presenter.part("steer"):
                _steer(selected, active)
            link_to("Learning curves", "Curves", {"run": [row.id for row in selected if row.config]})
        # Last: they go away as a run starts, and nothing that a reader may be about to click moves.
        if any(row.state.status == "queued" for row in selected):
            _button("Run first", "vertical_align_top", actions.run_first)
            _button("Run last", "vertical_align_bottom", actions.run_last)


def _button(label: str, icon: str, action: Callable[[Sequence[str]], Outcome]) -> None:
    """A button that does something with the runs that are selected when it is pressed."""
    button(label, key=label.lower(), icon=f":material/{icon}:", args=(_on_selected, action))


def _on_selected(action: Callable[[Sequence[str]], Outcome]) -> Outcome:
    ids = selected_ids()
    return action(ids) if ids else Outcome(notice="No run is selected any more: tick one in the table.")


def _clone(run_ids: Sequence[str]) -> Outcome:
    """Open the form with the settings of the one run; a sentence where there are several."""
    if len(run_ids) > 1:
        return Outcome(notice="Several runs are selected: tick the one to clone alone.")
    open_with(store().named(run_ids[0]).config())
    name = actions.title(run_ids[0])
    return Outcome(done=f"The settings of {name} are in the form above: change what you like and start it.")


def _steer(selected: Sequence[Row], active: bool) -> None:
    """Another eta for runs at work by steps; a later end for those that are resumed, and for steps another eta.

    A flow has no eta, so nothing of it can be changed while it is at work.
    """
    tied = "-".join(row.id for row in selected)  # widgets of one selection do not serve the next
    by_steps = [row for row in selected if not row.state.is_flow]
    if active and not by_steps:
        return
    # The actions read what the fields hold when the button is pressed, so they are given the fields' keys. They do it
    # to the runs of these fields: another selection has fields and a button of its own.
    with st.popover("Change eta" if active else "Resume with", icon=":material/tune:"):
        keys = _ends(selected, by_steps, tied) if not active else {}
        if by_steps:
            keys["eta"] = _eta(by_steps, tied)
        ids = tuple(row.id for row in selected)
        if active:
            _tied_button("Use this eta", "apply_eta", tied, args=(_use_eta, ids, keys))
        else:
            _tied_button("Resume with these", "resume_with", tied, args=(_resume_with, ids, keys))


def _eta(by_steps: Sequence[Row], tied: str) -> str:
    """The field of another learning rate; returns its key."""
    key = f"new_eta-{tied}"
    usual = next((row.state.eta for row in by_steps if row.state.eta), USUAL.eta)
    st.number_input("learning rate eta (tau per step)", value=usual, step=1e-4, format="%.6g", key=key)
    st.caption("Halve it when spiky fluctuations start. The change is recorded at its step.")
    return key


def _ends(selected: Sequence[Row], by_steps: Sequence[Row], tied: str) -> dict[str, str]:
    """The fields of where runs end, twice as far on where all have come to their ends; returns their keys."""
    keys = {name: f"{field}-{tied}" for name, field in (("until", "to_tau"), ("stop_nll", "to_nll"))}
    if by_steps:
        keys["steps"] = f"to_step-{tied}"
        states = [row.state for row in by_steps]
        most = max(state.steps for state in states)
        ended = all(state.step >= state.steps for state in states)
        st.number_input("go on to step", value=2 * most if ended else most, step=1000, key=keys["steps"])
    states = [row.state for row in selected]
    furthest = max(until_of(row) for row in selected)
    ended = all(0 < state.until <= state.tau for state in states)
    label = "or to proper time tau (0: as far as the steps go)" if by_steps else "go on to proper time tau"
    st.number_input(label, value=2 * furthest if ended else furthest, step=100.0, format="%.6g", key=keys["until"])
    lowest = min(state.stop_nll for state in states)
    st.number_input(
        "or until the NLL is (bits; 0: whatever it is)", value=lowest, step=1e-3, format="%.6g", key=keys["stop_nll"]
    )
    return keys


def _use_eta(ids: Sequence[str], keys: Mapping[str, str]) -> Outcome:
    return actions.change_eta(ids, st.session_state[keys["eta"]])


def _resume_with(ids: Sequence[str], keys: Mapping[str, str]) -> Outcome:
    return actions.resume_to(ids, **{name: st.session_state[key] for name, key in keys.items()})


def _tied_button(label: str, key: str, tied: str, args: tuple[object, ...]) -> None:
    """A button whose key says of which runs it is."""
    button(label, key=f"{key}-{tied}", type="primary", args=args)


def _words(row: Row) -> None:
    """Name, tags and note, which can be changed at any time."""
    # The fields keep what they were opened with, so what another tab saves meanwhile is told from the reader's change.
    now = {"name": row.name, "tags": list(row.tags), "note": row.note}
    shown = st.session_state.setdefault(f"shown_words-{row.id}", now)
    with st.popover("Rename, tag, note", icon=":material/edit:"), st.form(f"words-{row.id}", border=False):
        st.text_input("Name", shown["name"], key=f"name-{row.id}")
        st.text_input("Tags", ", ".join(shown["tags"]), key=f"tags-{row.id}", help="separated by commas")
        st.text_area("Note", shown["note"], key=f"note-{row.id}")
        button("Save", type="primary", key=f"save-{row.id}", args=(_save_words, row.id), draw=st.form_submit_button)


def _save_words(run_id: str) -> Outcome:
    state = st.session_state
    tags = sorted({tag.strip() for tag in state[f"tags-{run_id}"].split(",")} - {""})
    after = {"name": state[f"name-{run_id}"].strip(), "tags": tags, "note": state[f"note-{run_id}"]}
    shown = state[f"shown_words-{run_id}"]
    outcome = actions.save_words(run_id, shown, after)
    now = actions.words(run_id) or shown
    if outcome.error:  # the reader has read now what stands there instead
        state[f"shown_words-{run_id}"] = {key: now[key] if after[key] != shown[key] else shown[key] for key in shown}
        return outcome
    state[f"shown_words-{run_id}"] = now
    fields = {"name": now["name"], "tags": ", ".join(now["tags"]), "note": now["note"]}
    for key, value in fields.items():
        state[f"{key}-{run_id}"] = value
    return outcome


def _details(row: Row) -> None:
    if row.note:
        st.text(row.note)
    with st.expander("Settings and files", key=f"details-{row.id}"):
        if row.config:
            st.dataframe(settings_frame([row]), alt="Settings of the run")
        st.text(f"Directory: {store().named(row.id).path}")


def trash() -> None:
    """Deleted runs, to bring back or to remove for good."""
    deleted = store().deleted()
    if not deleted:
        return
    with st.expander(f"Deleted runs ({len(deleted)})", icon=":material/delete:", key="trash"):
        ids = [run.id for run in deleted]
        chosen = st.multiselect("Bring back", ids, key="bring_back", placeholder="choose runs")
        with st.container(horizontal=True):
            button("Bring back", key="restore", disabled=not chosen, args=(_restore,))
            with st.popover("Remove all for good", icon=":material/delete_forever:"):
                st.write(f"This removes {len(ids)} deleted runs from the disk. It cannot be undone.")
                _tied_button("Remove them", "empty_trash", "all", args=(actions.empty_trash,))


def _restore() -> Outcome:
    return actions.restore(st.session_state["bring_back"])
