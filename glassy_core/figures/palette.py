"""Colours of runs, regimes, depths and weights, for the light and for the dark page; no UI in here.

Every colour keeps a contrast of 3:1 to both page backgrounds, so that one set serves both themes. Within a set no two
are alike to eyes without red, green or blue cones.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

import numpy as np
from plotly.colors import hex_to_rgb, sample_colorscale

from glassy_core.paper.regimes import regime
from glassy_core.settings import RunConfig

# The first is the regime's; the others are for further networks of it in the same figure.
FAMILIES = {
    "under": ("#BD3063", "#DC4F81", "#AC3992", "#DE6E74"),
    "near": ("#BB8805", "#9F7100", "#855E02", "#A08142"),
    "over": ("#0085C8", "#3A61C4", "#7D8FB5", "#1096E9"),
}
# For runs of no known regime.
SEQUENCE = ("#B66AF9", "#5E6F03", "#F2446C", "#455ED2", "#7B8B9B", "#9A4694")
# Of runs that are told apart whatever their regime; the first three are those of the regimes.
RUNS = (*(family[0] for family in FAMILIES.values()), "#24750A", "#B072F6", "#FB03C1", "#5D48F9", "#96798C")
# For what has an order: waiting times, thresholds, depths.
SHADES = ("#2A66DB", "#7C5598", "#AB728D", "#BD3A2B", "#DA720D")
# Of the kinds of weights, as in Fig. 1.
WEIGHTS = {"J": "#1D96E6", "M": "#2F7464", "K": "#B4410D", "W": "#8050B0", "h0": "#8F8F8F"}
DEPTHS = {1: SHADES[0], 2: SHADES[3], 5: SHADES[4], 10: SHADES[1]}
# Of lines whose colour other networks have already; none is as the dashes that mean something of themselves.
DASHES = ("solid", "10px,3px,2px,3px", "10px,3px,2px,3px,2px,3px", "10px,3px,4px,3px")
# Of flows that stand beside runs by steps.
FLOW_DASHES = ("14px,3px", "14px,3px,4px,3px", "14px,3px,4px,3px,4px,3px", "14px,3px,2px,3px")
GREY = "#85827C"  # of reference lines
FADED = 0.6  # opacity of a curve that steps back, under its fit or beside what is fitted
PAPER_BACKGROUND = {"light": "#FCFBF8", "dark": "#15181C"}
TEXT = {"light": "#23262B", "dark": "#E8E4DA"}
KEY = {"under": "red: below", "near": "amber: near", "over": "blue: above"}


def colour(config: RunConfig) -> str:
    """The colour of the network's regime, or the first of the sequence."""
    known = regime(config)
    return FAMILIES[known][0] if known else SEQUENCE[0]


def colours(configs: Mapping[str, RunConfig]) -> dict[str, str]:
    """One colour a run id: of its regime's family, or of the sequence, where it begins at a place that the id gives.

    Among the runs given no two share a colour while the family or the sequence lasts, but for seeds of one network.
    """
    return {run_id: ink for run_id, (ink, _) in _shared(configs).items()}


def turns(configs: Mapping[str, RunConfig]) -> dict[str, int]:
    """How many other networks have each run's colour before it: 0 while colours last, then dashes tell them apart."""
    return {run_id: turn for run_id, (_, turn) in _shared(configs).items()}


def dash(turn: int, apart: bool = False) -> str:
    """The dashes of a line; they come round again, too. apart: of a flow beside runs by steps, see `flows_apart`."""
    dashes = FLOW_DASHES if apart else DASHES
    return dashes[turn % len(dashes)]


def flows_apart(configs: Mapping[str, RunConfig]) -> frozenset[str]:
    """Ids of the flows among these runs where there are runs by steps, too, from which they are to be told."""
    flows = frozenset(run_id for run_id, config in configs.items() if config.dynamics == "flow")
    return flows if len(flows) < len(configs) else frozenset()


def places(configs: Mapping[str, RunConfig], kept: Mapping[str, int]) -> dict[str, int]:
    """A place in the order of styles a run id, no two alike: the one it is kept at, or else a free one.

    The first free network of each regime takes its regime's colour. kept: places from before; while a run is shown
    it stays where it is, whatever comes and goes beside it.
    """
    chosen: dict[str, int] = {}
    for run_id in sorted(configs, key=lambda run_id: (run_id not in kept, run_id)):
        known = regime(configs[run_id])
        wanted = [kept[run_id]] if run_id in kept else []
        wanted += [list(FAMILIES).index(known)] if known else []
        taken = set(chosen.values())
        chosen[run_id] = next(place for place in chain(wanted, count(len(FAMILIES))) if place not in taken)
    return chosen


def at_place(place: int) -> tuple[str, int]:
    """Colour and turn, see `turns`, at a place in the order of styles."""
    return RUNS[place % len(RUNS)], place // len(RUNS)


def _shared(configs: Mapping[str, RunConfig]) -> dict[str, tuple[str, int]]:
    chosen, networks = dict[str, tuple[str, int]](), dict[RunConfig, tuple[str, int]]()
    for run_id in sorted(configs):
        config = configs[run_id]
        known = regime(config)
        if known:
            network = config.only("world", "learning", without=("seed",))
            if network not in networks:
                networks[network] = _free(FAMILIES[known], networks.values())
            chosen[run_id] = networks[network]
        else:
            start = zlib.crc32(run_id.encode()) % len(SEQUENCE)
            chosen[run_id] = _free(SEQUENCE[start:] + SEQUENCE[:start], chosen.values())
    return chosen


def are_of_regimes(inks: Mapping[str, str], configs: Mapping[str, RunConfig]) -> bool:
    """Whether the colours of these runs say what regimes they are of."""
    return all(ink in FAMILIES.get(regime(configs[run_id]) or "", ()) for run_id, ink in inks.items())


def key(configs: Iterable[RunConfig]) -> str:
    """A sentence that says what the colours of these runs mean; empty where none has a regime."""
    regimes = {regime(config) for config in configs}
    words = ", ".join(words for name, words in KEY.items() if name in regimes)
    return f"{words[0].upper()}{words[1:]} the critical width." if words else ""


def depth_colour(depth: int) -> str:
    """The colour of a depth in the figures that compare depths."""
    return DEPTHS.get(depth, SHADES[2])


def _free(family: Sequence[str], taken: Iterable[tuple[str, int]]) -> tuple[str, int]:
    """The first of the family that is not taken; once all are, they come round again. And how often it was taken."""
    used = Counter(ink for ink, _ in taken)
    ink = min(family, key=lambda ink: used[ink])
    return ink, used[ink]


def shades(n: int) -> list[str]:
    """n graded colours, #RRGGBB, from the first of SHADES to the last."""
    channels = sample_colorscale(list(SHADES), np.linspace(0, 1, n), colortype="tuple")  # 0 to 1 each
    return ["#" + "".join(f"{round(255 * channel):02X}" for channel in colour) for colour in channels]


def faint(colour: str, opacity: float = 0.16) -> str:
    """A colour #RRGGBB for the inside of a band, as Plotly and CSS have it."""
    return f"rgba({','.join(map(str, hex_to_rgb(colour)))},{opacity})"


def both(of_theme: Mapping[str, str]) -> str:
    """A colour of the light and one of the dark page as CSS has them."""
    return f"light-dark({of_theme['light']}, {of_theme['dark']})"
