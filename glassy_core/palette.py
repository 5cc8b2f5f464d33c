"""Colours of runs and regimes, legible on the light and on the dark page; no UI in here."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from glassy_core.config import CLASS_TRIO, PRESETS, RunConfig

# Every colour keeps a contrast of 3:1 to both page backgrounds, so that one set serves both themes.
REGIMES = {"under": "#C8553D", "near": "#B17A12", "over": "#2A7F9E"}
# For runs of no known regime; told apart with any of the common colour blindnesses, and from the regimes.
SEQUENCE = ("#7467C4", "#3F8F5F", "#BC5090", "#7A7D83", "#9A6B4F", "#4C7FD0", "#8A8A2E", "#B0567A")
PAPER_BACKGROUND = {"light": "#FCFBF8", "dark": "#15181C"}


def regime(config: RunConfig) -> str | None:
    """'under', 'near' or 'over' for a network of the class world, whatever its name and seed; else None.

    Where the critical width of own data lies is not known.
    """
    if config.is_own:
        return None
    for key in CLASS_TRIO:
        if _world(config) == _world(PRESETS[key].config):
            return key.removeprefix("class-")
    return None


def colours(configs: Mapping[str, RunConfig]) -> dict[str, str]:
    """One colour a run id: its regime's, or one of the sequence that depends on the id.

    Among the runs given, no two without a regime share a colour while the sequence lasts.
    """
    chosen, taken = {}, set[str]()
    for run_id in sorted(configs):
        known = regime(configs[run_id])
        chosen[run_id] = REGIMES[known] if known else _free(run_id, taken)
        taken.add(chosen[run_id])
    return chosen


def _free(run_id: str, taken: set[str]) -> str:
    start = zlib.crc32(run_id.encode())
    turned = [SEQUENCE[(start + k) % len(SEQUENCE)] for k in range(len(SEQUENCE))]
    return next((colour for colour in turned if colour not in taken), turned[0])


def _world(config: RunConfig) -> tuple[object, ...]:
    return config.depth, config.width, config.chorales, config.batch_size, config.gradient, config.scaling


def contrast(a: str, b: str) -> float:
    """WCAG contrast ratio of two #RRGGBB colours, 1 to 21."""
    lighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
