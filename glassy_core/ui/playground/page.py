"""The Playground page: what the address asks for, the runs that its networks have here, and training one of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from glassy_core.errors import EXPECTED, sentence
from glassy_core.music.atlas.files import DIRECTORY, Atlas, load
from glassy_core.music.atlas.grid import CHORALES, DEPTHS, SEEDS, TAUS, WIDTHS, Coordinates, whole_grid
from glassy_core.presets import PRESETS
from glassy_core.runs import checkpoints
from glassy_core.settings import ConfigError, RunConfig, short, with_dynamics
from glassy_core.ui.playground import bets
from glassy_core.ui.playground.component import asked, playground
from glassy_core.ui.playground.critical_width import critical_widths
from glassy_core.ui.results.curves import readable_rows
from glassy_core.ui.results.rows import Row, rows
from glassy_core.ui.shell import actions, address, presenter
from glassy_core.ui.shell.actions import Outcome
from glassy_core.ui.shell.address import Number, Setting, Whole
from glassy_core.ui.shell.frame import plain, store
from glassy_core.ui.shell.polling import refreshed
from glassy_core.wording import counted

_OUTCOME = "playground_outcome"
_LOOK = 1.0  # seconds between looks at what was started here
_GRID = frozenset(whole_grid())
# All of it is one screen: no room below it.
_CSS = (
    "[data-testid=stMainBlockContainer] { padding-top: 0; padding-bottom: 0.5rem; }\n"
    "[data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock] { gap: 0.25rem; }"
)


@dataclass(frozen=True)
class OneOf:
    """A whole number out of some."""

    default: int
    options: tuple[int, ...]

    def parse(self, text: str) -> int:
        """The number; ValueError for none of the options."""
        if text not in map(str, self.options):
            raise ValueError(f"one of {', '.join(map(str, self.options))}")
        return int(text)


def address_settings() -> dict[str, Setting]:
    """The settings in the page's address: at first a network near w_c at an age at which it knows most by heart."""
    return {
        "w": OneOf(24, WIDTHS),
        "d": OneOf(2, DEPTHS),
        "n": OneOf(8, CHORALES),
        "seed": OneOf(0, SEEDS),
        "tau": Number(400.0, TAUS[0], TAUS[-1]),
        "chorale": Whole(3, 1, max(CHORALES)),
    }


def show() -> None:
    """Draw the page."""
    st.html(f"<style>{_CSS}</style>")
    address.read(address_settings())
    start = _beginning()
    address.show_complaints()
    try:
        critical = _critical_widths()
        if bets.sitting().question:
            bets.draw(_curves())
            return
    except EXPECTED as error:
        st.error(plain(sentence(error)), icon=":material/error:")
        return
    bets.watch()
    outcome = st.session_state.get(_OUTCOME, Outcome())
    learned = _learning(outcome.started)
    playground(
        start=start,
        critical=critical,
        runs=runs_of_networks(outcome.started),
        may_train=presenter.may_act(),
        outcome=(" ".join(filter(None, (learned or outcome.done, outcome.notice))), outcome.error),
        on_train=train,
        on_bet=_ask_the_class,
    )


def _learning(run_ids: Sequence[str]) -> str:
    """How far the runs that were started here have come, in words; the page is drawn anew as they come further."""

    def looked() -> tuple[str, bool]:
        found = rows(store(), run_ids) if run_ids else []
        words = (
            f"{row.name} {'learns' if row.busy else 'has learned'}: NLL {row.state.nll:.3g} at τ = {row.state.tau:.4g}."
            for row in found
            if row.state.nll is not None
        )
        return " ".join(words), any(row.busy for row in found)

    drawn = looked()
    refreshed("training", lambda: st.rerun() if looked() != drawn else None, _LOOK if drawn[1] else None)
    return drawn[0]


@st.cache_resource(show_spinner=False)
def _critical_widths() -> dict[int, dict[int, float | None]]:
    return critical_widths(_curves())


@st.cache_resource(show_spinner=False)
def _curves() -> Atlas:
    return load(DIRECTORY, songs=False)


def _beginning() -> dict[str, float]:
    names = {"w": "width", "d": "depth", "n": "chorales", "seed": "seed", "tau": "tau", "chorale": "chorale"}
    if "chorale" in st.query_params:
        address.keep_within("chorale", 1, address.get("n"), "chorale of those")
    else:
        address.put("chorale", min(address.get("chorale"), address.get("n")))
    return {word: address.get(name) for name, word in names.items()}


def runs_of_networks(first: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """By the names of the networks that have runs here: a run's id, and its last checkpoint.

    Of several it is one of `first`, the ids of those that were started here, else a flow, else the newest.
    """
    folders = {run.id: run.checkpoints for run in store().runs()}
    of_networks: dict[str, dict[str, Any]] = {}
    oldest_first = readable_rows()[::-1]

    def rank(row: Row) -> tuple[bool, bool]:
        return row.id in first, row.config is not None and row.config.dynamics == "flow"

    for row in sorted(oldest_first, key=rank):
        place = _place(row.config) if row.config else None
        if place:
            of_networks[place.name] = {"id": row.id, "sings": max(checkpoints.steps_in(folders[row.id]), default=None)}
    return of_networks


def by_steps(place: Coordinates) -> RunConfig:
    """The settings of a network of the atlas that learns by minibatches, as the class trio does."""
    trios = PRESETS["class-near"].config
    size = int(trios.batch_size) * place.chorales // trios.chorales  # as many of each chorale
    return replace(with_dynamics(place.config, "steps", trios.eta), batch_size=size)


def _place(config: RunConfig) -> Coordinates | None:
    """The network of the atlas that a run is, by steps or as a flow; None where it is none."""
    place = Coordinates(config.chorales, config.depth, config.width, config.seed)
    of_atlas = config.only("world") in (place.config.only("world"), by_steps(place).only("world"))
    return place if of_atlas and place in _GRID else None


def train() -> None:
    """Start the network that the reader asked for, as asked."""
    name, _, dynamics = asked("train").partition(" ")
    actions.perform(start_training, name, dynamics, key=_OUTCOME)


def _ask_the_class() -> None:
    """Ask everybody who looks on to bet on the network that the reader has before them."""
    chorales, depth = (int(word) if word.isdigit() else 0 for word in f"{asked('bet')}-0".split("-")[:2])
    actions.perform(bets.open_question, depth, chorales, key=_OUTCOME)


def start_training(name: str, dynamics: str) -> Outcome:
    """Start a network of the atlas by its name, by steps or as a flow; ConfigError for anything else."""
    place = next((place for place in _GRID if place.name == name), None)
    if place is None:
        raise ConfigError(f"The atlas has no network {short(name)}: choose one on the page.")
    if dynamics not in ("flow", "steps"):
        raise ConfigError(f"Nothing learns by {short(dynamics)}: choose flow or steps on the page.")
    config = place.config if dynamics == "flow" else by_steps(place)
    for row in readable_rows():
        if row.busy and row.config and row.config.only("world", "learning") == config.only("world", "learning"):
            return Outcome(done="It is learning here already.", started=(row.id,))  # clicked twice
    words = f"w={place.width} d={place.depth}, {counted(place.chorales, 'chorale')}"
    return actions.start([replace(config, name=words)])
