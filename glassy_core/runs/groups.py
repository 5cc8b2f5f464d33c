"""Which runs may stand in one fit: those that learn the same data in the same way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

from glassy_core.paper import numbers
from glassy_core.runs.run import Run, RunError
from glassy_core.settings import USUAL, RunConfig

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class World:
    """What the runs of one fit share; digest: of the edition's content, None where config.json has none.

    eta is not among it: times are proper times, in which it is counted up.
    """

    edition: str
    digest: str | None
    chorales: int
    scaling: str
    gradient: str
    batch_size: int | Literal["all"]

    def words(self) -> str:
        """For the reader: '8 chorales of the corpus edition', and what differs from the usual way of learning."""
        number = "one chorale" if self.chorales == 1 else f"{self.chorales} chorales"
        unusual = {
            f"{self.scaling} scaling": self.scaling != USUAL.scaling,
            f"{self.gradient} gradient": self.gradient != USUAL.gradient,
            f"p = {self.batch_size}": self.batch_size != USUAL.batch_size,
        }
        return ", ".join([f"{number} of the {self.edition} edition", *(words for words, it in unusual.items() if it)])

    @property
    def is_papers(self) -> bool:
        """Whether the paper's numbers are of this very task."""
        ours = (self.edition, self.chorales, self.gradient, self.batch_size)
        return ours == ("paper", numbers.CHORALES, "delayed", 300)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Setting:
    """What the seeds of one network share."""

    world: World
    depth: int
    width: int
    eta: float
    auto_halve: bool


@dataclass(frozen=True)
class Member:
    """A run whose settings can be read."""

    run: Run
    config: RunConfig
    digest: str | None

    @classmethod
    def of(cls, run: Run) -> Member:
        """Raises RunError where config.json is missing or unusable."""
        digest = run.origin()["edition_digest"]
        return cls(run, run.config(), digest if isinstance(digest, str) else None)

    @property
    def world(self) -> World:
        config = self.config
        settings = (config.chorales, config.scaling, config.gradient, config.batch_size)
        return World(config.edition, self.digest, *settings)

    @property
    def setting(self) -> Setting:
        config = self.config
        return Setting(self.world, config.depth, config.width, config.eta, config.auto_halve)

    @property
    def network(self) -> tuple[int, int, int]:
        """(depth, width, seed): runs of one world that agree in them begin as the same network."""
        return self.config.depth, self.config.width, self.config.seed


def readable(runs: Iterable[Run]) -> list[Member]:
    """The runs whose settings can be read, in their order."""
    found = []
    for run in runs:
        try:
            found.append(Member.of(run))
        except RunError:
            continue
    return found


def grouped(members: Iterable[Member], key: Callable[[Member], Key]) -> dict[Key, list[Member]]:
    """Members by what key says of them, the group with the most networks first; of equals the one met first."""
    groups: dict[Key, list[Member]] = {}
    for member in members:
        groups.setdefault(key(member), []).append(member)
    return dict(sorted(groups.items(), key=lambda item: -len({member.network for member in item[1]})))


def distinct(members: Sequence[Member]) -> list[Member]:
    """One run a network, the one furthest on in proper time: a network that is run again is no second measurement."""
    best: dict[tuple[int, int, int], tuple[float, Member]] = {}
    for member in members:
        tau = member.run.state().tau
        if member.network not in best or tau > best[member.network][0]:
            best[member.network] = (tau, member)
    return [member for _, member in best.values()]
