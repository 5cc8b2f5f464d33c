"""Parts of the physics pages that follow some runs, and start new ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from glassy_core import jobs
from glassy_core.chorales import load_or_fallback
from glassy_core.config import RunConfig
from glassy_core.sweeps import already_there
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
    """Queue those of the settings that the store has no run of; all have one edition."""
    edition, notice = load_or_fallback(configs[0].edition)
    wanted = [RunConfig.from_json(config.to_json() | {"edition": edition.name}) for config in configs]
    edition.first(wanted[0].chorales)  # says at once where there are fewer
    known = already_there(store(), wanted, edition.digest)
    missing = [config for config in wanted if RunConfig.from_json(config.to_json() | {"name": ""}) not in known]
    for config in missing:
        store().create(config, edition.digest)
    if missing:
        jobs.ensure_dispatcher(store())
    new = f"Queued {runs_in_words(len(missing))}." if missing else "Nothing is new."
    there = f" {runs_in_words(len(known)).capitalize()} had been made already." if known else ""
    return Outcome(done=new + there, notice=notice or "")


def queue_and_tell(configs: Sequence[RunConfig]) -> None:
    """A button's callback: queue, keep the sentence, and have the whole page drawn anew."""
    perform(queue, configs)
    st.session_state[_CHANGED] = True


def runs_in_words(n: int) -> str:
    return "one run" if n == 1 else f"{n} runs"
