"""Settings to start from: single networks, and sweeps over widths; the class world's and the paper's.

The class world is done within a lesson, the paper's networks are a matter of days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from glassy_core.settings import ConfigError, RunConfig, short, with_dynamics


@dataclass(frozen=True)
class Preset:
    """A named starting point: its settings, and one sentence for the reader."""

    title: str
    words: str
    config: RunConfig


def _class_world(name: str, width: int) -> RunConfig:
    return RunConfig(
        name=name, depth=2, width=width, eta=5e-3, steps=60_000, chorales=8, gamma_every=1_000, valid_every=1_000
    )


def _class_aging(name: str, width: int) -> RunConfig:
    # Each waiting time is followed for four times its length or more, the first ones into the late regime, x > 10.
    return RunConfig(
        name=name,
        depth=2,
        width=width,
        eta=5e-3,
        steps=400_000,
        chorales=8,
        record_every=500,
        gamma_every=1_000,
        valid_every=10_000,
        checkpoint_every=20_000,
        waiting_times=tuple(10_000 * 2**k for k in range(4)),
    )


_PAPERS_TIMES = tuple(80 * 2**k for k in range(5))  # waiting times tau_w of Figs. 7 to 9
_PAPERS_END = 5120.0  # where Fig. 7 ends


def _paper_aging(width: int) -> RunConfig:
    # The paper's waiting times, tau_w = 80 to 1280, and three times the last of them after it.
    times = tuple(200_000 * 2**k for k in range(5))
    return _paper_run(2, width, 4e-4, 4 * times[-1], times)


def _paper_run(depth: int, width: int, eta: float, steps: int, waiting_times: tuple[int, ...] = ()) -> RunConfig:
    return RunConfig(
        name=f"paper d={depth} w={width}",
        depth=depth,
        width=width,
        eta=eta,
        steps=steps,
        waiting_times=waiting_times,
        edition="paper",
        auto_halve=depth >= 5,
    )


def _as_flow(key: str, title: str, until: float, waiting_times: tuple[int, ...] = ()) -> Preset:
    """The same network as a preset's, its learning followed without noise to a proper time."""
    steps = PRESETS[key]
    config = replace(with_dynamics(steps.config, "flow"), until=until, waiting_times=waiting_times)
    return Preset(title, f"{steps.words} Without the noise of minibatches, in a small part of the time.", config)


# Class world: a prototype's levels after 6e4 steps were NLL 0.09, 0.0115 and below 0.01 after 2.5e4 steps.
PRESETS: dict[str, Preset] = {
    "class-under": Preset(
        "Class world, under: w = 10",
        "Too small for eight chorales: its loss stays high.",
        _class_world("under", 10),
    ),
    "class-near": Preset(
        "Class world, near: w = 24",
        "It learns them, too, but slowly.",
        _class_world("near", 24),
    ),
    "class-over": Preset("Class world, over: w = 48", "Large enough to learn them all.", _class_world("over", 48)),
    "class-aging-under": Preset(
        "Class world, aging: w = 10", "Four waiting times, too small a network.", _class_aging("aging under", 10)
    ),
    "class-aging-near": Preset(
        "Class world, aging: w = 24",
        "Four waiting times, nearer to w_c.",
        _class_aging("aging near", 24),
    ),
    "class-aging-over": Preset(
        "Class world, aging: w = 48", "Four waiting times, overparametrised.", _class_aging("aging over", 48)
    ),
    "paper-d1": Preset(
        "Paper, d = 1, w = 200", "One wide layer, overparametrised.", _paper_run(1, 200, 1e-3, 2_000_000)
    ),
    "paper-d2-under": Preset("Paper, d = 2, w = 30", "The paper's aging run, underparametrised.", _paper_aging(30)),
    "paper-d2-near": Preset("Paper, d = 2, w = 68", "The nearly critical run.", _paper_aging(68)),
    "paper-d2-over": Preset("Paper, d = 2, w = 90", "The overparametrised aging run.", _paper_aging(90)),
    "paper-d5": Preset(
        "Paper, d = 5, w = 70", "Deeper, so it wants a smaller eta.", _paper_run(5, 70, 2e-4, 4_000_000)
    ),
    "paper-d10": Preset("Paper, d = 10, w = 60", "The deepest of the paper.", _paper_run(10, 60, 1e-4, 4_000_000)),
}
PRESETS |= {
    f"class-flow-{place}": _as_flow(f"class-{place}", f"Class world, {place}, as a flow", 300.0)
    for place in ("under", "near", "over")
}
PRESETS |= {
    "paper-flow-d1": _as_flow("paper-d1", "Paper, d = 1, w = 200, as a flow", 2000.0),
    "paper-flow-d2-under": _as_flow("paper-d2-under", "Paper, d = 2, w = 30, as a flow", _PAPERS_END, _PAPERS_TIMES),
    "paper-flow-d2-near": _as_flow("paper-d2-near", "Paper, d = 2, w = 68, as a flow", _PAPERS_END, _PAPERS_TIMES),
    "paper-flow-d2-over": _as_flow("paper-d2-over", "Paper, d = 2, w = 90, as a flow", _PAPERS_END, _PAPERS_TIMES),
    "paper-flow-d5": _as_flow("paper-d5", "Paper, d = 5, w = 70, as a flow", 800.0),
    "paper-flow-d10": _as_flow("paper-d10", "Paper, d = 10, w = 60, as a flow", 400.0),
}
CLASS_TRIO = ("class-under", "class-near", "class-over")
CLASS_AGING = ("class-aging-under", "class-aging-near", "class-aging-over")


