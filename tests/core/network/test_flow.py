"""The flow against an integrator of high order, against ever smaller steps, and against itself after a stop."""

import itertools
from functools import cache

import numpy as np
import pytest
import scipy.integrate

from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.editions.loading import load_edition
from glassy_core.network.compiled.learner import CompiledLearner
from glassy_core.network.equations import forward, initial_weights, nll_bits, orthogonality_error
from glassy_core.network.flow import TOLERANCE, Flow
from glassy_core.network.flow_state import FlowError, FlowState
from glassy_core.network.learning_rule import TorchLearner
from glassy_core.network.velocity_field import velocity_field
from glassy_core.presets import PRESETS
from glassy_core.settings import RunConfig
from glassy_core.training.records import fresh
from tests.core.network.test_compiled import packed
from tests.core.toys import toy_data

END = 3.0


def start(depth=2, width=6, seed=0):
    return initial_weights(depth, width, np.random.default_rng(seed))


@cache
def reference(end=END):
    """NLL(tau) and vectors(tau) of the flow of a small network, float64, by DOP853 at 1e-10."""
    field = velocity_field("torch", start(), toy_data(), 3)
    field.write(0, start())

    def velocity(_, y):
        field.vectors[0] = y
        field.evaluate(1, (1.0,), (0,), 2)
        return field.vectors[2].copy()

    def nll(tau):
        field.vectors[0] = solution.sol(tau)
        return field.evaluate(1, (1.0,), (0,), 2, measured=True) / (N_PITCHES * np.log(2))

    y0, options = field.vectors[0].copy(), {"rtol": 1e-10, "atol": 1e-10, "dense_output": True}
    solution = scipy.integrate.solve_ivp(velocity, (0, end), y0, method="DOP853", **options)
    return nll, solution.sol


def flat(weights):
    return np.concatenate([value.reshape(-1) for value in weights.values()])


def through(flow, taus):
    """Samples at taus, as the flow comes by."""
    samples = []
    for tau in taus:
        while flow.tau < tau:
            flow.advance()
        samples.append(flow.at(tau))
    return samples


def advanced(flow, steps):
    return [flow.advance() for _ in range(steps)]


def assert_same(one, two):
    """The same state, bit for bit."""
    tensors = {**two.weights, **two.tensors()}
    assert all(np.array_equal(value, tensors[name]) for name, value in {**one.weights, **one.tensors()}.items())


def test_the_error_falls_with_the_tolerance_as_for_second_order():
    nll, weights = reference()
    taus = [0.1, 0.3, 1.0, END]
    errors = {}
    for tolerance in (1e-3, 1e-4, 1e-5):
        flow = Flow(start(), toy_data(), tolerance, engine="torch")
        samples = through(flow, taus)
        errors[tolerance] = max(np.linalg.norm(flat(s.weights) - weights(s.tau)) for s in samples)
        worst = max(abs(s.nll / nll(s.tau) - 1) for s in samples)
        assert worst < 20 * tolerance
    for coarse, fine in ((1e-3, 1e-4), (1e-4, 1e-5)):
        # The error of a step is of third order and held at the tolerance, so the steps' length goes as its cube root.
        assert 0.5 < np.log10(errors[coarse] / errors[fine]) < 0.9


def test_the_error_falls_with_the_square_of_the_step():
    _, weights = reference()
    errors = []
    for steps in (40, 80, 160):
        flow = Flow(start(), toy_data(), engine="torch")
        for _ in range(2):
            flow._estimate()
        for _ in range(steps):
            flow._step = 1.0 / steps
            flow._attempt()
            flow._accept(1.0, grow=False, tau=flow.tau + flow._step)
        errors.append(np.linalg.norm(flat(flow.state().weights) - weights(1.0)))
    for coarse, fine in itertools.pairwise(errors):
        assert 3.2 < coarse / fine < 5


