"""The noise probe (Hertz & Tyrcha, Fig. 4): the NLL at every one of 1000 steps, at several minibatch sizes.

From one and the same network, learning goes on for some steps with minibatches of p transitions, once for
each p, and the NLL of every step is kept. The run that the network is from is only read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import nll_bits
from glassy_core.network.rules import rule_of
from glassy_core.settings import ConfigError, RunConfig, check_eta, with_dynamics
from glassy_core.training.measures import on_processor
from glassy_core.training.records import Snapshot, make_learner
from glassy_core.training.trainer import TrainingError

STEPS = 1000
SIZES = (75, 300)  # the paper's
_MAX_STEPS = 100_000
_MAX_SIZES = 6
_MAX_DIGITS = 9  # of a size: it is part of a file's name
MEASURES = {"nll": "all training transitions", "nll_minibatch": "the step's minibatch"}

Size = int | Literal["all"]
History = Literal["kept", "not needed", "zero"]
Progress = Callable[[int, int], None]  # steps made and steps in all


@dataclass(frozen=True)
class Level:
    """Mean and fluctuations of one trace, in bits.

    spread: standard deviation around its linear trend. trend: the rise of that over the trace.
    """

    mean: float
    spread: float
    trend: float

    @classmethod
    def of(cls, nll: Floats) -> Level:
        """Mean, spread and trend of the NLLs, in bits, of consecutive steps (steps,)."""
        n = np.arange(len(nll)) - (len(nll) - 1) / 2
        slope = float(n @ nll / (n @ n)) if len(nll) > 1 else 0.0
        mean = float(nll.mean())
        return cls(mean, float(np.std(nll - slope * n)), slope * (len(nll) - 1))


@dataclass(frozen=True)
class Trace:
    """NLL of consecutive steps at one minibatch size: nll over all transitions, nll_minibatch over the step's own.

    Both (steps,), bits, before the weights move; the first nll is that of the checkpoint.
    """

    batch_size: Size
    nll: Floats
    nll_minibatch: Floats

    @property
    def label(self) -> str:
        """The trace's name in a figure: 'p = 75'."""
        return f"p = {self.batch_size}"


@dataclass(frozen=True)
class Probe:
    """Traces of the NLL that begin at one checkpoint, one a minibatch size (Fig. 4).

    step, tau, eta: of the checkpoint; eta stays as it is. history: whether the deltas of the two steps before
    were "kept" with the checkpoint, are "not needed" (exact gradient, or step 0), or were taken as "zero".
    """

    step: int
    tau: float
    eta: float
    history: History
    traces: tuple[Trace, ...]

    @property
    def steps(self) -> int:
        """Learning steps of each trace."""
        return len(self.traces[0].nll)

    def level(self, size: Size) -> Level:
        """Mean and fluctuations, in bits, at one of its minibatch sizes; StopIteration for another."""
        return next(Level.of(trace.nll) for trace in self.traces if trace.batch_size == size)

    def to_json(self) -> dict[str, Any]:
        """The probe as plain JSON values, as its file has them."""
        traces = [
            {"batch_size": t.batch_size, "nll": t.nll.tolist(), "nll_minibatch": t.nll_minibatch.tolist()}
            for t in self.traces
        ]
        return {"step": self.step, "tau": self.tau, "eta": self.eta, "history": self.history, "traces": traces}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Probe:
        """The inverse of `to_json`; raises ValueError for anything else."""
        try:
            traces = tuple(
                Trace(
                    _check_size(part["batch_size"]),
                    np.array(part["nll"], dtype=np.float64),
                    np.array(part["nll_minibatch"], dtype=np.float64),
                )
                for part in values["traces"]
            )
            probe = cls(int(values["step"]), float(values["tau"]), float(values["eta"]), values["history"], traces)
            shapes = {nll.shape for t in traces for nll in (t.nll, t.nll_minibatch)}
            if len(shapes) != 1 or len(shapes.pop()) != 1 or not probe.steps:
                raise ValueError("its traces are not lists of one length")
            if probe.history not in get_args(History):
                raise ValueError(f"its history is {probe.history!r}")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"This is no result of a noise probe ({error}): measure it anew.") from error
        return probe


