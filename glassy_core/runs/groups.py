"""Which runs may stand in one fit, and which are seeds of one network: by what their settings decide."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from glassy_core.runs.run import Run, RunError
from glassy_core.runs.state import BUSY
from glassy_core.settings import RunConfig, differences, names_of, usual

Key = TypeVar("Key", bound=Hashable)

# How a setting of a world is said where it is not as usual.
_SAID = {"scaling": "{} scaling", "gradient": "{} gradient", "batch_size": "p = {}"}


@dataclass(frozen=True)
class World:
    """What the runs of one fit share: the data, and the gradient by which they learn them.

    config: the settings that decide that, all others as usual. digest: of the edition's content, None where config.json
    has none. start: the other run's checkpoint at which they began, in words, None where with networks of their own.
    eta is not among it: times are proper times, in which it is counted up.
    """

    config: RunConfig
    digest: str | None
    start: str | None = None

    def words(self) -> str:
        """Words for the reader: '8 chorales of the corpus edition', and what differs from the usual way of learning."""
        ordinary = usual(self.config.dynamics)
        unusual = [name for name in differences(self.config, ordinary) if name not in ("chorales", "edition")]
        unusual.sort(key=lambda name: [*_SAID, name].index(name))
        said = [_SAID.get(name, f"{name} {{}}").format(getattr(self.config, name)) for name in unusual]
        if self.config.dynamics == "flow":
            said.insert(0, "as a flow")
        if self.start:
            said.append(f"from {self.start} on")
        return ", ".join([self.config.data_name(), *said])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: the settings that decide a world, by name, the edition's digest, and the start if any."""
        settings = {name: getattr(self.config, name) for name in names_of("world")}
        return settings | {"digest": self.digest} | ({"start": self.start} if self.start else {})


@dataclass(frozen=True)
class Member:
    """A run whose settings can be read: one that may stand in a group. digest, start: as in World."""

    run: Run
    config: RunConfig
    digest: str | None
    start: str | None = None

    @classmethod
    def of(cls, run: Run) -> Member:
        """The run with its settings and digest; RunError where config.json is missing or unusable."""
        origin = run.origin()
        digest, start = origin["edition_digest"], origin.get("started_from")
        words = f"step {start.get('step')} of {start.get('run')}" if start else None
        return cls(run, run.config(), digest if isinstance(digest, str) else None, words)

    @property
    def world(self) -> World:
        """Data and gradient of the run: equal for runs that may stand in one fit."""
        return World(self.config.only("world"), self.digest, self.start)

    @property
    def ensemble(self) -> tuple[RunConfig, str | None, str | None]:
        """What the seeds of one network share: all that decides its learning, the data's digest, the start."""
        return self.config.only("world", "learning", without=("seed",)), self.digest, self.start

    @property
    def network(self) -> tuple[int, int, int]:
        """(depth, width, seed): runs of one world that agree in them begin as the same network."""
        return self.config.depth, self.config.width, self.config.seed


def of_data() -> tuple[str, ...]:
    """The names of the settings that say what is learned: those of the world, but for its gradient's."""
    return tuple(name for name in names_of("world") if name not in ("dynamics", "batch_size", "gradient"))


def readable(runs: Iterable[Run]) -> list[Member]:
    """The runs whose settings can be read, in their order."""
    members = []
    for run in runs:
        try:
            members.append(Member.of(run))
        except RunError:
            continue
    return members


def grouped(members: Iterable[Member], key: Callable[[Member], Key]) -> dict[Key, list[Member]]:
    """Members by what key says of them, the group with the most networks first; of equals the one met first."""
    groups: dict[Key, list[Member]] = {}
    for member in members:
        groups.setdefault(key(member), []).append(member)
    return dict(sorted(groups.items(), key=lambda item: -len({member.network for member in item[1]})))


def ensembles(members: Iterable[Member]) -> list[list[Member]]:
    """The members in groups that differ in the seed alone, by seed, in the order in which they are met."""
    groups: dict[Hashable, list[Member]] = {}
    for member in members:
        groups.setdefault(member.ensemble, []).append(member)
    return [sorted(distinct(group), key=lambda member: member.config.seed) for group in groups.values()]


def distinct(members: Sequence[Member]) -> list[Member]:
    """One run a network, the one furthest on in proper time: a network that is run again is no second measurement."""
    runs: dict[tuple[int, int, int], list[Member]] = {}
    for member in members:
        runs.setdefault(member.network, []).append(member)
    return [same[0] if len(same) == 1 else max(same, key=lambda one: one.run.state().tau) for same in runs.values()]


def at_work(members: Iterable[Member]) -> list[tuple[int, int, int]]:
    """Depth, width and seed of the runs that are queued or under way."""
    return [member.network for member in members if member.run.state().status in BUSY]


def settings_like(members: Sequence[Member], depth: int, width: int, seed: int) -> RunConfig:
    """The settings of most runs of a depth, for another width and seed, and without waiting times.

    RunError where none of the runs has that depth.
    """
    plainly = [
        replace(member.config, name="", width=width, seed=seed, waiting_times=())
        for member in members
        if member.config.depth == depth
    ]
    if not plainly:
        raise RunError(f"There is no run of depth {depth} among these to take the settings from: choose another depth.")
    return max(plainly, key=plainly.count)
