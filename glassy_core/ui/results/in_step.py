"""The class trio in step of proper time: while it learns, each curve is shown as far as the slowest has come.

By the clock the narrow network is the quickest, and would lead for minutes although it ends highest.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np

from glassy_core.paper.regimes import of_the_trio
from glassy_core.runs.records import Series
from glassy_core.ui.results.rows import Row

FORGOTTEN = 600.0  # seconds after which a run that has ended goes with nobody any more


def walk_together(rows: Sequence[Row], now: float) -> list[str]:
    """Ids of the runs of the class trio that learn at the same time, those at work and those that ended meanwhile.

    now: seconds since the epoch. None where fewer than two do.
    """
    trio = [row for row in rows if row.config and of_the_trio(row.config)]
    running = [row for row in trio if row.state.status == "running"]
    longest = max((row.state.seconds for row in running), default=0.0)
    ended = [
        row for row in trio
        if row.state.status == "finished" and 0 <= now - row.state.heartbeat < min(longest, FORGOTTEN)
    ]  # fmt: skip
    together = [row.id for row in running + ended]
    return together if running and len(together) > 1 else []


def in_step(rows: Sequence[Row], series: Mapping[str, Series]) -> dict[str, Series]:
    """The runs' records by id, those of runs that walk together as far as all of these have come.

    One that runs and has recorded nothing yet holds the others at the start: else they would lead, and jump back.
    """
    together = walk_together(rows, time.time())
    if not together:
        return dict(series)
    end = min(float(series[run_id].tau[-1]) if len(series[run_id]) else 0.0 for run_id in together)
    return {run_id: _up_to(one, end) if run_id in together else one for run_id, one in series.items()}


def _up_to(series: Series, tau: float) -> Series:
    """The records up to a proper time; the very same object where that is all."""
    n = int(np.searchsorted(series.tau, tau, side="right"))
    if n == len(series):
        return series
    columns = {column.name: getattr(series, column.name)[:n] for column in fields(series) if column.name != "serial"}
    return replace(series, **columns, serial=hash((series.serial, n)))