def preset(name: str) -> Preset:
    """The preset of that name; ConfigError names the ones there are."""
    if name not in PRESETS:
        raise ConfigError(f"There is no preset {short(name)}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


# The class trio as flows: done in seconds.
CLASS_FLOWS = ("class-flow-under", "class-flow-near", "class-flow-over")


@dataclass(frozen=True)
class SweepPreset:
    """Depths x widths x seeds around some settings, and one sentence for the reader."""

    title: str
    words: str
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    seeds: tuple[int, ...]
    base: RunConfig


def _paper_sweep(depth: int, widths: tuple[int, ...], key: str, steps: int = 4_000_000) -> SweepPreset:
    base = replace(PRESETS[key].config, name="", waiting_times=(), steps=steps)
    words = "The paper's 80 chorales and its eta at this depth, on both sides of its critical width."
    return SweepPreset(f"The paper's d = {depth}", words, (depth,), widths, (0,), base)


def _paper_flows(depth: int, widths: tuple[int, ...], key: str) -> SweepPreset:
    # As far as Fig. 7 goes, or to just below the lowest threshold, which is all that 1/tau* needs.
    base = replace(PRESETS[key].config, name="", waiting_times=(), until=_PAPERS_END, stop_nll=0.009)
    words = "The paper's 80 chorales, each width in minutes, on both sides of the critical width."
    return SweepPreset(f"The paper's d = {depth}, as flows", words, (depth,), widths, (0,), base)


# Narrow enough for NLL* = 0.1 and wide enough for 0.01 at both depths, in tau = 400.
_CLASS_WIDTHS = (6, 8, 10, 14, 18, 24, 30, 36, 48, 60, 72, 84)
SWEEPS: dict[str, SweepPreset] = {
    "class": SweepPreset(
        "Class world, d = 1 and 2",
        "Eight chorales, one and two layers, three seeds each: w_c in half an hour, and what depth does to it.",
        (1, 2),
        _CLASS_WIDTHS,
        (0, 1, 2),
        replace(PRESETS["class-near"].config, name="", steps=80_000),
    ),
    "paper-d1": _paper_sweep(1, (95, 105, 115, 125, 140, 160, 180, 200), "paper-d1"),
    # tau = 3200: by the paper's law w = 90 needs 1170 for NLL* = 0.01, and narrower ones ever more.
    "paper-d2": _paper_sweep(2, (60, 68, 76, 84, 92, 100, 110, 120), "paper-d2-near", 8_000_000),
    "paper-d5": _paper_sweep(5, (30, 34, 38, 42, 47, 53, 60, 70), "paper-d5"),
    "class-flow": SweepPreset(
        "Class world, d = 1 and 2, as flows",
        "The same networks without the noise of minibatches: w_c in minutes.",
        (1, 2),
        _CLASS_WIDTHS,
        (0, 1, 2),
        replace(PRESETS["class-flow-near"].config, name="", until=400.0),
    ),
    "paper-flow-d1": _paper_flows(1, (95, 105, 115, 125, 140, 160, 180, 200), "paper-flow-d1"),
    "paper-flow-d2": _paper_flows(2, (56, 64, 70, 76, 82, 90, 100, 110, 120), "paper-flow-d2-near"),
    "paper-flow-d5": _paper_flows(5, (30, 34, 38, 42, 47, 53, 60, 70), "paper-flow-d5"),
}


def sweep_like(name: str) -> SweepPreset:
    """The sweep of that name; ConfigError names the ones there are."""
    if name not in SWEEPS:
        raise ConfigError(f"There is no sweep {short(name)}: choose one of {', '.join(SWEEPS)}.")
    return SWEEPS[name]
