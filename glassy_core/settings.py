"""The settings of one run: validated, frozen, readable as JSON."""

from __future__ import annotations

import dataclasses
import math
import re
import reprlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from glassy_core.editions.catalogue import allowed_names, source_of
from glassy_core.errors import GlassyError

_FORMAT = 1  # of config.json; raised when a reader of today could misread a file of tomorrow
_MAX_NAME = 80
_MAX_WIDTH = 2000
_MAX_DEPTH = 50
_MAX_STEPS = 10**9
_MAX_TAU = 10**6
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 120


class ConfigError(GlassyError, ValueError):
    """A setting is unusable; the message says which, what is allowed and what to do."""


def short(value: Any) -> str:
    """A value as a message names it: cut where it is long, or deep."""
    return _SHORT.repr(value)


# What a setting decides.
# world: what is learned and by which gradient; networks of one world may stand in one fit.
# learning: the network, and how it goes on from step to step.
# speed: how the same numbers are computed.
# bookkeeping: how long the run is, what is recorded of it, what it is called.
Kind = Literal["learning", "speed", "world", "bookkeeping"]
Range = tuple[float, float]  # the least and the largest value allowed


def setting(default: Any, decides: Kind, meaning: str, unit: str = "", within: Range | None = None) -> Any:
    """A field of RunConfig that says what it decides. meaning, unit: for forms and --help. within: what is allowed."""
    metadata = {"decides": decides, "meaning": meaning, "unit": unit, "within": within}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class RunConfig:
    """Settings of one network's training run. Symbols as in the paper: d = depth, w = width, eta, p = batch_size."""

    name: str = setting("", "bookkeeping", "what to call the run; it can be changed later")
    depth: int = setting(2, "learning", "number of recurrent layers d", "layers", (1, _MAX_DEPTH))
    width: int = setting(24, "learning", "hidden units per layer w", "units", (1, _MAX_WIDTH))
    dynamics: Literal["steps", "flow"] = setting(
        "steps", "world",
        "learning step by step, with the noise of minibatches, or as the smooth flow in tau that small steps follow",
    )  # fmt: skip
    eta: float = setting(
        4e-4, "learning", "learning rate at the start; tau counts it up step by step; 0 in a flow", "tau per step"
    )
    batch_size: int | Literal["all"] = setting(
        300, "world", "minibatch size p; 'all' is full gradient descent", "transitions", (1, 10**7)
    )
    steps: int = setting(60_000, "bookkeeping", "learning steps until the run is finished", "steps", (1, _MAX_STEPS))
    until: float = setting(
        0.0, "bookkeeping", "proper time at which the run is finished, if its steps last so long; 0: none", "tau",
        (0, _MAX_TAU),
    )  # fmt: skip
    stop_nll: float = setting(
        0.0, "bookkeeping", "NLL at which the run is finished, if it gets so low; 0: none", "bits", (0, 1)
    )
    tolerance: float = setting(3e-5, "learning", "error allowed in a step of a flow", within=(1e-7, 0.1))
    seed: int = setting(0, "learning", "seed of the initial weights and of the minibatches", within=(0, 2**63 - 1))
    chorales: int = setting(
        80, "world", "how many of the edition's first training chorales to learn", "chorales", (1, 10_000)
    )
    edition: str = setting("corpus", "world", f"edition of the chorales: {allowed_names()}")
    scaling: Literal["per_note", "global"] = setting(
        "per_note", "world", "inputs scaled to zero mean and unit variance per pitch, or by one mean and variance"
    )
    gradient: Literal["delayed", "exact"] = setting(
        "delayed", "world",
        "errors from the next chord: of the two previous learning steps (the paper's), or of this one",
    )  # fmt: skip
    auto_halve: bool = setting(False, "learning", "halve eta by itself when spiky fluctuations of the NLL start")
    record_every: int = setting(
        200,
        "bookkeeping",
        "steps between recordings, once the early log-spaced ones are over; a flow's stay log-spaced",
        "steps",
        (1, _MAX_STEPS),
    )
    valid_every: int = setting(
        2_000, "bookkeeping", "least number of steps between held-out recordings", "steps", (1, _MAX_STEPS)
    )
    gamma_every: int = setting(
        10_000, "bookkeeping", "steps between measurements of the SGD noise Gamma", "steps", (1, _MAX_STEPS)
    )
    waiting_times: tuple[int, ...] = setting(
        (), "bookkeeping",
        "waiting times tau_w: the weights' drift D is measured from each of these steps on (in a flow: tau)",
        "steps", (1, _MAX_STEPS),
    )  # fmt: skip
    checkpoint_every: int = setting(10_000, "bookkeeping", "steps between checkpoints", "steps", (1, _MAX_STEPS))
    engine: Literal["compiled", "torch"] = setting(
        "compiled", "speed", "compiled kernels (fast), or plain torch (the reference)"
    )
    threads: int = setting(
        1, "speed", "processor threads of this one run; another number gives other last digits", "threads", (1, 1024)
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _coerced(field.name, getattr(self, field.name)))
        check_name(self.name)
        _check_edition(self.edition)
        for field in dataclasses.fields(self):
            _check_within(field.name, getattr(self, field.name), field.metadata["within"])
        _check_dynamics(self)

    def only(self, *kinds: Kind, without: Collection[str] = ()) -> RunConfig:
        """The settings that decide these kinds of things, all others as usual.

        Of two runs they are equal where the runs have the same settings in this respect. without: names of settings
        that are left out, too.
        """
        return _only(self, kinds, tuple(without))

    def to_json(self) -> dict[str, Any]:
        """Settings as plain JSON values, with the format's number."""
        return {"format": _FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, values: Any) -> RunConfig:
        """The inverse of `to_json`; raises ConfigError for anything else."""
        if not isinstance(values, dict):
            raise ConfigError(f"The settings are a JSON {type(values).__name__}, not an object of named settings.")
        values = dict(values)
        number = values.pop("format", _FORMAT)
        if number != _FORMAT:
            raise ConfigError(
                f"The settings have format {short(number)}, this version reads format {_FORMAT}: use the newer glassy."
            )
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(f"Unknown setting {short(unknown[0])}: the settings are {', '.join(sorted(known))}.")
        return cls(**values)

    @property
    def widths_known(self) -> bool:
        """Whether the critical widths of the class world and the paper are those of the data that the run learns."""
        source = source_of(self.edition)
        return source is not None and source.widths_known

    def data_name(self) -> str:
        """What the run learns, for the reader: '8 chorales of the corpus edition'."""
        return f"{'one chorale' if self.chorales == 1 else f'{self.chorales} chorales'} of the {self.edition} edition"

    def label(self) -> str:
        """The run's name, or its settings where it has none."""
        return self.name or f"d={self.depth} w={self.width} seed={self.seed}"


