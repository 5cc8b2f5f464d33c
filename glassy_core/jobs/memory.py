"""Memory that a run needs, and whether the machine has it: said before the run takes it from everybody else."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.errors import GlassyError
from glassy_core.settings import RunConfig

# Bytes an entry of the matrices, and a value of a layer's units at a transition, as measured at w = 300 to 600, d = 6
# and 10: the weights with their gradients and copies, a flow's stages and stiff modes; what is kept of each transition.
PER_WEIGHT = {"steps": 55, "flow": 700}
PER_WAITING_TIME = 8
PER_ACTIVITY = 28
LEAST = 250e6  # bytes, with the libraries
_SURE = 0.8  # of what is reckoned is needed in any case
_CGROUP = Path("/sys/fs/cgroup")  # where Linux has a container's limit


class TooLargeError(GlassyError, RuntimeError):
    """The run needs more memory than is free; the message has both."""


def needed(config: RunConfig, transitions: int) -> float:
    """Bytes that training takes, about, on so many transitions."""
    d, w = config.depth, config.width
    entries = (2 * d - 1) * w * w + 2 * w * N_PITCHES
    per_entry = PER_WEIGHT[config.dynamics] + PER_WAITING_TIME * len(config.waiting_times)
    return LEAST + per_entry * entries + PER_ACTIVITY * d * transitions * w


def free() -> float:
    """Bytes that a process can still have here: the machine's, or its container's where that has fewer."""
    import psutil  # here, because few processes need it

    least = float(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):  # no such limit, or "max"
        limit, used = (int((_CGROUP / f"memory.{name}").read_text(encoding="ascii")) for name in ("max", "current"))
        least = min(least, float(limit - used + _reclaimable()))
    return least


def _reclaimable() -> int:
    """Bytes of files that the container has read and the system keeps only as long as nobody needs the room."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = (_CGROUP / "memory.stat").read_text(encoding="ascii").splitlines()
        return int(dict(line.split(maxsplit=1) for line in lines)["inactive_file"])
    return 0


def check(configs: Sequence[RunConfig], transitions: int) -> None:
    """TooLargeError where networks that are trained together need more memory than is free."""
    wanted = sum(needed(config, transitions) for config in configs)
    if wanted <= len(configs) * 2 * LEAST or _SURE * wanted <= (at_hand := free()):
        return
    largest = max(configs, key=lambda config: needed(config, transitions))
    raise TooLargeError(
        f"A network of d = {largest.depth} and w = {largest.width} needs about {wanted / 1e9:.2g} GB of memory for "
        f"{transitions} transitions, and {at_hand / 1e9:.2g} GB are free here: take fewer layers, narrower ones, fewer "
        "chorales, or a machine with more."
    )
