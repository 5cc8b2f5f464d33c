"""The presenter's passphrase: what lets one browser of a class change anything, while the others look and listen."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from glassy_core.errors import GlassyError

VARIABLE = "GLASSY_PASSPHRASE"  # environment variable: set, even to nothing, it makes the app one for a class
LEAST = 10  # characters
LONGEST = 200  # characters; nobody types more, and nothing longer is looked at
WINDOW = 60.0  # seconds for which a wrong try counts
TRIES = 5  # wrong ones in that time, from one address
TRIES_IN_ALL = 60  # from all addresses together


class NotAllowedError(GlassyError, ValueError):
    """The action is the presenter's; the message says how to become one."""


class PassphraseError(GlassyError, ValueError):
    """No passphrase that would keep anybody out; the message says what one must be."""


def given() -> str | None:
    """The passphrase as the environment has it, None where the app is not one for a class."""
    return os.environ.get(VARIABLE)


def check(passphrase: str | None) -> str:
    """passphrase if it can keep a class out, else PassphraseError."""
    n = len((passphrase or "").strip())
    if passphrase is None or not LEAST <= n <= LONGEST:
        what = f"has {n} characters" if n else "is empty"
        raise PassphraseError(
            f"The presenter's passphrase {what}: it must have {LEAST} to {LONGEST}, for instance four words. Give it "
            f"as {VARIABLE}='...' python -m glassy_core class, or make class PASSPHRASE='...'."
        )
    return passphrase.strip()


def matches(tried: str, wanted: str) -> bool:
    """Whether they are the same; the time it takes tells nothing of where they differ, or of the length."""
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (tried.strip(), wanted)]
    return len(tried) <= 2 * LONGEST and hmac.compare_digest(*digests)


class Tries:
    """Counts wrong tries, so that nobody gets on by guessing. clock: in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._wrong: deque[tuple[float, str]] = deque()  # (when, from where), the oldest first

    def wait(self, address: str) -> float:
        """Seconds until that address may try again, 0 for now."""
        with self._lock:
            now = self._clock()
            while self._wrong and now - self._wrong[0][0] >= WINDOW:
                self._wrong.popleft()
            own = [when for when, where in self._wrong if where == address]
            waits = [times[-most] + WINDOW - now for times, most in ((own, TRIES), (self._all(), TRIES_IN_ALL))
                     if len(times) >= most]  # fmt: skip
            return max(waits, default=0.0)

    def _all(self) -> list[float]:
        return [when for when, _ in self._wrong]

    def wrong(self, address: str) -> None:
        """One more wrong try."""
        with self._lock:
            self._wrong.append((self._clock(), address))
