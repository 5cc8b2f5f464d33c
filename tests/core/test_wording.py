"""Numbers and time spans in words."""

from glassy_core.wording import rounded_steps, span


def test_steps_and_times_are_whole():
    assert [rounded_steps(steps) for steps in (4_603_141.2, 1030, 0.2)] == [
        "4\u202f600\u202f000 steps", "1\u202f000 steps", "1 step",
    ]  # fmt: skip
    assert [span(seconds) for seconds in (0.5, 80, 100, 1800, 77_000, 250_000)] == [
        "a minute", "a minute", "2 minutes", "30 minutes", "21 hours", "3 days",
    ]  # fmt: skip
