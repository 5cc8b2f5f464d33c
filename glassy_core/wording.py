"""Numbers and time spans in words, alike on the terminal, in figures and on pages."""

from __future__ import annotations


def whole(value: int) -> str:
    """A whole number with narrow no-break spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def rounded_steps(steps: float) -> str:
    """A number of training steps to two digits, with its unit; one step where it is less."""
    rounded = max(int(float(f"{steps:.2g}")), 1)
    return whole(rounded) + (" steps" if rounded > 1 else " step")


def span(seconds: float) -> str:
    """A time span, given in seconds, in whole days, hours or minutes; 'a minute' where it is shorter."""
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if round(seconds / unit) >= 2:
            return f"{round(seconds / unit)} {name}"
    return "a minute"


def counted(n: int, one: str, many: str = "") -> str:
    """A number with its noun: '1 piece', '2 pieces'; many where an s does not make the plural."""
    return f"{whole(n)} {one if n == 1 else many or one + 's'}"
