"""What a click does to runs and data: each action leaves one sentence, shown until the next one.

Whatever the pages write, they write here, and only through `perform`, which asks who may.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from glassy_core.editions.catalogue import EditionSource
from glassy_core.editions.install import install_file
from glassy_core.editions.loading import load_or_fallback
from glassy_core.errors import EXPECTED, sentence
from glassy_core.jobs import dispatcher
from glassy_core.jobs import queue as waiting
from glassy_core.jobs.execution import check_against
from glassy_core.jobs.sweeps import plan
from glassy_core.runs import probes
from glassy_core.runs.probes import Attempt
from glassy_core.runs.run import Run, RunError
from glassy_core.runs.state import ACTIVE
from glassy_core.settings import RunConfig, check_eta
from glassy_core.training.probe import parse_sizes
from glassy_core.ui.shell import presenter
from glassy_core.ui.shell.frame import link_to, plain, store
from glassy_core.ui.shell.words import listed, runs_in_words

_KEY = "outcome"


@dataclass(frozen=True)
class Outcome:
    """What came of the last action: its sentences, the runs it started, and those that an undo would bring back."""

    done: str = ""
    notice: str = ""
    error: str = ""
    deleted: tuple[str, ...] = ()
    started: tuple[str, ...] = ()


def start(configs: Sequence[RunConfig]) -> Outcome:
    """Queue new runs; one whose edition is not to be had learns the other edition, and the notice says so."""
    started, notices = [], []
    for config in configs:
        edition, notice = load_or_fallback(config.edition)
        notices += [notice] if notice else []
        actual = RunConfig.from_json(config.to_json() | {"edition": edition.name})
        check_against(actual, edition)
        started.append(dispatcher.submit(store(), actual, edition.digest))
    return Outcome(
        done=f"Started {listed([run.about()['name'] for run in started])}.",
        notice=" ".join(dict.fromkeys(notices)),
        started=tuple(run.id for run in started),
    )


def _on_each(run_ids: Sequence[str], what: Callable[[Run], object], done: str) -> Outcome:
    """Do something with every run; those it cannot be done with are named with the reason."""
    changed, failures = [], []
    for run_id in run_ids:
        try:
            what(_find(run_id))
            changed.append(run_id)
        except EXPECTED as error:
            failures.append(sentence(error))
    done = f"{done} {listed([title(run_id) for run_id in changed])}." if changed else ""
    return Outcome(done=done, error=" ".join(failures))


def stop(run_ids: Sequence[str]) -> Outcome:
    """Ask runs to stop after a checkpoint."""
    return _on_each(run_ids, dispatcher.stop, "Asked to stop:")


def pause(run_ids: Sequence[str]) -> Outcome:
    """Ask runs to pause after a checkpoint."""
    return _on_each(run_ids, lambda run: dispatcher.stop(run, pause=True), "Asked to pause:")


def resume(run_ids: Sequence[str]) -> Outcome:
    """Queue runs again from their last checkpoints."""
    return _on_each(run_ids, lambda run: dispatcher.resume(store(), run), "Resumed")


def run_first(run_ids: Sequence[str]) -> Outcome:
    """Put queued runs at the head of the queue."""
    waiting.move(store(), run_ids, to_front=True)
    return Outcome(done="They are the next to start.")


def run_last(run_ids: Sequence[str]) -> Outcome:
    """Put queued runs behind all that wait now."""
    waiting.move(store(), run_ids, to_front=False)
    return Outcome(done="They start when all that wait now have started.")


def resume_to(
    run_ids: Sequence[str],
    steps: int | None = None,
    eta: float | None = None,
    until: float | None = None,
    stop_nll: float | None = None,
) -> Outcome:
    """Resume with another end, in steps, proper time or NLL, and another eta; what is as it was asks for nothing.

    Of a flow only the ends in proper time and NLL count: it has neither eta nor steps that were given beforehand.
    """

    def go_on(run: Run) -> None:
        state = run.state()
        if run.config().dynamics == "flow":  # which a state that was lost does not say
            dispatcher.resume(store(), run, until=until, stop_nll=stop_nll)
            return
        if steps is None or steps <= state.step:
            raise RunError(f"The last step is {steps}: run {run.id} has made {state.step}, choose a later one.")
        dispatcher.resume(store(), run, steps, eta if eta != state.eta else None, until=until, stop_nll=stop_nll)

    return _on_each(run_ids, go_on, "Resumed")


def change_eta(run_ids: Sequence[str], eta: float) -> Outcome:
    """Give runs that are at work another eta."""
    eta = check_eta(eta)

    def ask(run: Run) -> None:
        state = run.state()
        if state.is_flow:
            raise RunError(f"Run {run.id} is a flow, which has no eta: stop it, and resume it to a later tau instead.")
        if state.status not in ACTIVE:
            raise RunError(f"Run {run.id} is {state.status}: give it another eta as you resume it.")
        run.request_eta(eta)

    return _on_each(run_ids, ask, f"From the coming step on eta = {eta:g}:")


def save_words(run_id: str, before: dict[str, Any], after: dict[str, Any]) -> Outcome:
    """Save what the reader changed of the words on a run: name, tags, note.

    before: the words that the reader was shown. What another tab has changed since then is not written over.
    """

    def save(run: Run) -> None:
        now = run.about()
        changed = {key: value for key, value in after.items() if value != before[key]}
        for key in changed:
            if now[key] not in (before[key], after[key]):
                raise RunError(
                    f"The {key} of run {run.id} was changed elsewhere meanwhile, to {now[key]!r}: nothing was saved; "
                    "press Save again to write yours over it."
                )
        run.describe(**changed)

    return _on_each([run_id], save, "Saved")


def words(run_id: str) -> dict[str, Any]:
    """The words on a run as they are now; none where the run has gone."""
    try:
        return _find(run_id).about()
    except EXPECTED:
        return {}


def delete(run_ids: Sequence[str]) -> Outcome:
    """Move runs to the trash, from where `restore` brings them back."""
    names = {run_id: title(run_id) for run_id in run_ids}
    gone: list[str] = []

    def move(run: Run) -> None:
        store().delete(run)
        gone.append(run.id)

    outcome = _on_each(run_ids, move, "Deleted")
    done = f"Deleted {listed([names[run_id] for run_id in gone])}." if gone else ""
    return replace(outcome, done=done, deleted=tuple(gone))


def restore(run_ids: Sequence[str]) -> Outcome:
    """Bring runs back from the trash."""
    for run_id in run_ids:
        store().restore(run_id)
    return Outcome(done=f"Brought back {listed([title(run_id) for run_id in run_ids])}.")


def empty_trash() -> Outcome:
    """Remove what was deleted for good."""
    store().empty_trash()
    return Outcome(done="The deleted runs are gone for good.")


def halve_eta(run_id: str, half: float) -> Outcome:
    """Ask a run to go on with half of the eta that it had; RunError where it has come down to that since."""
    run = _find(run_id)
    if 0 < (now := run.state().eta or 0.0) <= half:
        raise RunError(f"{title(run_id)} goes on with eta = {now:.3g} by now: nothing was changed.")
    run.request_eta(half)
    return Outcome()


def start_probe(run: Run, step: int, sizes: str) -> Outcome:
    """Begin a noise probe from a checkpoint, at minibatch sizes as the reader wrote them."""
    probes.start(run, step, parse_sizes(sizes))
    return Outcome()


def forget_probe(attempt: Attempt) -> Outcome:
    """Remove what a failed probe left."""
    probes.forget(attempt)
    return Outcome()


def serve_queue() -> Outcome:
    """Start the process that serves the queue."""
    dispatcher.ensure_dispatcher(store())
    return Outcome(done="Asked it to start.")


def install(source: EditionSource, content: bytes) -> Outcome:
    """Put an edition's file, as uploaded, in its place."""
    install_file(source, content)
    return Outcome(done=f"{source.title} is in place.")