@lru_cache(maxsize=4096)  # pages ask it of all runs at every refresh
def _only(config: RunConfig, kinds: tuple[Kind, ...], without: tuple[str, ...]) -> RunConfig:
    kept = {name: getattr(config, name) for name in names_of(*kinds) if name not in without}
    return dataclasses.replace(usual(config.dynamics), **kept)


def names_of(*kinds: Kind) -> tuple[str, ...]:
    """Names of the settings that decide one of these kinds of things, in their order."""
    return tuple(field.name for field in dataclasses.fields(RunConfig) if field.metadata["decides"] in kinds)


def differences(one: RunConfig, other: RunConfig) -> list[str]:
    """Names of the settings in which two runs differ, in their order."""
    return [name for name in names_of(*get_args(Kind)) if getattr(one, name) != getattr(other, name)]


def check_eta(eta: float) -> float:
    """eta if it is a usable learning rate, else ConfigError."""
    if isinstance(eta, bool) or not (isinstance(eta, int | float) and 0 < eta <= 1):
        raise ConfigError(f"eta is {short(eta)}: it must be above 0 and at most 1; the paper uses 1e-5 to 1e-3.")
    return float(eta)


def check_end(name: str, value: float) -> float:
    """The value of 'steps', 'until' or 'stop_nll' if a run can end there, else ConfigError."""
    _check_within(name, value, _field(name).metadata["within"])
    return value


def check_name(name: str) -> str:
    """name if it can name a run, else ConfigError. Names are shown, so they hold no markup and no paths."""
    if len(name) > _MAX_NAME:
        raise ConfigError(f"The name has {len(name)} characters: at most {_MAX_NAME} are allowed, shorten it.")
    # Parentheses, '=' and ',' are wanted in names such as "w=24 (near w_c), seed 0".
    bad = re.search(r"[^\w \-=.,+()]", name)
    if bad or ".." in name:
        found = bad.group() if bad else ".."
        raise ConfigError(
            f"The name {short(name)} contains {found!r}: use letters, digits, spaces and - _ = . , + ( ) only, "
            "and no '..'."
        )
    return name


