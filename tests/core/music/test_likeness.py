"""Likeness to the training chorales, on pieces put together from them."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glassy_core.editions.loading import load_edition
from glassy_core.music.counterpoint import distance, portrait
from glassy_core.music.likeness import Passage, likeness, longest_passage

CHORALES = load_edition("corpus").first(8)


def moved(chords, semitones):
    return tuple(tuple(pitch + semitones for pitch in chord) for chord in chords)


def test_a_chorale_is_like_itself():
    found = likeness(CHORALES[3], CHORALES)
    assert found.verbatim == Passage(len(CHORALES[3]), 0, 3, 0, 0)
    assert (found.phrases_verbatim, found.phrases_transposed) == (1, 1)
    assert (found.nearest, found.nearest_share) == (3, 1)


def test_a_transposed_chorale_is_found_as_such():
    found = likeness(moved(CHORALES[3], 5), CHORALES)
    assert found.transposed == Passage(len(CHORALES[3]), 0, 3, 0, 5)
    assert found.verbatim is None or found.verbatim.length < 8
    assert found.phrases_transposed == 1
    assert found.phrases_verbatim < 0.2
    assert (found.nearest, found.nearest_share) == (3, 1)


def test_a_passage_inside_another_piece():
    strange = ((45, 46, 47),) * 10
    piece = (*strange, *CHORALES[5][7:16], *strange[:3], *moved(CHORALES[2][20:35], -2), *strange)
    found = likeness(piece, CHORALES)
    assert found.verbatim == Passage(9, 10, 5, 7, 0)
    assert found.transposed == Passage(15, 22, 2, 20, -2)
    n = len(piece) - 3
    assert found.phrases == n
    assert found.phrases_verbatim == pytest.approx(6 / n)
    assert found.phrases_transposed == pytest.approx((6 + 12) / n)


def test_shapes_alone_are_no_passage():
    # The same three chords, but the middle one is a tone higher: not one transposition of the whole.
    chorale = ((60, 64, 67), (62, 65, 69), (60, 64, 67))
    piece = ((60, 64, 67), (64, 67, 71), (60, 64, 67))
    assert longest_passage(piece, [chorale], transposed=True).length == 1


def test_silence_belongs_to_what_surrounds_it():
    chorale = ((60, 64), (), (62, 65), (60, 64))
    assert longest_passage(moved(chorale, 3), [chorale], transposed=True) == Passage(4, 0, 0, 0, 3)
    assert likeness(moved(chorale, 3), [chorale]).phrases_transposed == 1


def test_nothing_in_common_and_nothing_to_compare():
    nothing = likeness(((45, 46, 47, 48, 50),) * 6, CHORALES)
    assert (nothing.verbatim, nothing.transposed, nothing.nearest, nothing.phrases_transposed) == (None, None, None, 0)
    short = likeness(CHORALES[0][:2], CHORALES)
    assert (short.phrases, short.phrases_verbatim) == (0, None)
    assert short.verbatim.length == 2
    empty = likeness((), CHORALES)
    assert (empty.verbatim, empty.nearest, empty.nearest_share) == (None, None, None)


small = st.lists(st.sampled_from([(), (60,), (62,), (60, 64), (62, 66)]), max_size=8).map(tuple)


@given(small, st.lists(small, min_size=1, max_size=3), st.booleans())
@example(((), (60,)), [((), (62,))], True)  # silence is the same in every key, wherever it stands
@example(((64,), (), (62,)), [((60,), (), (60,))], True)
def test_the_longest_passage_is_the_longest(piece, chorales, transposed):
    def same(a, b):
        if not transposed:
            return a == b
        return any(moved(b, n) == a for n in range(-6, 7))

    longest = max(
        (
            n
            for chorale in chorales
            for n in range(1, len(piece) + 1)
            for i in range(len(piece) - n + 1)
            for j in range(len(chorale) - n + 1)
            if same(piece[i : i + n], chorale[j : j + n])
        ),
        default=0,
    )
    found = longest_passage(piece, chorales, transposed)
    assert (found.length if found else 0) == longest
    if found:
        theirs = chorales[found.chorale][found.chorale_start : found.chorale_start + found.length]
        assert piece[found.start : found.start + found.length] == moved(theirs, found.transpose)


def test_bach_is_near_bach_and_noise_is_not():
    ours, theirs = portrait(CHORALES), portrait(load_edition("corpus").splits["test"])
    rng = np.random.default_rng(0)
    noise = portrait([[tuple(sorted(map(int, rng.choice(np.arange(48, 90), 4, replace=False)))) for _ in range(200)]])
    for profile in ("pitch_classes", "moves", "harmonies"):
        near = distance(getattr(ours, profile), getattr(theirs, profile))
        far = distance(getattr(noise, profile), getattr(theirs, profile))
        assert near < 0.25 < far
    assert ours.per_hundred_steps(ours.parallel_fifths) < 3
    assert ours.per_hundred_steps(ours.overlaps) < 15 < noise.per_hundred_steps(noise.overlaps)


def test_distance():
    assert distance(np.array([1.0, 0]), np.array([0, 1.0])) == 1
    assert distance(np.array([0.5, 0.5]), np.array([1, 0.0])) == 0.5