def queue(configs: Sequence[RunConfig]) -> Outcome:
    """Queue those of the settings that the store has no run of, and again those that ended before their last step.

    All have one edition. What is finished, queued or at work is left alone.
    """
    edition, notice = load_or_fallback(configs[0].edition)
    wanted = [RunConfig.from_json(config.to_json() | {"edition": edition.name}) for config in configs]
    edition.first(wanted[0].chorales)  # says at once where there are fewer
    found = plan(store(), wanted, edition.digest)
    for config in found.missing:
        store().create(config, edition.digest)
    for run in found.unfinished:
        dispatcher.resume(store(), run)
    if found.missing:
        dispatcher.ensure_dispatcher(store())
    words = ["Nothing is new."] if not found.missing and not found.unfinished else []
    words += [f"Queued {runs_in_words(len(found.missing))}."] if found.missing else []
    if found.unfinished:
        words.append(f"{runs_in_words(len(found.unfinished)).capitalize()} will go on from the last checkpoint.")
    if found.settled:
        words.append(f"{runs_in_words(len(found.settled)).capitalize()} had been made already.")
    return Outcome(done=" ".join(words), notice=notice or "")


def perform(action: Callable[..., Outcome], *arguments: object, key: str = _KEY) -> None:
    """A button's callback, and the only way to an action: do it, where this browser may, and keep what came of it."""
    try:
        presenter.require()
        st.session_state[key] = action(*arguments)
    except EXPECTED as error:
        st.session_state[key] = Outcome(error=sentence(error))


