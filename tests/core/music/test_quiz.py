"""Questions of the quiz: blind, repeatable, answerable, and not given away by leaps."""

import pytest

from glassy_core.music.quiz import ask, leaps

CHORALES = tuple(tuple((50 + i, 60 + t) for t in range(8)) for i in range(10))
SMOOTH, LEAPING = (53, 61), (44, 90)


def told_by_leaps(question, prime):
    """How often who calls the excerpt with fewer leaps Bach's is right: 1, 0, or a half where they have as many."""
    counts = [leaps(chords[prime - 1 :]) for chords in question.excerpts]
    return 0.5 if counts[0] == counts[1] else float(counts[question.bach] < counts[1 - question.bach])


def goes_on(prime, chord):
    return prime + tuple(chord if t % 2 else prime[-1] for t in range(6 - len(prime)))


def leaping(primes):
    return [goes_on(prime, LEAPING) for prime in primes]


def by_heart(primes):
    return [next(chorale for chorale in CHORALES if chorale[:2] == prime)[:6] for prime in primes]


def test_a_question_is_the_same_every_time_and_both_orders_occur():
    questions = [ask(CHORALES, leaping, 7, number, 2, 6) for number in range(200)]
    assert questions == [ask(CHORALES, leaping, 7, number, 2, 6) for number in range(200)]
    for question in questions:
        bach = CHORALES[question.chorale][:6]
        assert question.excerpts[question.bach] == bach
        assert question.excerpts[1 - question.bach] == leaping([bach[:2]])[0]
    assert 0.4 < sum(question.bach for question in questions) / 200 < 0.6
    assert {question.chorale for question in questions} == set(range(10))


def test_no_chorale_is_asked_twice():
    asked = []
    while question := ask(CHORALES, leaping, 0, len(asked), 2, 6, asked):
        asked.append(question.chorale)
    assert sorted(asked) == list(range(10))


def test_what_nobody_could_tell_apart_is_not_asked():
    assert ask(CHORALES, by_heart, 0, 0, 2, 6) is None
    assert ask(((LEAPING,) * 5,), leaping, 0, 0, 2, 6) is None  # too short

    def only_third(primes):
        return [
            goes_on(p, LEAPING) if p[0][0] == 53 else known for p, known in zip(primes, by_heart(primes), strict=True)
        ]

    assert {ask(CHORALES, only_third, 0, n, 2, 6).chorale for n in range(20)} == {3}


def test_leaps_do_not_give_away_what_may_be_asked():
    def fourth_leaps_not(primes):
        return [goes_on(p, SMOOTH if p[0][0] == 54 else LEAPING) for p in primes]

    questions = [ask(CHORALES, fourth_leaps_not, 3, n, 2, 6) for n in range(20)]
    assert {question.chorale for question in questions} == {4}
    assert [told_by_leaps(question, 2) for question in questions] == [0.5] * 20
    assert told_by_leaps(ask(CHORALES, leaping, 3, 0, 2, 6), 2) == 1


@pytest.mark.parametrize(("chords", "count"), [(((60, 72),) * 3, 0), (((60, 72), (60, 79), (60, 72)), 2), ((), 0)])
def test_leaps_are_counted(chords, count):
    assert leaps(chords) == count
