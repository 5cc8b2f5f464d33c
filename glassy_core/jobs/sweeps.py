"""Many runs of one kind: depths x widths x seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from glassy_core.runs.run import Run, RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import USUAL, ConfigError, RunConfig, differences, with_dynamics

_MOST_RUNS = 2000


def expand(base: RunConfig, depths: Sequence[int], widths: Sequence[int], seeds: Sequence[int]) -> list[RunConfig]:
    """The settings of a sweep, widest first within a depth: those learn fastest, so w_c shows early.

    Raises ConfigError for an empty list, and for more runs than a store is meant to hold.
    """
    for name, values in (("depths", depths), ("widths", widths), ("seeds", seeds)):
        if not values:
            raise ConfigError(f"The sweep names no {name}: give at least one, such as --{name} 1,2.")
    count = len(set(depths)) * len(set(widths)) * len(set(seeds))
    if count > _MOST_RUNS:
        raise ConfigError(f"The sweep has {count} runs: at most {_MOST_RUNS} are allowed, take fewer widths or seeds.")
    networks = product(sorted(set(depths)), sorted(set(widths), reverse=True), sorted(set(seeds)))
    return [replace(base, name="", depth=d, width=w, seed=seed) for d, w, seed in networks]


def command_of(config: RunConfig) -> str:
    """Shell line that queues a run with these settings: `sweep`, with what is not as usual."""
    base = with_dynamics(replace(RunConfig(), until=config.until), config.dynamics)
    ordinary = replace(base, name=config.name, depth=config.depth, width=config.width, seed=config.seed)
    options = [f"--depths {config.depth}", f"--widths {config.width}", f"--seeds {config.seed}"]
    if config.dynamics != USUAL.dynamics:
        options.append(f"--dynamics {config.dynamics}")
    for name in [*differences(config, ordinary), *["until"] * bool(config.until)]:
        value, flag = getattr(config, name), name.replace("_", "-")
        if isinstance(value, bool):
            options.append(f"--{'' if value else 'no-'}{flag}")
        else:
            words = ",".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
            options.append(f"--{flag} {words.removesuffix('.0')}")
    return " ".join(["python -m glassy_core sweep", *options])


@dataclass(frozen=True)
class Plan:
    """What is left of a sweep.

    missing: settings without a run. unfinished: runs that ended before their last step, failed, stopped or paused.
    settled: runs that are finished, queued or at work.
    """

    missing: list[RunConfig]
    unfinished: list[Run]
    settled: list[Run]


def plan(store: RunStore, configs: Sequence[RunConfig], edition_digest: str) -> Plan:
    """What starting a sweep, perhaps once more, has to do; edition_digest: of the data its runs learn."""
    existing = existing_runs(store, configs, edition_digest)
    missing = [config for config in configs if config not in existing]
    ended = {run.id for run in existing.values() if run.state().status in ("failed", "stopped", "paused")}
    split = [[run for run in existing.values() if (run.id in ended) == has_ended] for has_ended in (True, False)]
    return Plan(missing, *split)


def existing_runs(
    store: RunStore, configs: Sequence[RunConfig], edition_digest: str, started: bool = False
) -> dict[RunConfig, Run]:
    """For each of the settings that some run of the store has (names apart): that run, the one furthest on.

    started: whether among runs that began at another one's checkpoint, which stand in no fit with the others, or among
    those others. An unfinished one of the gallery, which cannot go on, is none.
    """
    wanted = {replace(config, name=""): config for config in configs}
    existing: dict[RunConfig, Run] = {}
    for run in store.runs():
        try:
            config = wanted.get(replace(run.config(), name=""))
            if config is None:
                continue
            origin = run.origin()
            if origin["edition_digest"] != edition_digest or ("started_from" in origin) != started:
                continue
            if run.state().has_more_to_do and run.read_only:
                continue
        except RunError:
            continue
        if config not in existing or run.state().step > existing[config].state().step:
            existing[config] = run
    return existing
