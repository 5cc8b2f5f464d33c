"""Sentences that keep their parts."""

import pickle

from glassy_core.paper.text import MU, NLL_INF, TAU, TAU_W, Command, Quantity, Text, joined, text, with_symbols
from glassy_core.physics.estimate import Estimate


def test_a_number_is_read_with_its_interval_error_and_unit():
    assert str(Quantity(Estimate(0.1265, 0.12, 0.1412), "bits")) == "0.127 [0.12, 0.141] bits"
    assert str(Quantity(Estimate(64.1923, 60, 70), digits=4)) == "64.19 [60, 70]"
    assert str(Quantity(0.7, digits=6, error=0.1)) == "0.7 ± 0.1"
    assert str(Quantity(18080)) == "18\u202f080"
    assert str(text(Quantity(1.0, "bits", unsaid=True), " to ", Quantity(2.345, "bits"))) == "1 to 2.35 bits"


def test_a_text_keeps_its_parts_and_reads_as_one_sentence():
    mu = Quantity(Estimate(1.01, 0.83, 1.2))
    words = joined([text(MU, " = ", mu, "."), Text(), text("Again: ", Command("python -m glassy_core paper"), ".")])
    assert str(words) == "mu = 1.01 [0.83, 1.2]. Again: `python -m glassy_core paper`."
    assert [part for part in words.parts if isinstance(part, Quantity)] == [mu]
    assert MU in words.parts
    assert pickle.loads(pickle.dumps(words)) == words  # as the page keeps its findings


def test_nothing_is_no_text():
    assert not text("")
    assert not joined([text(""), Text()])
    assert text("-")


def test_the_names_in_a_reason_become_symbols_and_parts_of_words_do_not():
    reason = with_symbols("No points with tau/tau_w from 1: NLL_inf and the taurus are mute.")
    assert [part for part in reason.parts if not isinstance(part, str)] == [TAU, TAU_W, NLL_INF]
    assert str(reason) == "No points with tau/tau_w from 1: NLL_inf and the taurus are mute."
