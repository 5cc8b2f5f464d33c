"""The app for a class: all look and listen, on the network; who has the presenter's passphrase changes anything."""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NoReturn

from glassy_core import processes
from glassy_core.errors import GlassyError
from glassy_core.files import ROOT

PORT = 8501
EVERYWHERE = "0.0.0.0"  # an address: this machine under each of its own
PASSPHRASE_VARIABLE = "GLASSY_PASSPHRASE"  # of the environment: set, even to nothing, it makes the app a class's
FEWEST_CHARACTERS = 10  # of a passphrase
MOST_CHARACTERS = 200  # nobody types more, and nothing longer is looked at
WINDOW = 60.0  # seconds for which a wrong try counts
TRIES = 5  # wrong ones in that time, from one address
TRIES_IN_ALL = 60  # from all addresses together


class NotAllowedError(GlassyError, ValueError):
    """The action is the presenter's; the message says how to become one."""


class PassphraseError(GlassyError, ValueError):
    """No passphrase that would keep anybody out; the message says what one must be."""


def passphrase() -> str | None:
    """The passphrase as the environment has it, None where the app is not one for a class."""
    return os.environ.get(PASSPHRASE_VARIABLE)


def check_passphrase(text: str | None) -> str:
    """text if it can keep a class out, else PassphraseError."""
    n = len((text or "").strip())
    if text is None or not FEWEST_CHARACTERS <= n <= MOST_CHARACTERS:
        what = f"has {n} characters" if n else "is empty"
        raise PassphraseError(
            f"The presenter's passphrase {what}: it must have {FEWEST_CHARACTERS} to {MOST_CHARACTERS}, for instance "
            f"four words. Give it as {_how_to_begin()}."
        )
    return text.strip()


def _how_to_begin() -> str:
    if sys.platform == "win32":
        return f"$env:{PASSPHRASE_VARIABLE} = '...' before python -m glassy_core class"
    return f"{PASSPHRASE_VARIABLE}='...' python -m glassy_core class, or make class PASSPHRASE='...'"


def matches(tried: str, wanted: str) -> bool:
    """Whether two passphrases are the same; the time it takes tells nothing of where they differ, or of the length."""
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (tried.strip(), wanted)]
    return len(tried) <= 2 * MOST_CHARACTERS and hmac.compare_digest(*digests)


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
            every = [when for when, _ in self._wrong]
            own = [when for when, where in self._wrong if where == address]
            waits = [times[-most] + WINDOW - now for times, most in ((own, TRIES), (every, TRIES_IN_ALL))
                     if len(times) >= most]  # fmt: skip
            return max(waits, default=0.0)

    def wrong(self, address: str) -> None:
        """Keep that this address has given a wrong passphrase now."""
        with self._lock:
            self._wrong.append((self._clock(), address))


def command(port: int = PORT) -> list[str]:
    """The server's command line. The passphrase is not in it: other users of the machine could read it there."""
    return [sys.executable, "-m", "glassy_core.ui.shell.on_network", str(port)]


def serve(port: int = PORT) -> NoReturn:
    """Become the server; PassphraseError where the environment has no passphrase that would keep anybody out."""
    check_passphrase(passphrase())
    os.chdir(ROOT)
    processes.become(command(port))
