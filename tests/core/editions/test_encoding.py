"""Encoding, packing, scaling and the floor, against hand-solved toys and independent recomputations."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from glassy_core.editions.encoding import N_PITCHES, Scaling, Transitions, decode, encode, floor_bits
from glassy_core.editions.loading import load_edition

pitches = st.integers(43, 96)
chords = st.sets(pitches, max_size=6).map(lambda chord: tuple(sorted(chord)))
chorales = st.lists(chords, min_size=1, max_size=8).map(tuple)
collections = st.lists(chorales, min_size=1, max_size=6).filter(lambda some: any(len(c) > 1 for c in some))


def h2(p: float) -> float:
    """Entropy of a coin, bits."""
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


def bits(q: float, p: float) -> float:
    """Mean cost of predicting q for a coin of frequency p, bits."""
    return -p * np.log2(q) - (1 - p) * np.log2(1 - q)


# --- encoding


def test_encode_puts_plus_one_where_a_pitch_sounds() -> None:
    S0 = encode([(43, 50), (), (96,)])
    assert S0.shape == (3, 54)
    assert S0.dtype == np.int8
    assert S0[0, 0] == S0[0, 7] == S0[2, 53] == 1
    assert S0.sum() == 3 * -54 + 2 * 3  # three ones, everything else -1


@given(chorales)
def test_decode_inverts_encode(chorale) -> None:
    assert decode(encode(chorale)) == chorale
    assert set(np.unique(encode(chorale))) <= {-1, 1}


@pytest.mark.parametrize("pitch", range(43, 97))
def test_every_pitch_has_its_own_component(pitch: int) -> None:
    assert np.flatnonzero(encode([(pitch,)])[0] == 1).tolist() == [pitch - 43]


# --- packing


@given(collections)
def test_packing_can_be_walked_back_to_the_chorales(some) -> None:
    """Along the documented rows each chorale comes out whole, and every row is used once."""
    data = Transitions.pack(some, "per_note")
    used = []
    for i, place in enumerate(data.order):
        steps = int((data.counts > i).sum())
        rows = [int(data.offsets[t]) + i for t in range(steps)]
        used += rows
        assert decode(data.S0[rows]) == some[place][:-1]
        assert decode(data.targets[rows]) == some[place][1:]
    assert sorted(used) == list(range(data.P))


@given(collections)
def test_packing_counts(some) -> None:
    data = Transitions.pack(some, "per_note")
    lengths = [len(chorale) - 1 for chorale in some]
    assert sum(lengths) == data.P == len(data.targets) == len(data.S) == data.offsets[-1]
    assert data.counts.tolist() == [sum(n > t for n in lengths) for t in range(max(lengths))]
    assert data.offsets.tolist() == [0, *np.cumsum(data.counts)]
    assert sorted(data.order) == [i for i, n in enumerate(lengths) if n > 0]
    assert all(lengths[a] >= lengths[b] for a, b in pairwise(data.order))


def test_the_predecessor_of_a_row_is_the_same_chorale_one_chord_before() -> None:
    some = [((60,), (62,)), ((70,), (72,), (74,), (76,)), ((80,), (82,), (84,))]
    data = Transitions.pack(some, "per_note")
    assert data.order.tolist() == [1, 2, 0]
    assert data.counts.tolist() == [3, 2, 1]
    assert decode(data.S0) == ((70,), (80,), (60,), (72,), (82,), (74,))
    for t in range(1, len(data.counts)):
        for i in range(data.counts[t]):
            assert np.array_equal(data.targets[data.offsets[t - 1] + i], data.S0[data.offsets[t] + i])


def test_chorales_of_equal_length_keep_their_order() -> None:
    some = [((60 + i,), (61 + i,)) for i in range(5)]
    assert Transitions.pack(some, "per_note").order.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("some", [[], [((60,),)], [(), ((60,),)]])
def test_without_any_transition_packing_says_what_is_needed(some) -> None:
    with pytest.raises(ValueError, match="two chords"):
        Transitions.pack(some, "per_note")


# --- scaling


@given(collections)
def test_per_note_scaling_has_zero_mean_and_unit_variance(some) -> None:
    data = Transitions.pack(some, "per_note")
    varies = data.S0.min(axis=0) < data.S0.max(axis=0)
    np.testing.assert_allclose(data.S.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.S[:, varies].var(axis=0), 1, atol=1e-12)
    assert (data.S[:, ~varies] == 0).all()


@given(collections)
def test_global_scaling_has_one_mean_and_variance(some) -> None:
    data = Transitions.pack(some, "global")
    if data.S0.min() < data.S0.max():
        np.testing.assert_allclose([data.S.mean(), data.S.var()], [0, 1], atol=1e-11)
        assert len(np.unique(data.S)) == 2
    else:
        assert (data.S == 0).all()


def test_scaling_is_over_inputs_only() -> None:
    """The last chord of a chorale is never an input, so it does not count."""
    data = Transitions.pack([((60,), (), (60, 70))], "per_note")
    assert (data.S[:, 60 - 43] == [1, -1]).all()
    assert (data.S[:, 70 - 43] == 0).all()


def test_held_out_chorales_are_scaled_like_the_training_ones() -> None:
    train = Transitions.pack([((60,), (60,), (), (60,), ())], "per_note")  # P(60) = 3/4, mean 1/2, variance 3/4
    held_out = Transitions.pack([((60, 61), (), (60,))], train.scaling)
    assert held_out.scaling is train.scaling
    np.testing.assert_allclose(held_out.S[:, 60 - 43], [0.5 / 0.75**0.5, -1.5 / 0.75**0.5])
    assert (held_out.S[:, 61 - 43] == 0).all()  # never heard in training


def test_scaling_stays_finite_for_pitches_that_never_change() -> None:
    S0 = encode([(60,), (60,)])
    for kind in ("per_note", "global"):
        assert np.isfinite(Scaling.of(S0, kind)(encode([(61,), ()]))).all()
    silence = encode([(), ()])
    assert (Scaling.of(silence, "global")(silence) == 0).all()


# --- the floor


def test_floor_of_a_fork_solved_by_hand() -> None:
    """A note that goes up or down with equal odds costs two bits, over 2 x 54 components."""
    assert floor_bits([((60,), (62,)), ((60,), (59,))]) == pytest.approx(2 * 2 / (2 * 54))


def test_floor_of_an_uneven_fork() -> None:
    """One of three continuations adds a pitch: H2(1/3) for that pitch in each of three transitions."""
    some = [((60,), (62,)), ((60,), (62,)), ((60,), (62, 64))]
    assert floor_bits(some) == pytest.approx(3 * h2(1 / 3) / (3 * 54))


def test_the_factorised_prediction_cannot_know_that_pitches_go_together() -> None:
    """Three pitches that sound together or not at all cost three bits, not one."""
    assert floor_bits([((60,), (62, 65, 69)), ((60,), ())]) == pytest.approx(2 * 3 / (2 * 54))


def test_no_floor_once_the_histories_have_parted() -> None:
    """The same chord with another past may go on differently at no cost."""
    assert floor_bits([((50,), (60,), (62,)), ((51,), (60,), (59,))]) == 0


def test_a_history_counts_from_the_start_of_its_own_chorale() -> None:
    assert floor_bits([((60,), (62,)), ((70,), (60,), (59,))]) == 0


def test_floor_of_repeats_of_one_chorale_is_zero() -> None:
    assert floor_bits([((60,), (62,), (64,))] * 7) == 0


def test_a_chorale_of_one_chord_has_no_transition() -> None:
    fork = [((60,), (62,)), ((60,), (59,))]
    assert floor_bits([*fork, ((60,),)]) == floor_bits(fork)


small_chords = st.sampled_from([(), (60,), (62,), (60, 62)])
small_worlds = st.lists(st.lists(small_chords, min_size=2, max_size=4).map(tuple), min_size=1, max_size=8)


@cache
def least_bits(p: float) -> float:
    """The cost of the best prediction for a coin of frequency p, found numerically."""
    found = minimize_scalar(bits, args=(p,), bounds=(1e-12, 1 - 1e-12), options={"xatol": 1e-10}).fun
    return min(found, bits(1e-12, p), bits(1 - 1e-12, p))


def best_factorised(some) -> float:
    """The floor by numerical minimisation, one probability per history and pitch."""
    cost, n = 0.0, 0
    histories = {chorale[:t] for chorale in some for t in range(1, len(chorale))}
    for history in histories:
        t = len(history)
        targets = np.array([encode([c[t]])[0] > 0 for c in some if len(c) > t and c[:t] == history])
        n += len(targets)
        cost += sum(len(targets) * least_bits(float(p)) for p in targets.mean(axis=0))
    return cost / (n * N_PITCHES)


@given(small_worlds)
def test_floor_is_the_best_of_all_factorised_predictors(some) -> None:
    assert floor_bits(some) == pytest.approx(best_factorised(some), abs=1e-8)


@given(small_worlds, st.integers(0, 2**32 - 1))
def test_no_predictor_of_the_past_gets_below_the_floor(some, seed: int) -> None:
    """Random probabilities, pulled to the observed ones by a random amount, never beat it."""
    rng = np.random.default_rng(seed)
    pull, guesses, costs = rng.uniform(), {}, []
    for chorale in some:
        for t in range(1, len(chorale)):
            history = chorale[:t]
            if history not in guesses:
                seen = np.array([encode([c[t]])[0] > 0 for c in some if len(c) > t and c[:t] == history])
                guess = pull * seen.mean(axis=0) + (1 - pull) * rng.uniform(size=N_PITCHES)
                guesses[history] = guess.clip(1e-9, 1 - 1e-9)
            sounds = encode([chorale[t]])[0] > 0
            costs.append(-np.log2(np.where(sounds, guesses[history], 1 - guesses[history])).mean())
    assert np.mean(costs) >= floor_bits(some) - 1e-12


def test_floor_of_the_corpus_edition() -> None:
    """Some of the 80 share a beginning; the first eight, the class world, do not."""
    edition = load_edition("corpus")
    assert 0.002 < floor_bits(edition.first(80)) < 0.003
    assert floor_bits(edition.first(8)) == 0
