"""When a run records and when it keeps a checkpoint: log-spaced at first, regularly later; of a flow always so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from glassy_core.settings import RunConfig

_FIRST_MILESTONE = 256
FIRST_TAU = 1e-3  # of a flow's records
FLOW_RECORDS = 20  # a decade of tau
_FIRST_FLOW_MILESTONE = 0.125


@lru_cache(maxsize=64)
def log_spaced(per_decade: int, limit: int) -> frozenset[int]:
    """Steps 1, ... below limit, so many per decade."""
    exponents = range(int(per_decade * math.log10(max(limit, 1))) + 1)
    return frozenset(step for step in (round(10 ** (k / per_decade)) for k in exponents) if step < limit)


def is_due(step: int, every: int, per_decade: int) -> bool:
    """Whether a step is on a schedule: log-spaced at first, every so many steps once the log spacing would be wider."""
    ratio = 10 ** (1 / per_decade) - 1
    return step % every == 0 or step in log_spaced(per_decade, round(every / ratio))


def is_checkpoint(step: int, config: RunConfig) -> bool:
    """Whether a checkpoint is written at a step: a regular one, or a milestone."""
    return step % config.checkpoint_every == 0 or is_milestone(step, config)


def is_milestone(step: int, config: RunConfig) -> bool:
    """Whether the checkpoint of a step is kept for good: step 0, powers of two from 256, waiting times.

    The powers of two show a run along log tau; from the weights at a waiting time the drift is measured.
    """
    return step == 0 or (step >= _FIRST_MILESTONE and step & (step - 1) == 0) or step in config.waiting_times


def grid(per_decade: int, after: float, upto: float, first: float = FIRST_TAU) -> list[tuple[int, float]]:
    """The proper times first x 10^(k / per_decade) above `after` and up to `upto`, each with its k >= 0."""
    if upto < first:
        return []
    lowest = max(math.floor(per_decade * math.log10(max(after, first) / first)) - 1, 0)
    highest = math.ceil(per_decade * math.log10(upto / first)) + 1
    times = ((k, first * 10 ** (k / per_decade)) for k in range(lowest, highest + 1))
    return [(k, tau) for k, tau in times if after < tau <= upto]


def next_milestone(tau: float, waiting_times: Sequence[int]) -> float:
    """The next proper time at which a flow makes a halt: a power of two, or a waiting time."""
    power = max(2.0 ** math.floor(math.log2(tau)) if tau > 0 else 0.0, _FIRST_FLOW_MILESTONE / 2) * 2
    return min([power, *(float(tau_w) for tau_w in waiting_times if tau_w > tau)])


def is_flow_milestone(tau: float, waiting_times: Sequence[int]) -> bool:
    """Whether the checkpoint of a flow at this proper time is kept for good: at powers of two and waiting times."""
    return tau in waiting_times or (tau >= _FIRST_FLOW_MILESTONE and math.frexp(tau)[0] == 0.5)
