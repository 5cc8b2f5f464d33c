"""Parts of the physics pages that follow some runs, and start new ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from glassy_core import jobs
from glassy_core.chorales import load_or_fallback
from glassy_core.config import RunConfig
from glassy_core.sweeps import plan
from glassy_core.ui.actions import Outcome, perform
from glassy_core.ui.frame import store
from glassy_core.ui.run_rows import rows

_CHANGED = "queue_changed"


def follow(run_ids: Collection[str], draw: Callable[[], None], period: float) -> None:
    """Draw a part of the page, again every so many seconds while one of these runs is queued or at work."""
    was_busy = any_busy(run_ids)

    def again() -> None:
        if st.session_state.pop(_CHANGED, False):
            st.rerun()  # there are new runs to follow, and a sentence to show above
        draw()
        if any_busy(run_ids) != was_busy:
            st.rerun()  # the whole page once, which sets or drops the timer

    st.fragment(again, run_every=period if was_busy else None)()


def any_busy(run_ids: Collection[str]) -> bool:
    return any(row.busy for row in rows(store()) if row.id in run_ids)


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
        jobs.resume(store(), run)
    if found.missing:
        jobs.ensure_dispatcher(store())
    words = ["Nothing is new."] if not found.missing and not found.unfinished else []
    words += [f"Queued {runs_in_words(len(found.missing))}."] if found.missing else []
    if found.unfinished:
        words.append(f"{runs_in_words(len(found.unfinished)).capitalize()} will go on from the last checkpoint.")
    if found.settled:
        words.append(f"{runs_in_words(len(found.settled)).capitalize()} had been made already.")
    return Outcome(done=" ".join(words), notice=notice or "")


def queue_and_tell(configs: Sequence[RunConfig]) -> None:
    """A button's callback: queue, keep the sentence, and have the whole page drawn anew."""
    perform(queue, configs)
    st.session_state[_CHANGED] = True


def runs_in_words(n: int) -> str:
    return "one run" if n == 1 else f"{n} runs"