def _check_edition(edition: str) -> str:
    """edition if it can name one, whether or not its file is here, else ConfigError."""
    if source_of(edition) is None:
        raise ConfigError(f"edition is {edition[:_MAX_NAME]!r}: choose one of {allowed_names()}.")
    return edition


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(RunConfig)


def _coerced(name: str, value: Any) -> Any:
    """value as the setting's type, or ConfigError."""
    hint = _hints()[name]
    if name == "batch_size":
        return value if value == "all" else _integer(name, value, " or 'all'")
    if name == "waiting_times":
        if not isinstance(value, list | tuple):
            raise ConfigError(f"waiting_times is {short(value)}: it must be a list of steps.")
        return tuple(sorted({_integer(name, step) for step in value}))
    if get_origin(hint) is Literal:
        allowed = get_args(hint)
        if value not in allowed:
            raise ConfigError(f"{name} is {short(value)}: choose one of {', '.join(allowed)}.")
        return value
    if hint is int:
        return _integer(name, value)
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"{name} is {short(value)}: it must be a number.")
        return math.inf if abs(value) > 1e300 else float(value)
    if not isinstance(value, hint):
        raise ConfigError(f"{name} is {short(value)}: it must be {'true or false' if hint is bool else 'text'}.")
    return value.strip() if hint is str else value


def _integer(name: str, value: Any, alternative: str = "") -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
        raise ConfigError(f"{name} is {short(value)}: it must be a whole number{alternative}.")
    return int(value)


def _check_within(name: str, value: Any, within: Range | None) -> None:
    """ConfigError unless a number, or each of several, is from within[0] to within[1]."""
    if within is None or value == "all":
        return
    low, high = within
    for number in value if isinstance(value, tuple) else (value,):
        if not low <= number <= high:
            alternative = "; or 'all' for full gradient descent" if name == "batch_size" else ""
            raise ConfigError(f"{name} is {short(number)}: it must be from {low} to {high}{alternative}.")


# What else is usual in a flow: it has all transitions and their exact gradient, and ends at a tau.
_OF_A_FLOW: dict[str, Any] = {
    "dynamics": "flow", "eta": 0.0, "batch_size": "all", "gradient": "exact", "auto_halve": False,
    "steps": 10**6, "until": 400.0,
}  # fmt: skip


# The settings that cannot be chosen for these dynamics.
NOT_OF = {"flow": ("eta", "batch_size", "gradient", "auto_halve"), "steps": ("tolerance",)}


def _check_dynamics(config: RunConfig) -> None:
    """ConfigError where a flow has settings of steps, or steps have those of a flow."""
    if config.dynamics == "steps":
        check_eta(config.eta)
        if config.tolerance != _field("tolerance").default:
            raise ConfigError("A tolerance is a flow's: leave it out, or choose the dynamics 'flow'.")
        return
    for name in NOT_OF["flow"]:
        if getattr(config, name) != _OF_A_FLOW[name]:
            raise ConfigError(
                f"A flow takes no {name}: it follows the exact gradient of all transitions as eta goes to 0. "
                "Leave eta, batch_size, gradient and auto_halve out, or choose the dynamics 'steps'."
            )
    if not config.until > 0:
        raise ConfigError("A flow needs a proper time at which it ends: set until, to 400 for example.")


def _field(name: str) -> dataclasses.Field[Any]:
    return next(field for field in dataclasses.fields(RunConfig) if field.name == name)


USUAL = RunConfig()  # what a setting is where nothing else is said
USUAL_FLOW = RunConfig(**_OF_A_FLOW)


def usual(dynamics: str) -> RunConfig:
    """What a setting is where nothing else is said, in steps or in a flow."""
    return USUAL_FLOW if dynamics == "flow" else USUAL


def with_dynamics(config: RunConfig, dynamics: Literal["steps", "flow"], eta: float = USUAL.eta) -> RunConfig:
    """The same run to the same tau by other dynamics, steps with this eta; what belongs to one alone is as usual."""
    if config.dynamics == dynamics:
        return config
    other = usual(dynamics)
    changed = {name: getattr(other, name) for name in (*_OF_A_FLOW, "tolerance")}
    if dynamics == "flow":
        changed["until"] = config.until or config.steps * config.eta
    else:
        changed |= {"eta": eta, "steps": min(math.ceil(config.until / check_eta(eta)), _MAX_STEPS)}
    return dataclasses.replace(config, **changed | {"waiting_times": ()})
