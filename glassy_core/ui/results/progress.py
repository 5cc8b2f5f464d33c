"""How far a run is, as the pages say it: steps of steps, or of a flow the proper time that it has reached."""

from __future__ import annotations

from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.words import duration, number, whole


def progress_words(row: Row) -> str:
    """How far a run is, and how long it still takes where that is known."""
    left = row.state.remaining
    return _reached(row) + (f", {duration(left)} left" if left is not None else "")


def _reached(row: Row) -> str:
    state, until = row.state, until_of(row)
    tau = f"τ {number(state.tau)} of {number(until)}" if until else ""
    if state.is_flow:
        steps = f"{whole(state.step)} step{'' if state.step == 1 else 's'}"
        return f"{tau or f'τ {number(state.tau)}'}, in {steps}, {whole(state.evaluations)} evaluations"
    return f"step {whole(state.step)} of {whole(state.steps)}" + (f", {tau}" if tau else "")


def until_of(row: Row) -> float:
    """Proper time at which a run ends, 0 for none. One that has not begun has it in its settings alone."""
    return row.state.until or (row.config.until if row.config and not row.state.step else 0.0)
