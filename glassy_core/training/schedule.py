"""When a run records and when it keeps a checkpoint: log-spaced at first, regularly later."""

from __future__ import annotations

import math
from functools import lru_cache

from glassy_core.settings import RunConfig

_FIRST_MILESTONE = 256


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
