"""What the gallery holds, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from glassy_core.jobs.sweeps import expand
from glassy_core.presets import CLASS_AGING, PRESETS, SWEEPS
from glassy_core.runs.run import RunError
from glassy_core.settings import USUAL_FLOW, RunConfig

_SEEDS = (0, 1, 2)
_NEAR_W_C = {  # widths at which a sweep of flows has all seeds
    "paper-flow-d1": (115, 125, 140, 160),
    "paper-flow-d2": (64, 70, 76, 82, 90),
    "paper-flow-d5": (38, 42, 47, 53, 60, 70),
}
# Near w_c a network needs more time than the paper had: until there, tau.
_FURTHER = {("paper-flow-d1", 125): 16_000.0, ("paper-flow-d2", 64): 16_000.0, ("paper-flow-d5", 38): 16_000.0}
_HEARD = {"paper-flow-d1": 200, "paper-flow-d2": 90}
_LOADS = {  # (chorales, d): widths from well above w_c to it
    (8, 5): (48, 36, 28, 24, 20, 18, 16, 14), (8, 10): (48, 40, 32, 28, 24, 20),
    (20, 1): (110, 96, 80, 64, 56, 50, 45, 40), (20, 2): (70, 58, 48, 40, 34, 30, 27, 24),
    (40, 1): (144, 132, 120, 110, 100, 88, 80, 72), (40, 2): (95, 82, 70, 58, 50, 45, 41),
}  # fmt: skip
_CLOCK_ENDS = 100.0  # tau
_CLOCK_WIDTH = 36  # none of the class trio's, whose place on the pages it would take
_CLOCK: tuple[tuple[float, dict[str, Any]], ...] = (  # eta, and what is not as in the class world
    (2.5e-3, {}), (5e-3, {}), (1e-2, {}), (2e-2, {}),
    (5e-3, {"batch_size": 30}), (5e-3, {"batch_size": 100}), (5e-3, {"gradient": "exact"}),
    (5e-3, {"batch_size": "all"}), (5e-3, {"batch_size": "all", "gradient": "exact"}),
)  # fmt: skip
_EDGE_ENDS = 200.0  # tau
_EDGE = (5e-3, 1e-2, 2e-2, 4e-2)  # eta of full, exact gradient descent: 2 / eta from above to far below what a flow has
_BURST = 0.0125  # of the waiting time: a little more than the short times reach
_BURST_BEGINS = 10  # steps until the gradient's delay has its history
_BURST_SEEDS = (1, 2, 3, 4, 5)
_ETA = PRESETS["paper-d2-over"].config.eta


@dataclass(frozen=True)
class PlannedMeasurement:
    """What is measured from a checkpoint: at its step, of a flow at its proper time, in some steps of eta."""

    at: float
    steps: int
    eta: float | None = None  # None: the checkpoint's


@dataclass(frozen=True)
class Exhibit:
    """A run of the gallery, which of its checkpoints are kept, and what is measured from them.

    source: settings of the run, and proper time of the checkpoint, from which it starts; None: a network of its own.
    sharpness: whether the largest curvature is measured at all of its checkpoints, which need not be kept for it.
    """

    config: RunConfig
    checkpoints: Literal["none", "last", "along tau"] = "none"
    source: tuple[RunConfig, float] | None = None
    probes: tuple[PlannedMeasurement, ...] = ()
    clones: tuple[PlannedMeasurement, ...] = ()
    sharpness: bool = False


_CLASS_CLONES = (PlannedMeasurement(4096, 4096), PlannedMeasurement(40_000, 20_000))
_FLOW_PROBES = {"paper-flow-d2-over": (PlannedMeasurement(1280, 1000, _ETA),)}
_FLOW_CLONES = {
    "paper-flow-d2-under": (PlannedMeasurement(80, 20_000, _ETA), PlannedMeasurement(1280, 20_000, _ETA)),
    "paper-flow-d2-over": (PlannedMeasurement(80, 10_000, _ETA),),
}


def exhibits(which: str = "all") -> list[Exhibit]:
    """What the gallery holds; which: one part, or all.

    The class world's sweep and aging runs, the paper's networks, these as flows, bursts of steps, networks of the
    paper's sizes that have learned the eighty chorales that come with glassy, sweeps that learn 20 and 40 of those, or
    8 with more layers, one network of the class world by several eta, minibatch sizes and gradients, and the same to
    the edge of stability.
    """
    sweep = SWEEPS["class"]
    parts = {
        "sweep": [
            Exhibit(config, "last" if config.seed == _SEEDS[0] else "none")
            for config in expand(sweep.base, sweep.depths, sweep.widths, _SEEDS)
        ],
        "aging": [Exhibit(PRESETS[key].config, "along tau", clones=_CLASS_CLONES) for key in CLASS_AGING]
        + [Exhibit(replace(PRESETS[key].config, seed=seed)) for seed in _SEEDS[1:] for key in CLASS_AGING],
        "paper": [
            Exhibit(PRESETS[key].config, "last")
            for key in ("paper-d2-under", "paper-d2-over", "paper-d2-near", "paper-d1", "paper-d5")
        ],
        "flows": _flows(),
        "bursts": _bursts(),
        "heard": _heard(),
        "loads": _loads(),
        "clock": _clock(),
        "edge": _edge(),
    }
    if which != "all" and which not in parts:
        raise RunError(f"The gallery has no part {which!r}: choose one of {', '.join(parts)}, or all.")
    return [exhibit for name, part in parts.items() if which in ("all", name) for exhibit in part]


def _flows() -> list[Exhibit]:
    """The paper's networks and sweeps as flows, three seeds at the widths that tell most of w_c."""
    single = [
        Exhibit(PRESETS[key].config, "along tau", probes=_FLOW_PROBES.get(key, ()), clones=_FLOW_CLONES.get(key, ()))
        for key in PRESETS
        if key.startswith("paper-flow")
    ]
    narrow = [Exhibit(replace(PRESETS["paper-flow-d2-under"].config, seed=seed)) for seed in _SEEDS[1:]]
    swept = [
        Exhibit(
            replace(config, until=_FURTHER.get((key, config.width), config.until)),
            "last" if config.seed == _SEEDS[0] else "none",
        )
        for key, widths in _NEAR_W_C.items()
        for config in expand(SWEEPS[key].base, SWEEPS[key].depths, SWEEPS[key].widths, _SEEDS)
        if config.seed == _SEEDS[0] or config.width in widths
    ]
    return single + narrow + swept


