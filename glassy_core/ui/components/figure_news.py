"""What has changed between two drawings of a figure: of lines that have become longer, their new points alone."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np


def news(before: str, now: str) -> dict[str, Any] | None:
    """What makes the figure `now` of the figure `before`, both as JSON; None where other lines are drawn.

    traces: of each that has changed its place and, by name, what has: `value`, or for an array of which the first
    `keep` bytes are as they were what comes after these, `add`, in base64, with its dtype and shape. layout: the new
    one, where it is another. figure_news.js takes it.
    """
    old, new = json.loads(before), json.loads(now)
    if [_known_by(trace) for trace in old["data"]] != [_known_by(trace) for trace in new["data"]]:
        return None
    changes = [_changes(*pair) for pair in zip(old["data"], new["data"], strict=True)]
    layout = {} if old["layout"] == new["layout"] else {"layout": new["layout"]}
    return {"traces": [[k, change] for k, change in enumerate(changes) if change], **layout}


def _known_by(trace: dict[str, Any]) -> tuple[Any, ...]:
    return trace.get("uid"), *sorted(trace)


def _changes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {name: _change(old[name], value) for name, value in new.items() if old[name] != value}


def _change(old: Any, new: Any) -> dict[str, Any]:
    if not (_is_array(old) and _is_array(new) and old["dtype"] == new["dtype"]):
        return {"value": new}
    held, wanted = (np.frombuffer(base64.b64decode(array["bdata"]), dtype=np.uint8) for array in (old, new))
    n = min(len(held), len(wanted))
    other = np.flatnonzero(held[:n] != wanted[:n])
    keep = int(other[0]) if len(other) else n
    rest = base64.b64encode(wanted[keep:].tobytes()).decode("ascii")
    return {"keep": keep, "add": rest} | {name: value for name, value in new.items() if name != "bdata"}


def _is_array(value: Any) -> bool:
    return isinstance(value, dict) and "bdata" in value
