"""What the gallery holds, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from glassy_core.jobs.sweeps import expand
from glassy_core.presets import CLASS_AGING, PRESETS, SWEEPS
from glassy_core.runs.run import RunError
from glassy_core.settings import RunConfig

_SEEDS = (0, 1, 2)
_NEAR_W_C = {  # widths at which a sweep of flows has all seeds
    "paper-flow-d1": (115, 125, 140, 160), "paper-flow-d2": (70, 76, 82, 90), "paper-flow-d5": (38, 42, 47, 53),
}  # fmt: skip
_BURST = 0.0125  # of the waiting time: a little more than the short times reach
_BURST_BEGINS = 10  # steps until the gradient's delay has its history
_BURST_SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Exhibit:
    """A run of the gallery, and which of its checkpoints are kept.

    source: settings of the run, and proper time of the checkpoint, from which it starts; None: a network of its own.
    """

    config: RunConfig
    checkpoints: Literal["none", "last", "along tau"] = "none"
    source: tuple[RunConfig, float] | None = None


def exhibits(which: str = "all") -> list[Exhibit]:
    """What the gallery holds; which: one part, or all.

    The class world's sweep and aging runs, the paper's networks, these as flows, and bursts of steps.
    """
    sweep = SWEEPS["class"]
    parts = {
        "sweep": [
            Exhibit(config, "last" if config.seed == _SEEDS[0] else "none")
            for config in expand(sweep.base, sweep.depths, sweep.widths, _SEEDS)
        ],
        "aging": [
            Exhibit(replace(PRESETS[key].config, seed=seed), "along tau" if seed == _SEEDS[0] else "none")
            for seed in _SEEDS
            for key in CLASS_AGING
        ],
        "paper": [
            Exhibit(PRESETS[key].config, "last")
            for key in ("paper-d2-under", "paper-d2-over", "paper-d2-near", "paper-d1", "paper-d5")
        ],
        "flows": _flows(),
        "bursts": _bursts(),
    }
    if which != "all" and which not in parts:
        raise RunError(f"The gallery has no part {which!r}: choose one of {', '.join(parts)}, or all.")
    return [exhibit for name, part in parts.items() if which in ("all", name) for exhibit in part]


def _flows() -> list[Exhibit]:
    """The paper's networks and sweeps as flows, three seeds at the widths that tell most of w_c."""
    single = [Exhibit(PRESETS[key].config, "along tau") for key in PRESETS if key.startswith("paper-flow")]
    swept = [
        Exhibit(config, "last" if config.seed == _SEEDS[0] else "none")
        for key, widths in _NEAR_W_C.items()
        for config in expand(SWEEPS[key].base, SWEEPS[key].depths, SWEEPS[key].widths, _SEEDS)
        if config.seed == _SEEDS[0] or config.width in widths
    ]
    return single + swept


def _bursts() -> list[Exhibit]:
    """Bursts of steps from the flows' weights at the paper's waiting times: how the weights move at short times."""
    out = []
    for place in ("under", "near", "over"):
        flow, base = PRESETS[f"paper-flow-d2-{place}"].config, PRESETS[f"paper-d2-{place}"].config
        for tau_w in flow.waiting_times:
            steps = round(_BURST * tau_w / base.eta)
            config = replace(
                base, name="", steps=steps, waiting_times=(_BURST_BEGINS,), gamma_every=max(steps // 5, 100),
                record_every=max(steps // 10, 50), valid_every=10**6, checkpoint_every=10**6,
            )  # fmt: skip
            out += [Exhibit(replace(config, seed=seed), source=(flow, float(tau_w))) for seed in _BURST_SEEDS]
    return out
