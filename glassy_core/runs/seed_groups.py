"""Runs of one setting: equal in all that decides the learning but the seed, and taught the same data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from glassy_core.settings import RunConfig

# What is left out says only how long a run is, what is recorded of it, or how it is computed.
DECISIVE = ("depth", "width", "eta", "batch_size", "chorales", "edition", "scaling", "gradient", "auto_halve")


class Member(NamedTuple):
    """A run: its id, its settings, the digest of its edition, and how far it has come in steps."""

    id: str
    config: RunConfig
    digest: str | None
    step: int


def setting_of(member: Member) -> tuple[object, ...]:
    """What runs of one setting have in common."""
    return member.digest, *(getattr(member.config, name) for name in DECISIVE)


def by_setting(members: Sequence[Member]) -> list[list[Member]]:
    """The members in groups of one setting, in the order in which they are met, by seed.

    Two runs of one seed are the same network twice: only the one that is furthest on counts.
    """
    groups: dict[tuple[object, ...], dict[int, Member]] = {}
    for member in members:
        seeds = groups.setdefault(setting_of(member), {})
        known = seeds.get(member.config.seed)
        if known is None or member.step > known.step:
            seeds[member.config.seed] = member
    return [[seeds[seed] for seed in sorted(seeds)] for seeds in groups.values()]
