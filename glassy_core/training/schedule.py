"""When a run records and when it keeps a checkpoint: log-spaced at first, regularly later."""

from __future__ import annotations

import math
from functools import lru_cache

from glassy_core.settings import RunConfig

FIRST_MILESTONE = 256


@lru_cache(maxsize=64)
def log_spaced(per_decade: int, limit: int) -> frozenset[int]:
    """The steps 1, ... below limit, so many per decade."""
    exponents = range(int(per_decade * math.log10(max(limit, 1))) + 1)
    return frozenset(step for step in (round(10 ** (k / per_decade)) for k in exponents) if step < limit)


def is_due(step: int, every: int, per_decade: int) -> bool:
    """Log-spaced at first, every so many steps from where the log spacing would be wider than that."""
    ratio = 10 ** (1 / per_decade) - 1
    return step % every == 0 or step in log_spaced(per_decade, round(every / ratio))


def is_checkpoint(step: int, config: RunConfig) -> bool:
    """Regular checkpoints and milestones."""
    return step % config.checkpoint_every == 0 or is_milestone(step, config)


def is_milestone(step: int, config: RunConfig) -> bool:
    """Checkpoints that are kept for good: step 0, the powers of two from 256, which show a run along
    log tau, and the waiting times, from whose weights the drift is measured.
    """
    return step == 0 or (step >= FIRST_MILESTONE and step & (step - 1) == 0) or step in config.waiting_times
