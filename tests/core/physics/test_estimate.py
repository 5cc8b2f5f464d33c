"""An estimate holds its value, and is written as it is read everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassy_core.physics.estimate import Estimate


def test_the_interval_is_the_middle_95_per_cent_of_the_samples():
    estimate = Estimate.of(50, np.arange(1001) / 10)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((50, 2.5, 97.5))
    assert estimate.to_json() == {"value": 50.0, "low": estimate.low, "high": estimate.high}


@given(st.floats(-1e6, 1e6), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_the_interval_holds_the_value_wherever_the_samples_lie(value, samples):
    estimate = Estimate.of(value, np.array(samples))
    assert estimate.low <= estimate.value == value <= estimate.high


def test_it_is_written_with_so_many_digits_or_decimals():
    estimate = Estimate(0.41666, 0.3, 1234.5)
    assert estimate.text(3) == "0.417 [0.3, 1.23e+03]"
    assert estimate.text(2, "f") == "0.42 [0.30, 1234.50]"
    assert estimate.written(lambda number: f"{round(number)}") == "0 [0, 1234]"
