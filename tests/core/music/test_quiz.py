"""Questions of the quiz: blind, repeatable, answerable."""

from hypothesis import given
from hypothesis import strategies as st

from glassy_core.music.quiz import Tally, ask

CHORALES = tuple(tuple((50 + i, 60 + t) for t in range(8)) for i in range(10))
OTHER = (44, 90)


def wrong(prime):
    return prime + (OTHER,) * (6 - len(prime))


def by_heart(prime):
    return next(chorale for chorale in CHORALES if chorale[:2] == prime)[:6]


def test_a_question_is_the_same_every_time_and_both_authors_occur():
    questions = [ask(CHORALES, wrong, 7, number, 2, 6) for number in range(200)]
    assert questions == [ask(CHORALES, wrong, 7, number, 2, 6) for number in range(200)]
    for question in questions:
        bach = CHORALES[question.chorale][:6]
        assert question.chords == (bach if question.author == "Bach" else wrong(bach[:2]))
    share = sum(question.author == "Bach" for question in questions) / 200
    assert 0.4 < share < 0.6
    assert {question.chorale for question in questions} == set(range(10))


def test_what_nobody_could_tell_apart_is_not_asked():
    assert ask(CHORALES, by_heart, 0, 0, 2, 6) is None
    only_third = [ask(CHORALES, lambda p: wrong(p) if p[0][0] == 53 else by_heart(p), 0, n, 2, 6) for n in range(20)]
    assert {question.chorale for question in only_third} == {3}


def test_chorales_too_short_are_left_out():
    assert ask(((OTHER,) * 5,), wrong, 0, 0, 2, 6) is None


@given(st.lists(st.tuples(st.sampled_from(["Bach", "network"]), st.sampled_from(["Bach", "network"]))))
def test_the_tally_counts(answers):
    tally = Tally()
    for author, answer in answers:
        tally = tally.after(author, answer)
    assert tally.asked == len(answers)
    assert tally.right == sum(author == answer for author, answer in answers)
    assert tally.network_called_bach == answers.count(("network", "Bach"))
