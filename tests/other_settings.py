"""Another value of every setting, by its type, so that tests on all settings hold for those to come."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

from glassy_core.settings import RunConfig, with_dynamics

NAMES = [field.name for field in fields(RunConfig)]
_HINTS = get_type_hints(RunConfig)
_CHOICES = {
    "name": ("", "other"),
    "batch_size": ("all", 75),
    "edition": ("paper", "corpus"),
    "waiting_times": ((3,), ()),
}


def changed(config: RunConfig, name: str) -> RunConfig:
    """The settings with another value of one of them; with other dynamics all that belongs to those changes, too."""
    if name == "dynamics":
        return with_dynamics(config, _other(name, config.dynamics))
    if name == "tolerance":  # a flow's alone
        config = with_dynamics(config, "flow")
    return replace(config, **{name: _other(name, getattr(config, name))})


def _other(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if choices := _CHOICES.get(name, get_args(_HINTS[name])):
        return next(choice for choice in choices if choice != value)
    return value / 2 or 0.5 if isinstance(value, float) else value + 1
