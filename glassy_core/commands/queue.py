"""The command `queue`: what waits, who trains, in which order and how many at once."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from glassy_core.commands.options import Commands
from glassy_core.runs.store import open_store


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add(
        "queue", _queue, "Show the queue and the workers; change the order or the limit.", as_json=True
    )
    parser.add_argument("--limit", type=int, metavar="N", help="runs at work at once, 0: as many as the workers take")
    parser.add_argument("--first", nargs="+", default=[], metavar="RUN", help="put these queued runs before all others")
    parser.add_argument("--last", nargs="+", default=[], metavar="RUN", help="put these queued runs behind all others")


def _queue(options: argparse.Namespace) -> None:
    from glassy_core.jobs import queue as waiting
    from glassy_core.jobs.dispatcher import dispatcher_status

    store = open_store(options.runs_dir)
    if options.limit is not None:
        waiting.set_limit(store, options.limit)
    for names, to_front in ((options.first, True), (options.last, False)):
        if names:
            waiting.move(store, [store.get(name).id for name in names], to_front)
    queue, status, limit = waiting.look(store), dispatcher_status(store), waiting.wishes(store).limit
    waits = [run.id for run in queue.waiting]
    workers = status.workers if status.alive else ()
    if options.json:
        values: dict[str, Any] = {"waiting": waits, "at_work": sorted(queue.at_work), "limit": limit or None}
        values |= {"scheduler": status.scheduler if status.alive else None, "problem": status.problem or None}
        print(json.dumps(values | {"workers": [asdict(worker) for worker in workers]}, allow_nan=False))
        return
    print(f"{len(waits)} wait, {len(queue.at_work)} at work, limit {limit or 'none'}, {len(workers)} workers")
    if status.problem and (status.alive or waits):
        print(status.problem)
    for worker in workers:
        print(f"worker {worker.name} on {worker.host}: {', '.join(worker.runs) or 'free'}")
    for turn, run_id in enumerate(waits, 1):
        print(f"{turn:5d}  {run_id}")
