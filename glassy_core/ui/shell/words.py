"""Numbers and states as the pages write them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from glassy_core.settings import ConfigError
from glassy_core.wording import whole as whole  # as the core writes counts, too

# status -> (colour of its badge, icon, what it means for the reader)
STATUS = {
    "queued": ("gray", ":material/schedule:", "Waits for a free worker."),
    "running": ("blue", ":material/play_circle:", "Learns now."),
    "stalled": ("orange", ":material/hourglass_disabled:", "Its process is there but gives no sign of life."),
    "paused": ("yellow", ":material/pause_circle:", "Paused at a checkpoint; resume it any time."),
    "stopped": ("gray", ":material/stop_circle:", "Stopped at a checkpoint; resume it any time."),
    "finished": ("green", ":material/check_circle:", "Has come to its end; give it a later one to go on."),
    "failed": ("red", ":material/error:", "Could not go on; the reason stands beside it."),
    "interrupted": ("orange", ":material/power_off:", "Its process ended; it goes on from its last checkpoint."),
}

_EQUATION = re.compile(r"(?<=\w) ([=<>≥≤]) (?=[\d.-])")  # "w = 24", whose parts stay on one line
_INDEXED = re.compile(r"(τ/)?\bτ\\?_w\b|\bw\\?_c\b")  # symbols with an index, its underscore escaped or not


def typeset(markdown: str) -> str:
    """Markdown with symbols that have an index as KaTeX writes them, which Streamlit ships; "w = 24" on one line."""
    indexed = _INDEXED.sub(lambda symbol: "$" + symbol[0].replace("\\", "").replace("τ", r"\tau") + "$", markdown)
    return _EQUATION.sub("\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", indexed)


def duration(seconds: float | None) -> str:
    """A time span in at most two units, such as '3 min 20 s'; a dash where it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    seconds = max(0, round(seconds))
    for unit, below, name, smaller in ((86400, 3600, "d", "h"), (3600, 60, "h", "min"), (60, 1, "min", "s")):
        if seconds >= unit:
            rest = seconds % unit // below
            return f"{seconds // unit} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds} s"


def number(value: float | None, digits: int = 4) -> str:
    """A quantity with so many significant digits, 2 000 rather than 2e+03; a dash where it was not measured."""
    if value is None:
        return "–"
    rounded = float(f"{value:.{digits}g}")
    return whole(round(rounded)) if 10**digits <= abs(rounded) < 1e7 else f"{value:.{digits}g}"


def setting_value(value: Any) -> str:
    """A setting as a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return whole(value) if isinstance(value, int) and value >= 10_000 else str(value)


def whole_numbers(text: str, refusal: str) -> list[int]:
    """Whole numbers that a reader wrote, separated by commas or spaces; ConfigError with the refusal for other text."""
    try:
        return [int(part) for part in re.split(r"[,\s]+", text.strip()) if part]
    except ValueError:
        raise ConfigError(refusal) from None


def runs_in_words(n: int) -> str:
    """A number of runs: 'one run', '3 runs'."""
    return "one run" if n == 1 else f"{n} runs"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: 'a, b and c', 'nothing' for none."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "nothing"
