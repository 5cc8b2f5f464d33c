"""Turns of a class's browsers: so many pages of one address are computed at a time, the next ones wait for those.

Python computes one page at a time whatever is asked, so nobody who looks on waits longer for it; but who asks on a
hundred sockets at once no longer takes a hundred shares of the processor. The presenter's browser has turns of its own,
also where all of a class share one address.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from glassy_core.ui.shell import presenter, voter

AT_ONCE = 2  # pages of one address
LITTLE = 2.0  # seconds that somebody who looks and clicks has had; who has had more leaves one of these to others
LONGEST = 20.0  # seconds for which a page has its turn
LINGERS = 2.0  # seconds that it keeps it where its browser is gone: Streamlit computes on
FORGOTTEN = 30.0  # seconds after which half of what somebody has had no longer counts
MOST_KEPT = 200  # messages of one browser while it waits
GONE = 1001  # the code of a browser that leaves a page
_SHORT = 1000  # bytes; the message that a page is done has fewer


class TakingTurns:
    """Holds back what a browser asks for while others of its address have their turns."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # By the presenter's browser, or else by address.
        self._queues: WeakValueDictionary[str, _Queue] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        turn, inbox = _Turn(partial(self._queue_of, scope)), _Inbox(receive)

        async def receive_in_turn() -> Message:
            message = await inbox.next()
            if _asks_for_page(message) and not await inbox.stays_until(turn.take()):
                return {"type": "websocket.disconnect", "code": GONE}
            return message

        async def send_and_give_back(message: Message) -> None:
            await send(message)
            if _ends_page(message):
                turn.give_back()

        try:
            await self._app(scope, receive_in_turn, send_and_give_back)
        finally:
            turn.leave()
            inbox.close()

    def _queue_of(self, scope: Scope) -> _Queue:
        """Where a browser waits now: once it has given the passphrase, behind its own tabs alone."""
        browser = voter.word_of(HTTPConnection(scope))
        address = scope["client"][0] if scope["client"] else ""
        who = f"presenter {browser}" if presenter.is_presenters(browser) else address
        return self._queues.setdefault(who, _Queue())


class _Inbox:
    """What a browser sends; it is listened to also while it waits, since one that has left is to wait no longer."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._kept = receive, deque[Message]()
        self._hearing: asyncio.Future[Message] | None = None

    async def next(self) -> Message:
        """The next message."""
        if self._kept:
            return self._kept.popleft()
        message = await self._listen()
        self._hearing = None
        return message

    async def stays_until(self, waiting: Coroutine[Any, Any, None]) -> bool:
        """Wait for that; False where the browser leaves before, or sends meanwhile what no browser would."""
        done = asyncio.ensure_future(waiting)
        try:
            while not done.done():
                hearing = self._listen()
                await asyncio.wait((done, hearing), return_when=asyncio.FIRST_COMPLETED)
                if hearing.done():
                    self._hearing = None
                    self._kept.append(hearing.result())
                    if self._kept[-1]["type"] == "websocket.disconnect" or len(self._kept) > MOST_KEPT:
                        return False
        finally:
            done.cancel()  # nothing happens where it is done
        await done
        return True

    def close(self) -> None:
        """Listen no more."""
        if self._hearing is not None:
            self._hearing.cancel()

    def _listen(self) -> asyncio.Future[Message]:
        if self._hearing is None:
            self._hearing = asyncio.ensure_future(self._receive())
        return self._hearing


class _Queue:
    """Who waits at one address, or in one browser. Who has had least of the processor is next: not who floods."""

    def __init__(self) -> None:
        self._free, self._places = AT_ONCE, itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []  # a heap

    async def wait(self, had: float) -> None:
        """Until it is one's turn. had: seconds of turns before."""
        called = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (had, next(self._places), called))
        self._call()
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():  # it was called, and left in the same moment
                self.end()
            raise

    def end(self) -> None:
        """A turn has ended."""
        self._free += 1
        self._call()

    def _call(self) -> None:
        """Whoever may begin now. The last place is for those who had little, so that they need not wait for others."""
        while self._waiting and self._free > (self._waiting[0][0] > LITTLE):
            if not (called := heapq.heappop(self._waiting)[2]).done():
                self._free -= 1
                called.set_result(None)


class _Turn:
    """One browser's turn, which it has or waits for."""

    def __init__(self, queue_of: Callable[[], _Queue]) -> None:
        self._queue_of, self._queue = queue_of, queue_of()
        self._had, self._since = 0.0, time.monotonic()
        self._end: asyncio.TimerHandle | None = None  # set while it is its turn

    async def take(self) -> None:
        """Wait for it; who has it may ask for something else instead."""
        if self._end is None:
            self._had *= 0.5 ** ((time.monotonic() - self._since) / FORGOTTEN)
            self._queue = self._queue_of()
            await self._queue.wait(self._had)
            self._since = time.monotonic()
            self._end_after(LONGEST)

    def give_back(self) -> None:
        """Let the next one have it."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
            self._had += time.monotonic() - self._since
            self._queue.end()

    def leave(self) -> None:
        """Give it back soon."""
        if self._end is not None:
            self._end.cancel()
            self._end_after(LINGERS)

    def _end_after(self, seconds: float) -> None:
        self._end = asyncio.get_running_loop().call_later(seconds, self.give_back)


def _asks_for_page(message: Message) -> bool:
    """Whether a browser's message has the page, or a part of it, computed."""
    if message["type"] != "websocket.receive" or not message.get("bytes"):
        return False
    try:
        return BackMsg.FromString(message["bytes"]).WhichOneof("type") == "rerun_script"
    except DecodeError:  # Streamlit answers
        return False


def _ends_page(message: Message) -> bool:
    """Whether a message to the browser says that all it asked for is there."""
    data = message.get("bytes") or b""
    if message["type"] != "websocket.send" or not 0 < len(data) < _SHORT:
        return False
    said = ForwardMsg.FromString(data)
    return said.WhichOneof("type") == "script_finished" and said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