def button(
    label: str,
    *,
    disabled: bool = False,
    on_click: Callable[..., None] = perform,
    draw: Callable[..., bool] = st.button,
    **options: Any,
) -> None:
    """A button that changes something: dead, and not shown, for those who only look on.

    on_click: `perform`, or a way to it. draw: what draws it, in a form `st.form_submit_button`.
    """
    allowed = presenter.may_act()
    options |= {} if allowed else {"help": presenter.REFUSAL}
    with presenter.part(f"button-{options['key']}"):
        draw(label, disabled=disabled or not allowed, on_click=on_click, **options)


def show_trouble(key: str) -> None:
    """What an action performed under that key could not do, once."""
    outcome = st.session_state.pop(key, Outcome())
    if outcome.error:
        st.error(plain(outcome.error), icon=":material/error:")


def show_outcome() -> None:
    """The last action's sentences, with an undo where there is one. Always one element, so nothing below it moves."""
    with st.container(key="outcome_place"):
        outcome = st.session_state.get(_KEY, Outcome())
        if outcome.error:
            st.error(plain(outcome.error), icon=":material/error:")
        if outcome.notice:
            st.warning(plain(outcome.notice), icon=":material/info:")
        if outcome.started:
            with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="started"):
                st.markdown(f":green[:material/check:] {plain(outcome.done)}", width="content")
                words = "See its curve" if len(outcome.started) == 1 else "See their curves"
                link_to("Learning curves", words, {"run": list(outcome.started)})
            return
        if outcome.done:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.success(plain(outcome.done), icon=":material/check:", width="stretch")
                if outcome.deleted:
                    button("Undo", key="undo", icon=":material/undo:", args=(restore, outcome.deleted))


def title(run_id: str) -> str:
    """The run's name, or its id where it has no readable settings."""
    return str(words(run_id).get("name", run_id))


def _find(run_id: str) -> Run:
    """The run of exactly that id, a broken one with an odd name too."""
    found = next((run for run in store().runs() if run.id == run_id), None)
    if found is None:
        raise RunError(f"There is no run {run_id!r} any more.")
    return found
