"""The closed loop, its cycles and its recall, against networks whose song is known."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from glassy_core.editions.encoding import LOWEST_PITCH, N_PITCHES, Scaling, Transitions, encode
from glassy_core.editions.loading import load_edition
from glassy_core.music.decoding import DecodingConfig, choose
from glassy_core.music.generation import MAX_LENGTH, ClosedLoop, find_cycle, generate
from glassy_core.music.piece import compose, compose_batch, training_scaling
from glassy_core.music.probabilities import log2_probability, probability
from glassy_core.music.recall import best_mean_share, recall
from glassy_core.network.equations import forward, initial_weights, nll_bits
from glassy_core.runs.run import Run
from glassy_core.runs.scaling import keep, kept
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.ending import Ending
from glassy_core.training.records import Snapshot, fresh, make_learner
from glassy_core.training.trainer import Trainer
from tests.core.toys import toy_chorales

PLAIN = Scaling(np.zeros(N_PITCHES), np.ones(N_PITCHES))  # S = S0
L = LOWEST_PITCH
STRONG = 5.0


def linear_network(W):
    """H = W S: hidden units without influence."""
    weights = initial_weights(1, 1, np.random.default_rng(0))
    return weights | {"W": np.asarray(W, dtype=float)}


def shifting(n=N_PITCHES):
    """The lowest n pitches move up by one, the n-th becomes the first; the others stay."""
    W = np.eye(N_PITCHES)
    W[:n, :n] = np.roll(np.eye(n), 1, axis=0)
    return linear_network(STRONG * W)


def one_memory(K5, h5):
    """One hidden unit that is kicked when pitches 0 and 1 sound together and then decays, 1 / sqrt(t).

    All pitches stay as they are, but pitch 5 sounds while K5 mu + h5 > 0.
    """
    weights = linear_network(STRONG * np.eye(N_PITCHES))
    weights["J.0"][:] = 0
    weights["J.0"][0, :2] = 1
    weights["M.0"][:] = 1
    weights["W"][5] = 0
    weights["K"][5, 0], weights["h0"][5] = K5, h5
    return weights


def random_network(depth=2, width=7, seed=3, strength=(0.5, 0.5, 0)):
    """strength: of W and h0, of K, and of what keeps every pitch as it is."""
    rng = np.random.default_rng(seed)
    weights = initial_weights(depth, width, rng)
    of_inputs, of_memory, kept = strength
    for name, size in (("K", of_memory), ("W", of_inputs), ("h0", of_inputs)):
        weights[name] = rng.normal(0, size, weights[name].shape)
    weights["W"] += kept * np.eye(N_PITCHES)
    return weights


# --- decoding


def test_threshold_takes_positive_fields_and_four_voices_the_largest():
    H = np.array([[-1.0, 0.5, 0.1, 2.0, 0.0, 0.7, 0.6]])
    assert choose(H, DecodingConfig()).tolist() == [[-1, 1, 1, 1, -1, 1, 1]]
    assert choose(H, DecodingConfig(four_voices=True)).tolist() == [[-1, 1, -1, 1, -1, 1, 1]]


def test_threshold_is_the_most_probable_chord_with_and_without_limit():
    H = np.random.default_rng(0).normal(0.5, 1, 8)
    chords = np.array(list(product([-1, 1], repeat=8)), dtype=np.int8)
    p = log2_probability(np.tile(H, (256, 1)), chords)
    assert np.exp2(p).sum() == pytest.approx(1)
    for limit, allowed in ((False, chords), (True, chords[(chords > 0).sum(axis=1) <= 4])):
        best = allowed[np.argmax(log2_probability(np.tile(H, (len(allowed), 1)), allowed))]
        assert (choose(H[None], DecodingConfig(four_voices=limit))[0] == best).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("limit", [False, True])
def test_samples_have_the_distribution_they_should(temperature, limit):
    H, n = np.array([0.3, -0.2, 0.9, 0.1, -0.4, 0.6]), 20_000
    decoding = DecodingConfig("sample", {"temperature": temperature}, four_voices=limit)
    drawn = choose(np.tile(H, (n, 1)), decoding, [np.random.default_rng(i) for i in range(n)])
    chords = np.array(list(product([-1, 1], repeat=6)), dtype=np.int8)
    p = np.exp2(log2_probability(np.tile(H / temperature, (64, 1)), chords))
    if limit:
        p[(chords > 0).sum(axis=1) > 4] = 0
        p /= p.sum()
    number = ((drawn > 0) @ (2 ** np.arange(6))).astype(int)
    of_chord = ((chords > 0) @ (2 ** np.arange(6))).astype(int)
    frequencies = np.bincount(number, minlength=64)[of_chord] / n
    assert (np.abs(frequencies - p) < 5 * np.sqrt(p / n) + 1e-12).all()


def test_samples_with_limit_keep_it_however_loud_the_network():
    H = np.full((50, N_PITCHES), 30.0)
    drawn = choose(H, DecodingConfig("sample", four_voices=True), [np.random.default_rng(i) for i in range(50)])
    assert ((drawn > 0).sum(axis=1) == 4).all()


def test_low_temperature_is_the_threshold():
    H = np.random.default_rng(0).normal(size=(20, N_PITCHES))
    cold = DecodingConfig("sample", {"temperature": 1e-4})
    assert (choose(H, cold, cold.generators(20)) == choose(H, DecodingConfig())).all()


@pytest.mark.parametrize(
    "settings",
    [
        *({"mode": mode} for mode in ("loud", None)),
        *({"options": {"temperature": temperature}} for temperature in (0, -1.0, float("nan"), 1e9, "hot")),
        *({"seed": seed} for seed in (-1, 1.5, True)),
        {"options": {"loudness": 1.0}},
    ],
)
def test_bad_decodings_are_refused(settings):
    with pytest.raises(ConfigError, match=r"must be|choose"):
        DecodingConfig(**settings)


# --- the loop


def test_primed_fields_are_those_of_the_forward_pass():
    weights, chorales = random_network(), toy_chorales()
    data = Transitions.pack(chorales, "per_note")
    _, H = forward(weights, data)
    longest = chorales[data.order[0]]
    made = generate(weights, data.scaling, [longest], len(longest) + 1, DecodingConfig())
    rows = data.offsets[: len(longest) - 1]  # the longest is the first of each time
    np.testing.assert_allclose(made.H[0, 1 : len(longest)], H[rows], atol=1e-12)
    assert np.isnan(made.H[0, 0]).all()
    bits = -log2_probability(made.H[0, 1 : len(longest)], made.S0[0, 1 : len(longest)]) / N_PITCHES
    np.testing.assert_allclose(bits, nll_bits(H[rows], data.targets[rows]), atol=1e-12)


def test_own_chords_are_fed_back():
    prime = ((L, L + 4),)
    made = generate(shifting(), PLAIN, [prime], 4, DecodingConfig())
    assert made.chorales()[0] == ((L, L + 4), (L + 1, L + 5), (L + 2, L + 6), (L + 3, L + 7))
    np.testing.assert_allclose(made.H[0, 2], STRONG * np.roll(made.S0[0, 1], 1))


@pytest.mark.parametrize(
    "decoding",
    [
        DecodingConfig(),
        DecodingConfig("sample", {"temperature": 1.3}, seed=4),
        DecodingConfig("sample", four_voices=True),
    ],
)
def test_a_batch_is_its_pieces_one_by_one(decoding):
    weights, chorales = random_network(), toy_chorales()
    primes = [chorales[0][:1], chorales[2][:5], chorales[4][:3]]
    made = generate(weights, PLAIN, primes, 20, decoding)
    for b, prime in enumerate(primes):
        assert made.chorales()[b][: len(prime)] == prime
        padded = [prime] * (b + 1)  # stream b of the seed
        alone = generate(weights, PLAIN, padded, 20, decoding)
        assert alone.chorales()[b] == made.chorales()[b]


def test_the_seed_decides_a_sampled_piece():
    weights, prime = random_network(), [((L + 12,),)] * 2
    first, again, other = (
        generate(weights, PLAIN, prime, 12, DecodingConfig("sample", seed=seed)).chorales() for seed in (1, 1, 2)
    )
    assert first == again
    assert first[0] != other[0]
    assert first[0] != first[1]  # two pieces of one seed


@pytest.mark.parametrize(
    ("primes", "length"),
    [([], 5), ([()], 5), ([((L,),) * 5], 5), ([((L,),)], MAX_LENGTH + 1), ([((L,),)], 2.0), ([((L,),)], True)],
)
def test_bad_primes_and_lengths_are_refused(primes, length):
    with pytest.raises(ConfigError, match="prime"):
        generate(shifting(), PLAIN, primes, length, DecodingConfig())


# --- cycles


@pytest.mark.parametrize("n", [1, 2, 3, 54])
def test_cycles_of_known_period(n):
    cycle = find_cycle(shifting(n), PLAIN, ((L,),), DecodingConfig())
    assert (cycle.start, cycle.period, cycle.state_period) == (0, n, n)
    assert cycle.chords == tuple((L + t,) for t in range(n))
    assert cycle.is_fixed_point == (n == 1)


def test_the_prime_is_not_part_of_the_dynamics_but_its_last_chord_is():
    cycle = find_cycle(shifting(1), PLAIN, ((L + 3,), (L + 3,), (L + 9,)), DecodingConfig())
    assert (cycle.start, cycle.period) == (2, 1)
    assert cycle.chords == ((L + 9,),)


def test_silence_is_a_fixed_point():
    cycle = find_cycle(linear_network(np.zeros((N_PITCHES, N_PITCHES))), PLAIN, ((L,),), DecodingConfig())
    assert (cycle.start, cycle.period, cycle.is_silent) == (1, 1, True)


def test_a_long_transient_ends_in_a_cycle():
    # The note climbs from pitch 10 to the top, where it stays.
    W = np.roll(np.eye(N_PITCHES), 1, axis=0)
    W[0] = 0
    W[-1, -1] = 1
    weights = linear_network(W * STRONG)
    weights["h0"][-1], weights["h0"][0] = STRONG, -STRONG  # the top sounds if it or the one below did
    cycle = find_cycle(weights, PLAIN, ((L + 10,),), DecodingConfig())
    assert (cycle.start, cycle.period) == (N_PITCHES - 11, 1)


def test_equal_chords_with_a_moving_state_are_not_called_a_closed_cycle():
    # Pitch 5 sounds until the memory has decayed to 0.07, after some 300 equal chords.
    weights = one_memory(K5=10.0, h5=-0.7)
    prime = ((L, L + 1, L + 5), (L, L + 5))
    made = generate(weights, PLAIN, [prime], 512, DecodingConfig()).chorales()[0]
    change = made.index((L,))
    assert change > 256
    assert set(made[2:change]) == {(L, L + 5)}
    cycle = find_cycle(weights, PLAIN, prime, DecodingConfig())
    assert (cycle.start, cycle.period, cycle.state_period) == (change, 1, None)
    assert cycle.gap > 1e-9


def test_the_state_may_need_several_periods_of_the_chords():
    # The hidden unit turns over at every chord, strongly coupled to itself, and is not heard.
    weights = linear_network(STRONG * np.eye(N_PITCHES))
    weights["J.0"][:] = 0
    weights["J.0"][0, :2] = 1
    weights["M.0"][:] = -2
    cycle = find_cycle(weights, PLAIN, ((L, L + 1), (L,)), DecodingConfig())
    assert (cycle.start, cycle.period, cycle.state_period) == (1, 1, 2)


def test_no_cycle_within_too_short_a_horizon_and_none_when_sampling():
    assert find_cycle(shifting(), PLAIN, ((L,),), DecodingConfig(), horizon=100) is None
    with pytest.raises(ConfigError, match="sampling"):
        find_cycle(shifting(), PLAIN, ((L,),), DecodingConfig("sample"))


@pytest.mark.parametrize("seed", [1, 3, 4, 5, 10])
def test_found_cycles_go_on_for_good(seed):
    # Not too strong: such networks are chaotic, and find no cycle for thousands of chords.
    weights, prime = random_network(seed=seed, strength=(0.05, 0.5, 0.5)), toy_chorales()[0][:3]
    cycle = find_cycle(weights, PLAIN, prime, DecodingConfig())
    assert cycle is not None
    assert cycle.state_period is not None
    loop, chords = ClosedLoop(weights, PLAIN, 1), list(encode(prime))
    for t in range(cycle.start + 3000):
        own = choose(loop.step(chords[t][None]), DecodingConfig())[0]
        if t + 1 >= len(prime):
            chords.append(own)
    heard = np.array(chords)
    assert (heard[cycle.start + cycle.period :] == heard[cycle.start : -cycle.period]).all()
    for shorter in range(1, cycle.period):
        assert (heard[cycle.start + shorter :] != heard[cycle.start : -shorter]).any()
    if cycle.start >= len(prime):  # it begins no earlier either
        assert (heard[cycle.start - 1] != heard[cycle.start - 1 + cycle.period]).any()


# --- recall


def climbing(start, n):
    return tuple((L + start + t,) for t in range(n))


def test_recall_counts_up_to_the_first_wrong_chord():
    right = climbing(0, 20)
    wrong_at_9 = (*climbing(5, 9), (L,), *climbing(15, 5))
    wrong_at_once = (*climbing(0, 4), (L + 40,), *climbing(5, 3))
    found = recall(shifting(), PLAIN, [wrong_at_once, right, wrong_at_9], primed=4)
    assert found.counts.tolist() == [0, 16, 5]
    assert found.lengths.tolist() == [4, 16, 11]
    assert found.complete == 1
    assert found.mean_share == pytest.approx((0 + 1 + 5 / 11) / 3)


def test_recall_is_what_single_pieces_show():
    weights, chorales = random_network(seed=1), toy_chorales(lengths=(7, 30, 9, 5, 6))
    # Chorales that the network follows for a while: its own song, altered at chord t.
    sung = generate(weights, PLAIN, [c[:3] for c in chorales], 30, DecodingConfig()).chorales()
    altered = [(*song[:t], (L + 1, L + 2), *song[t + 1 :]) for song, t in zip(sung, (3, 8, 20, 29, 5), strict=True)]
    found = recall(weights, PLAIN, altered, primed=3)
    for chorale, count in zip(altered, found.counts, strict=True):
        piece = generate(weights, PLAIN, [chorale[:3]], len(chorale), DecodingConfig()).chorales()[0]
        right = [a == b for a, b in zip(piece, chorale, strict=True)]
        assert count == (right.index(False) if False in right else len(chorale)) - 3


def test_best_recall_where_chorales_part():
    a = climbing(0, 10)
    b = (*a[:6], *climbing(30, 8))  # parts from a after six chords, 8 to go of its 10
    assert best_mean_share([a, b], primed=6) == pytest.approx(0.5)
    # b to its end and two chords of a's six, rather than a to its end and two of b's ten.
    assert best_mean_share([a, b], primed=4) == pytest.approx((1 + 2 / 6) / 2)
    assert best_mean_share([a, a[:8]], primed=4) == 1


@pytest.mark.parametrize("primed", [0, 5, 1.0, True])
def test_bad_numbers_of_primed_chords_are_refused(primed):
    with pytest.raises(ConfigError, match="from 1 to 4"):
        recall(shifting(), PLAIN, [climbing(0, 5)], primed)


def test_a_network_that_has_learned_sings_by_heart_and_one_that_has_not_does_not():
    chorales = [chorale[:12] for chorale in load_edition("corpus").first(2)]
    data = Transitions.pack(chorales, "per_note")
    config = RunConfig(width=16, eta=0.05, steps=1_500, chorales=2, batch_size="all", engine="torch")
    start = fresh(config)
    assert recall(start.weights, data.scaling, chorales).complete == 0
    trainer = Trainer([config], [start], data, None, make_learner(config, [start], data))
    while trainer.step < config.steps:
        trainer.advance(Ending(config.steps))
    last = trainer.learner.weights(0)
    nll = nll_bits(forward(last, data)[1], data.targets).mean()
    assert nll < 0.01
    assert recall(last, data.scaling, chorales).mean_share > 0.9


# --- compose


def snapshot_of(config):
    weights = random_network(config.depth, config.width)
    return Snapshot(0, 7, config.eta, (0, 0.0), {}, {}, weights, None)


def test_compose_primes_with_a_chorale_and_says_how_sure_the_network_was():
    config, edition = RunConfig(width=7, chorales=8), load_edition("corpus")
    piece = compose(snapshot_of(config), config, edition, chorale=2, prime=5, length=20, run="r")
    assert piece.chords[:5] == edition.splits["train"][2][:5]
    assert (len(piece.chords), len(piece.continuation), piece.prime) == (20, 15, 5)
    assert np.isnan(piece.probabilities[0]).all()
    on = np.array([[L + i in chord for i in range(N_PITCHES)] for chord in piece.chords])
    p = np.where(on, piece.probabilities, 1 - piece.probabilities)[1:]
    np.testing.assert_allclose(np.log2(p).sum(axis=1), piece.log2_chosen[1:], rtol=1e-6)
    assert (piece.probabilities[5:] > 0.5).tolist() == on[5:].tolist()
    assert {"run": "r", "step": 7, "split": "train", "chorale": 2}.items() <= piece.origin.items()


def test_compose_uses_the_scaling_of_the_training():
    config, edition = RunConfig(width=7, chorales=8), load_edition("corpus")
    theirs = Transitions.pack(edition.first(8), "per_note").scaling
    ours = training_scaling(config, edition)
    assert (ours.mean == theirs.mean).all()
    assert (ours.std == theirs.std).all()


def test_compose_makes_batches():
    config, edition = RunConfig(width=7, chorales=8), load_edition("corpus")
    snapshot = snapshot_of(config)
    primes = [((60,),), ((60,), (62,)), ((60, 64, 67),)]
    pieces = compose_batch(snapshot, config, edition, primes, length=9, decoding=DecodingConfig("sample"))
    assert [p.chords[: p.prime] for p in pieces] == primes
    assert pieces[0].cycle is None
    together = compose_batch(snapshot, config, edition, primes, length=9)
    alone = [compose_batch(snapshot, config, edition, [prime], length=9)[0] for prime in primes]
    assert [p.chords for p in alone] == [p.chords for p in together]


@pytest.mark.parametrize(
    "options",
    [
        *({"prime": prime} for prime in (0, 1.5, 10**6)),
        *({"chorale": chorale} for chorale in (-1, 10**6)),
        {"length": 4},
    ],
)
def test_compose_refuses_what_cannot_be(options):
    config = RunConfig(width=7, chorales=8)
    with pytest.raises(ConfigError):
        compose(snapshot_of(config), config, load_edition("corpus"), **options)


def test_compose_refuses_another_edition():
    config = RunConfig(width=7, chorales=8, edition="paper")
    with pytest.raises(ConfigError, match="paper edition"):
        compose(snapshot_of(config), config, load_edition("corpus"))


def test_a_scaling_kept_with_the_run_needs_no_edition_of_its_own(tmp_path):
    config, edition = RunConfig(width=7, chorales=8), load_edition("corpus")
    own = Transitions.pack(edition.first(8), "per_note").scaling
    assert np.isinf(own.std).any()
    run = Run(tmp_path)
    assert kept(run) is None
    keep(run, own)
    keep(run, PLAIN)  # the first one stays
    again = kept(run)
    assert np.array_equal(again.mean, own.mean)
    assert np.array_equal(again.std, own.std)
    elsewhere = replace(config, edition="paper")
    given = {"prime": 6, "length": 20}
    sung = compose(snapshot_of(config), elsewhere, edition, scaling=again, **given)
    assert sung.chords == compose(snapshot_of(config), config, edition, **given).chords
    for damaged in (
        "",
        "[]",
        '{"mean": [0], "std": [1]}',
        json.dumps({"mean": [0] * N_PITCHES, "std": [0] * N_PITCHES}),
    ):
        (tmp_path / "scaling.json").write_text(damaged, encoding="utf-8")
        assert kept(run) is None


def test_probability_is_the_mean_of_the_output():
    H = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(probability(H), 1 / (1 + np.exp(-2 * H)), rtol=1e-12)
