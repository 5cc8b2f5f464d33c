"""The rules of learning: how the weights move, and what besides them decides the next step.

A rule is one entry of RULES, under the name that `RunConfig.gradient` has for it; the flow, which needs no rule but
the exact gradient, is the limit of its steps and keeps a state of its own. What it keeps between two steps is
a state of named tensors. Whoever stores, copies or resumes a run passes that on unread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights
from glassy_core.network.flow_state import tensor_shapes
from glassy_core.network.learner import DELTAS, Learner, RuleState
from glassy_core.settings import RunConfig

Shapes = dict[str, tuple[int, ...]]


class MakeLearner(Protocol):
    """What makes a rule's learner. states: one a network, where an absent tensor stands for zeros."""

    def __call__(
        self,
        config: RunConfig,
        networks: Sequence[Weights],
        data: Transitions,
        states: Sequence[RuleState],
        device: str,
    ) -> Learner: ...


@dataclass(frozen=True)
class Rule:
    """How a rule of learning keeps its state, and what makes its engine.

    shapes: of the state's tensors, for a depth d, a width w and P transitions; empty where the weights decide alone.
    """

    shapes: Callable[[int, int, int], Shapes]
    learner: MakeLearner

    def is_whole(self, state: RuleState) -> bool:
        """Whether a state has all that the rule keeps, so that learning goes on as it would have."""
        return set(self.shapes(1, 1, 1)) <= set(state)


def rule_of(config: RunConfig) -> Rule:
    """The rule that a run learns by: that of its setting `gradient`, or the flow."""
    return FLOW if config.dynamics == "flow" else RULES[config.gradient]


def _descent(
    config: RunConfig, networks: Sequence[Weights], data: Transitions, states: Sequence[RuleState], device: str
) -> Learner:
    """The engine of the paper's steps: one network on the processor gets the one its settings name, else torch."""
    if config.engine == "compiled" and device == "cpu" and len(networks) == 1:
        with contextlib.suppress(ImportError):  # without numba torch does the same, more slowly
            if config.threads > 1:
                from glassy_core.network.compiled.threaded import ThreadedLearner

                return ThreadedLearner(networks, data, config.gradient, states, config.threads)
            from glassy_core.network.compiled.learner import CompiledLearner

            return CompiledLearner(networks, data, config.gradient, states)
    import torch  # only here: it takes seconds and 250 MB

    torch.set_num_threads(config.threads)
    if device != "cpu":
        from glassy_core.network.cuda_graphs import CapturedLearner

        size = config.batch_size
        return CapturedLearner(networks, data, config.gradient, states, device, None if size == "all" else int(size))
    from glassy_core.network.learning_rule import TorchLearner

    return TorchLearner(networks, data, config.gradient, states)


def _two_deltas(d: int, w: int, P: int) -> Shapes:
    return dict.fromkeys(DELTAS, (d, P, w))


RULES: dict[str, Rule] = {
    "delayed": Rule(_two_deltas, _descent),  # the paper's, Eqs. B8-B10
    "exact": Rule(lambda d, w, P: {}, _descent),
}
# Steps from the weights of a flow, as its noise is measured with, are those of the exact gradient.
FLOW = Rule(lambda d, w, P: tensor_shapes(d, w), _descent)