def test_small_steps_of_the_learning_rule_approach_the_flow_at_first_order():
    nll, _ = reference()
    differences = []
    for eta in (2e-3, 1e-3):
        learner = TorchLearner([start()], toy_data(), "exact")
        for _ in range(round(1 / eta)):
            learner.evaluate()
            learner.update([eta], None)
        differences.append(
            nll_bits(forward(learner.weights(), toy_data())[1], toy_data().targets).mean() / nll(1.0) - 1
        )
    assert differences[0] / differences[1] == pytest.approx(2, rel=0.15)
    assert abs(2 * differences[1] - differences[0]) < 1e-3  # extrapolated to eta = 0


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_between_steps_it_is_as_good_as_at_their_ends(engine):
    nll, _ = reference()
    flow = Flow(start(), toy_data(), engine=engine)
    ends, inside = [], []
    while flow.tau < 2.5:
        before, after = flow.tau, flow.advance()
        ends.append(abs(after.nll / nll(after.tau) - 1))
        for part in (0.1, 0.5, 0.8):
            sample = flow.at(before + part * (after.tau - before))
            inside.append(abs(sample.nll / nll(sample.tau) - 1))
            assert orthogonality_error(sample.weights) < 1e-11
    assert max(inside) < 1.5 * max(ends)
    assert max(ends) < 2e-3


@pytest.mark.parametrize(("engine", "threads"), [("torch", 1), ("compiled", 1), ("compiled", 2)])
def test_it_goes_on_from_any_step_with_the_same_bits(engine, threads):
    def flow(begin):
        return Flow(begin, packed(), 1e-3, threads, engine)

    whole, stops = flow(start(2, 9)), (1, 2, 12)
    states, done = [], 0
    for stop in stops:
        advanced(whole, stop - done)
        states.append(whole.state())
        done = stop
    advanced(whole, 6)
    for stop, state in zip(stops, states, strict=True):
        resumed = flow(FlowState.of(state.weights, state.tensors()))
        assert_same(resumed.state(), state)
        advanced(resumed, done + 6 - stop)
        assert_same(resumed.state(), whole.state())
        assert resumed.nll == whole.nll


def test_a_stop_in_the_middle_of_learning_changes_no_bit_of_the_rest():
    """Where the sharpness is estimated in the middle of steps, and steps are rejected."""
    whole = Flow(start(2, 9), packed(), 1e-2)
    while whole.rejections < 2 or whole.steps < 60:
        whole.advance()
    resumed = Flow(start(2, 9), packed(), 1e-2)
    while resumed.steps < whole.steps:
        resumed.advance()
        resumed = Flow(resumed.state(), packed(), 1e-2)
    assert_same(resumed.state(), whole.state())


def test_what_is_asked_for_changes_nothing():
    plain, asked = (Flow(start(2, 9), packed()) for _ in range(2))
    for _ in range(30):
        before = plain.tau
        plain.advance()
        asked.advance()
        for part in (0, 0.3, 0.9, 1):
            asked.at(before + part * (plain.tau - before))
            asked.state()
    assert_same(asked.state(), plain.state())


def test_the_engines_agree():
    taus = np.geomspace(0.01, 5, 12)
    one, two, three = (
        through(Flow(start(2, 9), packed(), 1e-4, threads, engine), taus)
        for engine, threads in (("torch", 1), ("compiled", 1), ("compiled", 2))
    )
    for a, b, c in zip(one, two, three, strict=True):
        assert b.nll == pytest.approx(a.nll, rel=2e-3)
        assert c.nll == pytest.approx(b.nll, rel=2e-3)


def test_the_class_world_is_learnt_as_by_the_integrator_of_high_order_and_cheaply():
    """w = 48, with what DOP853 at 1e-10 gave in float64: that took 32 000 evaluations to tau = 100.

    Later, a shift of the weights of a thousandth of their length breaks the estimate of the stiffest modes.
    """
    expected = {0.1: 0.8720685, 1: 0.24823752, 3.162278: 0.21038201, 10: 0.15680059, 31.622777: 0.05920662}
    expected[100] = 0.01147610
    config = PRESETS["class-flow-over"].config
    data = Transitions.pack(load_edition("corpus").first(config.chorales), config.scaling)
    flow = Flow(fresh(config).weights, data)
    for sample in through(flow, expected):
        assert sample.nll == pytest.approx(expected[sample.tau], rel=1e-3)
    while flow.nll > 0.01:
        flow.advance()
    assert flow.evaluations < 2500
    while flow.tau < 300:
        flow.advance()
    assert flow.evaluations < 4000
    assert flow.rejections < 0.1 * (flow.steps + flow.rejections)


