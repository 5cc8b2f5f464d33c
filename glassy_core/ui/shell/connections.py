"""Connections of a class's server: bounded by address and in silence, so that no machine takes the others' place.

Without, a machine that opens sockets and says nothing takes every file descriptor of the server, and asyncio then fails
to accept the next, and says so, thousands of times a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0  # seconds for a request to come, from the moment that it could
MOST_WAITING = 64  # of one address, with no request yet; a browser opens up to six ahead of need
MOST_OPEN = 512  # of one address: a whole class may share it, with a websocket and some requests each
LOGGED_EVERY = 60.0  # seconds between lines that say the same
SourceLine = tuple[str, int]  # a line of the source: file and number
LOGGERS = ("uvicorn.error", "asyncio")  # that write what strangers make them


class Bounded(H11Protocol):
    """A connection of which there may be so many. most_in_all: of all addresses together.

    One too many in silence closes that of its address which has waited longest, not itself: who says what he wants
    comes in, whatever else his address does.
    """

    def __init__(self, *args: Any, most_in_all: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self._most_in_all = most_in_all
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in, and close what is then too many."""
        super().connection_made(transport)
        self._wait()
        same = [other for other in self.connections if _address(other) == _address(self)]  # websockets, too
        if len(same) > MOST_OPEN:
            self._close(f"{MOST_OPEN} from one address are the most")
        elif len(waiting := _waiting(same)) > MOST_WAITING:
            waiting[0]._close(f"{MOST_WAITING} from one address that ask for nothing are the most")
        elif len(self.connections) > self._most_in_all:
            _waiting(self.connections)[0]._close(f"{self._most_in_all} are the most in all")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Leave it to uvicorn's other protocol, which asks the browser again and again whether it is there."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def waits_since(self) -> float | None:
        """When it began to wait for a request, by the loop's clock; None while one is answered."""
        return self._deadline.when() - PATIENCE if self._deadline and self._is_idle() else None

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self._deadline = self.loop.call_later(PATIENCE, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._is_idle():
            self._close(f"no request came in {PATIENCE:.0f} s")

    def _close(self, why: str) -> None:
        self._stop_waiting()
        self.connections.discard(self)  # counted no more, though the loop closes it a round later
        self.logger.warning("Closed a connection of %s: %s.", _address(self), why)
        self.transport.abort()


def _address(connection: Any) -> str | None:
    return connection.client[0] if connection.client else None


def _waiting(connections: Iterable[Any]) -> list[Bounded]:
    """Those that wait for a request, the longest first."""
    waiting = {
        one: since for one in connections if isinstance(one, Bounded) and (since := one.waits_since()) is not None
    }
    return sorted(waiting, key=waiting.__getitem__)


class Seldom(logging.Filter):
    """Lets what one line of the source says pass once a minute, with the number left out since. clock: in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._last, self._left_out = clock, dict[SourceLine, float](), Counter[SourceLine]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it passes."""
        place, now = (record.pathname, record.lineno), self._clock()
        if now - self._last.get(place, -LOGGED_EVERY) < LOGGED_EVERY:
            self._left_out[place] += 1
            return False
        self._last[place] = now
        if left_out := self._left_out.pop(place, 0):
            record.msg, record.args = f"{record.getMessage()} ({left_out} more since the last.)", ()
        return True


def log_seldom() -> None:
    """Have what strangers can cause logged once a minute."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(Seldom())
