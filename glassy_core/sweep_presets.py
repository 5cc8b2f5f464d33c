"""Sweeps to start from: the class world's, done within a lesson, and the paper's depths, a matter of days."""

from __future__ import annotations

from dataclasses import dataclass, replace

from glassy_core.settings import PRESETS, ConfigError, RunConfig, short


@dataclass(frozen=True)
class SweepPreset:
    """Depths x widths x seeds around some settings, and one sentence for the reader."""

    title: str
    words: str
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    seeds: tuple[int, ...]
    base: RunConfig


def _paper(depth: int, widths: tuple[int, ...], key: str, steps: int = 4_000_000) -> SweepPreset:
    base = replace(PRESETS[key].config, name="", waiting_times=(), steps=steps)
    words = "The paper's 80 chorales and its eta at this depth, on both sides of its critical width."
    return SweepPreset(f"The paper's d = {depth}", words, (depth,), widths, (0,), base)


SWEEPS: dict[str, SweepPreset] = {
    "class": SweepPreset(
        "Class world, d = 1 and 2",
        "Eight chorales, one and two layers, three seeds each: w_c in half an hour, and what depth does to it.",
        (1, 2),
        # Narrow enough for NLL* = 0.1 and wide enough for 0.01 at both depths, in tau = 400.
        (6, 8, 10, 14, 18, 24, 30, 36, 48, 60, 72, 84),
        (0, 1, 2),
        replace(PRESETS["class-near"].config, name="", steps=80_000),
    ),
    "paper-d1": _paper(1, (95, 105, 115, 125, 140, 160, 180, 200), "paper-d1"),
    # tau = 3200: by the paper's law w = 90 needs 1170 for NLL* = 0.01, and narrower ones ever more.
    "paper-d2": _paper(2, (60, 68, 76, 84, 92, 100, 110, 120), "paper-d2-near", 8_000_000),
    "paper-d5": _paper(5, (30, 34, 38, 42, 47, 53, 60, 70), "paper-d5"),
}


def sweep_like(name: str) -> SweepPreset:
    """The sweep of that name; ConfigError names the ones there are."""
    if name not in SWEEPS:
        raise ConfigError(f"There is no sweep {short(name)}: choose one of {', '.join(SWEEPS)}.")
    return SWEEPS[name]