def test_far_into_learning_few_steps_are_rejected_and_the_loss_only_falls():
    """Where steps that trust too low an estimate of the sharpness used to break it."""
    flow = Flow(start(2, 14), packed((30, 25, 20, 8)))
    losses = [flow.nll]
    while flow.tau < 3000:
        point = flow.advance()
        losses.append(point.nll)
    assert point.nll < 1e-3
    assert point.evaluations < 15_000
    assert point.rejections < 0.1 * (point.steps + point.rejections)
    assert max(np.diff(losses)) < 1e-6 * losses[0]
    assert orthogonality_error(flow.state().weights) < 1e-11


def test_a_point_says_what_was_done():
    flow = Flow(start(2, 9), packed())
    last, tau = flow.advance(), 0.0
    for _ in range(40):
        tau = flow.tau
        point = flow.advance()
        assert point.tau == flow.tau == pytest.approx(tau + point.step)
        assert point.evaluations >= last.evaluations + point.stages
        assert point.steps == last.steps + 1
        last = point
    state = flow.state()
    H = forward(state.weights, packed())[1]
    assert point.nll == pytest.approx(nll_bits(H, packed().targets).mean(), rel=1e-5)
    learner = CompiledLearner([state.weights], packed(), "exact")
    learner.evaluate()
    field = velocity_field("torch", state.weights, packed(), 3)
    field.write(0, state.weights)
    field.evaluate(1, (1.0,), (0,), 2)
    assert point.gradient_norm == pytest.approx(np.linalg.norm(field.vectors[2]), rel=1e-4)


@pytest.mark.parametrize(("depth", "width"), [(1, 12), (5, 8), (10, 6)])
def test_any_depth_learns(depth, width):
    flow = Flow(start(depth, width), packed((12, 9, 7)))
    while flow.tau < 30:
        flow.advance()
    assert flow.nll < 0.05
    assert flow.rejections < 0.2 * flow.steps


def test_a_start_that_is_not_finite_is_told_apart():
    weights = start(2, 9)
    weights["K"][0, 0] = np.inf
    with pytest.raises(FlowError, match="not finite"):
        Flow(weights, packed()).advance()


def test_unusable_tolerances_and_taus_are_named():
    for tolerance in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(FlowError, match="between 0 and 1"):
            Flow(start(), toy_data(), tolerance)
    flow = Flow(start(), toy_data(), TOLERANCE)
    assert flow.at(0.0).nll == pytest.approx(1)
    flow.advance()
    flow.advance()
    for tau in (0.0, flow.tau * 1.01):
        with pytest.raises(FlowError, match="not in the last step"):
            flow.at(tau)


def test_where_no_step_is_good_enough_it_ends_and_says_so():
    flow = Flow(start(), toy_data(), tolerance=1e-13)  # which float32 cannot keep

    def follow():
        while flow.tau < 1:
            flow.advance()

    with pytest.raises(FlowError, match=r"still err by more than the tolerance of 1e-13 allows: start a new run"):
        follow()
    assert flow.rejections < 100


def test_no_step_passes_a_tau_that_it_is_not_said_to_pass():
    flow = Flow(start(), packed())
    said = []
    while flow.tau < 30:
        ends = {tau: flow.may_pass(tau) for tau in np.linspace(1.0001, 1.5, 20) * max(flow.tau, 1e-3)}
        flow.advance()
        assert all(may or flow.tau <= tau for tau, may in ends.items())
        said += ends.values()
    assert 0 < sum(said) < len(said)


def test_a_flow_can_start_from_weights_that_have_learned_for_long():
    data = Transitions.pack(load_edition("corpus").first(1), "per_note")
    first = Flow(fresh(RunConfig(depth=2, width=12)).weights, data)
    while first.tau < 96:
        first.advance()
    second = Flow(FlowState.fresh(first.state().weights, first.tau), data)
    for flow in (first, second):
        while flow.tau < 110:
            flow.advance(110.0)
    assert second.steps < 30
    assert second.rejections <= 3
    assert second.nll == pytest.approx(first.nll, rel=1e-3)