def probe(
    config: RunConfig,
    snapshot: Snapshot,
    data: Transitions,
    sizes: Sequence[Size] = SIZES,
    steps: int = STEPS,
    progress: Progress | None = None,
    eta: float | None = None,
) -> Probe:
    """Traces of the NLL from the snapshot's network on, some steps at each minibatch size (Fig. 4).

    Minibatches are drawn as the run itself would draw them, so at its own size the probe repeats what the run did.
    eta: the learning rate, by default the snapshot's; a flow has none, so from its weights steps of the usual rule are
    made with the one given. Raises ConfigError for sizes that are none, and for a flow without an eta; TrainingError
    where the learning diverges.
    """
    sizes = check_sizes(sizes, data.P)
    config, snapshot = by_steps(config, snapshot, eta, "probe")
    if not 1 <= steps <= _MAX_STEPS:
        raise ConfigError(f"The probe has {steps} steps: 1 to {_MAX_STEPS} are allowed, the paper has 1000.")
    traces = []
    for done, size in enumerate(sizes):
        trace = np.empty((2, steps))
        for n, values in enumerate(_consecutive(config, snapshot, data, size, steps)):
            trace[:, n] = values
            if progress:
                progress(done * steps + n + 1, len(sizes) * steps)
        traces.append(Trace(size, *trace))
    rule = rule_of(config)
    needed = snapshot.step > 0 and not rule.is_whole({})
    history: History = "kept" if rule.is_whole(snapshot.state) else "zero"
    return Probe(snapshot.step, snapshot.tau, snapshot.eta, history if needed else "not needed", tuple(traces))


def by_steps(config: RunConfig, snapshot: Snapshot, eta: float | None, what: str) -> tuple[RunConfig, Snapshot]:
    """Settings and start of learning steps from a checkpoint, of the eta given or else the checkpoint's.

    A flow has none, so from its weights steps of the usual rule are made with the one given; ConfigError without one.
    what: whose steps they are.
    """
    if config.dynamics == "flow":
        if eta is None:
            raise ConfigError(f"A flow has no eta for the {what}'s steps: give one, such as --eta 0.0004.")
        config, snapshot = with_dynamics(config, "steps"), replace(snapshot, state={})
    if eta is not None:
        snapshot = replace(snapshot, eta=check_eta(eta), tau_origin=(snapshot.step, snapshot.tau))
    return config, snapshot


def _consecutive(config: RunConfig, snapshot: Snapshot, data: Transitions, size: Size, steps: int) -> Any:
    """Yields (NLL over all transitions, NLL over the minibatch) of each step."""
    learner = make_learner(config, [snapshot], data)
    bits_of_seed = np.random.PCG64()
    bits_of_seed.state = snapshot.rng  # type: ignore[assignment]
    rng = np.random.Generator(bits_of_seed)
    for n in range(steps):
        learner.evaluate()
        bits = nll_bits(on_processor(learner.H[0]), data.targets)
        batch = None if size == "all" else rng.choice(data.P, size, replace=False, shuffle=False)
        nll = float(bits.mean(dtype=np.float64))
        if not math.isfinite(nll):
            raise TrainingError(f"The learning diverged {n} steps after the checkpoint at p = {size}.")
        yield nll, nll if batch is None else float(bits[batch].mean(dtype=np.float64))
        learner.update([snapshot.eta], None if batch is None else batch[None])


def _check_size(size: Any) -> Size:
    """size if it is a whole number above 0, of at most 9 digits, or 'all', else ConfigError."""
    if type(size) is int and size >= 10**_MAX_DIGITS:
        raise ConfigError(_too_long(math.floor(math.log10(size)) + 1))
    if size != "all" and (type(size) is not int or size < 1):
        raise ConfigError(f"The minibatch size is {size!r}: give whole numbers above 0, or 'all'.")
    return size


def check_sizes(sizes: Sequence[Size], P: int | None = None) -> tuple[Size, ...]:
    """The sizes without repetitions, else ConfigError; P: the number of training transitions, where known."""
    unique = tuple(dict.fromkeys(_check_size(size) for size in sizes))
    if not 1 <= len(unique) <= _MAX_SIZES:
        raise ConfigError(f"{len(unique)} minibatch sizes were given: 1 to {_MAX_SIZES} are allowed, such as 75, 300.")
    for size in unique:
        if P is not None and size != "all" and size > P:
            raise ConfigError(
                f"The minibatch size is {size} but there are only {P} transitions: take a smaller one, or 'all'."
            )
    return unique


def parse_sizes(text: str) -> tuple[Size, ...]:
    """Sizes written as '75, 300' or '75, all'; ConfigError for anything else."""
    words = [word for word in text.replace(";", ",").replace(" ", ",").split(",") if word]
    longest = max(map(len, words), default=0)
    if longest > _MAX_DIGITS:
        raise ConfigError(_too_long(longest))
    return check_sizes([int(word) if word.isascii() and word.isdigit() else word for word in words])  # type: ignore[misc]


def _too_long(digits: int) -> str:
    return f"A minibatch size of {digits} digits was given: whole numbers of at most {_MAX_DIGITS} digits are allowed."
