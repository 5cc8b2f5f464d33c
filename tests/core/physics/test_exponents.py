"""Exponents between two levels of the NLL and at one w / w_c: of curves and lines whose own are known."""

import json

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.paper.exponents import AtRatios, RatioCollapse
from glassy_core.paper.numbers import EXPONENT_RANGE
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.exponents import at_ratio, between
from glassy_core.runs.store import RunStore
from tests.made_runs import W_C, write_sweep

TAU = np.geomspace(0.1, 1e4, 600)


@pytest.mark.parametrize("a", [0.5, 1.0, 1.6])
def test_the_exponent_between_two_levels(a):
    """A power law there, and another one before and after."""
    first, last = 10 * np.array([1, (EXPONENT_RANGE[1] / EXPONENT_RANGE[0]) ** (1 / a)])  # tau at the levels
    nll = EXPONENT_RANGE[1] * (TAU / first) ** -a
    nll = np.where(first > TAU, EXPONENT_RANGE[1] * (TAU / first) ** -0.2, nll)
    nll = np.where(last < TAU, EXPONENT_RANGE[0] * (TAU / last) ** -3.0, nll)
    fit = between([(TAU, nll)], EXPONENT_RANGE)
    assert fit.window == pytest.approx((first, last), rel=0.02)
    assert fit.pure.exponent.value == pytest.approx(a, rel=0.02)


def test_a_damaged_record_is_passed_over():
    nll = 1 / TAU
    tau = np.where(np.arange(len(TAU)) == 400, -1.0, TAU)
    fit = between([(np.append(tau, 5.0), np.append(nll, 0.2))], EXPONENT_RANGE)
    assert fit.pure.exponent.value == pytest.approx(1, rel=0.02)


def test_there_is_none_of_a_curve_that_does_not_come_down():
    fit = between([(TAU, 0.03 + TAU**-1.0)], EXPONENT_RANGE)
    assert (fit.pure, fit.reliable) == (None, False)
    assert "has not come down to 0.02" in fit.why


def test_an_exponent_at_a_ratio_is_read_off_straight_lines():
    """a = 1 + log2(w / 10), w_c = 20 by a factor 2**0.3 unsure, each a by 0.4: 0.5 in all, as 3, 4, 5."""
    widths = np.array([10, 20, 40, 80])
    exponents = [Estimate(1 + n, 1 + n - 0.4, 1 + n + 0.4) for n in range(4)]
    w_c = Estimate(20, 20 * 2**-0.3, 20 * 2**0.3)
    found = at_ratio(widths, exponents, w_c, 2**0.5)
    assert (found.value, found.low, found.high) == pytest.approx((2.5, 2, 3))
    assert at_ratio(widths, exponents, w_c, 4.1) is None
    assert at_ratio(widths, exponents, Estimate(20, 0, 21), 1.5).low == pytest.approx(0)  # w_c may be nothing


def test_depths_that_differ_and_tasks_that_do_not():
    def row(task, depth, a):
        return AtRatios(task, depth, {1.5: Estimate(a, a - 0.1, a + 0.1)})

    assert RatioCollapse.of([row("8", 2, 1.3), row("8", 1, 1.0), row("80", 1, 1.15)]) == RatioCollapse(1, 1, 1, 1, 0)
    assert RatioCollapse.of([row("8", 2, 1.0), row("8", 1, 1.1), row("80", 1, 0.85)]) == RatioCollapse(1, 0, 0, 1, 1)
    assert not RatioCollapse.of([row("8", 1, 1.0)]).words()


def test_the_command_compares_what_the_store_has(tmp_path, capsys):
    """The made curves go as 1/tau wherever they are low, for every width above w_c."""
    write_sweep(RunStore(tmp_path), seeds=(0,), depths=(2,))
    assert main(["exponents", "--json", "--runs-dir", str(tmp_path)]) == 0
    said = json.loads(capsys.readouterr().out)
    known = {place["width"]: place["exponent"]["value"] for place in said["places"] if place["exponent"]}
    assert min(known) > W_C[2]
    assert list(known.values()) == pytest.approx([0.9] * len(known), abs=0.06)  # 1 - NLL / (1/2) on the way
    (row,) = said["at_ratios"]
    assert set(row["exponents"]) <= {"1.25", "1.5", "2", "3"}
    assert [law["exponent"] for law in said["paper"]] == [1.04, 1.57]