def _heard() -> list[Exhibit]:
    """Networks that know the embedded edition's chorales by heart: they are heard without the paper's file."""
    return [
        Exhibit(replace(SWEEPS[key].base, depth=SWEEPS[key].depths[0], width=width, edition="corpus"), "last")
        for key, width in _HEARD.items()
    ]


def _loads() -> list[Exhibit]:
    """Sweeps between the class world and the paper, and deeper ones: w_c by what there is to learn and by depth."""
    return [
        Exhibit(replace(USUAL_FLOW, chorales=n, depth=depth, width=width, seed=seed, until=5000.0, stop_nll=0.009))
        for (n, depth), widths in _LOADS.items()
        for width in widths
        for seed in _SEEDS[:2]
    ]


def _clock() -> list[Exhibit]:
    """One network to tau = _CLOCK_ENDS as a flow and in steps of other sizes, minibatches and gradients."""
    base = replace(PRESETS["class-over"].config, name="", width=_CLOCK_WIDTH, gamma_every=10_000)
    flow = replace(PRESETS["class-flow-over"].config, name="", width=_CLOCK_WIDTH, until=_CLOCK_ENDS)
    return [Exhibit(flow)] + [
        Exhibit(replace(base, eta=eta, steps=round(_CLOCK_ENDS / eta), record_every=round(0.25 / eta), **how))
        for eta, how in _CLOCK
    ]


def _edge() -> list[Exhibit]:
    """The clock's network for twice as long by the exact gradient of all transitions, whose steps are stable or not."""
    world = PRESETS["class-over"].config
    base = replace(world, width=_CLOCK_WIDTH, batch_size="all", gradient="exact", gamma_every=10_000)
    flow = replace(PRESETS["class-flow-over"].config, name="edge, flow", width=_CLOCK_WIDTH, until=_EDGE_ENDS)
    return [Exhibit(flow, sharpness=True)] + [
        Exhibit(
            replace(
                base,
                name=f"edge, eta = {eta:g}",
                eta=eta,
                steps=round(_EDGE_ENDS / eta),
                record_every=round(0.25 / eta),
            ),
            sharpness=True,
        )
        for eta in _EDGE
    ]


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
