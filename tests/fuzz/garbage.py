"""Bad input, by the thousand: JSON of the wrong kind, torn and flipped bytes, files that only look right."""

from __future__ import annotations

import json
import random

from hypothesis import strategies as st

WORDS = [
    "", " ", "nan", "inf", "-1", "0", "1e999", "9" * 400, "true", "null", "..", "../../etc/passwd", "..%2f..", "/etc",
    "\0", "\ud800", "\u202e", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "**bold**", "$x^2$",
    "[a](javascript:alert(1))", "`code`", "# head", "é" * 300, "a,b;c|d", "10,all", "0x10", "١٢", "1_000", "-0",
]  # fmt: skip
NUMBERS = [0, -1, 1, 2, 10**18, 2**63, 2**64, 10**400, -(10**400), 0.0, -0.0, 0.5, 1e-320, 1e300, -1e300, 1e15]
NUMBERS += [float("nan"), float("inf"), float("-inf"), True, False]
ATOMS = [*NUMBERS, *WORDS, None]

BYTES = [b"[" * 5000, b"\xff\xfe", b"NaN", b'"\\ud800"', b"\n\n", b"9" * 5000, b"{}", b"\0"]

atoms = st.one_of(st.sampled_from(ATOMS), st.integers(), st.floats(), st.text(max_size=20), st.booleans(), st.none())
values = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def value(rng: random.Random, depth: int = 0):
    """A JSON value of any kind."""
    kind = rng.random()
    if depth < 2 and kind < 0.12:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if depth < 2 and kind < 0.2:
        return {rng.choice(["step", "a", "", "nll"]): value(rng, depth + 1) for _ in range(rng.randrange(4))}
    return rng.choice(ATOMS)


def altered(values: dict, rng: random.Random) -> dict:
    """The object with one to three of its entries replaced, removed or added."""
    out = dict(values)
    for _ in range(rng.randrange(1, 4)):
        key = rng.choice([*out, "unknown"])
        if rng.random() < 0.15:
            out.pop(key, None)
        else:
            out[key] = value(rng)
    return out


def dumped(values) -> bytes:
    """As Python writes it, NaN and lone surrogates included."""
    return json.dumps(values).encode()


def mangled(content: bytes, rng: random.Random) -> bytes:
    """Some bytes flipped, cut off, doubled, put in or exchanged."""
    out = bytearray(content)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(6)
        if kind == 0 and out:
            out[min(at, len(out) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del out[at:]
        elif kind == 2:
            out[at:at] = rng.randbytes(rng.randrange(1, 40))
        elif kind == 3:
            del out[at : at + rng.randrange(1, 40)]
        elif kind == 4:
            out[at:at] = out[max(0, at - 30) : at]
        else:
            out[at:at] = rng.choice(BYTES)
    return bytes(out)
