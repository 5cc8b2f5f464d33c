"""Turns of a class's browsers: so many pages of one address are computed at a time, the next ones wait for those.

Python computes one page at a time whatever is asked, so nobody who looks on waits longer for it; but who asks on a
hundred sockets at once no longer takes a hundred shares of the processor.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from weakref import WeakValueDictionary

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

AT_ONCE = 2  # pages of one address
LONGEST = 20.0  # seconds for which a page has its turn
LINGERS = 2.0  # seconds that it keeps it where its browser is gone: Streamlit computes on
FORGOTTEN = 30.0  # seconds after which half of what somebody has had no longer counts
_SHORT = 1000  # bytes; the message that a page is done has fewer


class TakingTurns:
    """Holds back what a browser asks for while others of its address have their turns."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._queues: WeakValueDictionary[str, _Queue] = WeakValueDictionary()  # by address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope["client"] else ""
        turn = _Turn(self._queues.setdefault(address, _Queue()))

        async def receive_in_turn() -> Message:
            message = await receive()
            if _asks_for_page(message):
                await turn.take()
            return message

        async def send_and_give_back(message: Message) -> None:
            await send(message)
            if _ends_page(message):
                turn.give_back()

        try:
            await self._app(scope, receive_in_turn, send_and_give_back)
        finally:
            turn.leave()


class _Queue:
    """Who waits at one address. Whoever has had least of the processor so far is next: who looks in, not who floods."""

    def __init__(self) -> None:
        self._free, self._places = AT_ONCE, itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []  # a heap

    async def wait(self, had: float) -> None:
        """Until it is one's turn. had: seconds of turns before."""
        if self._free:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (had, next(self._places), called))
        await called

    def call_next(self) -> None:
        """A turn has ended."""
        while self._waiting:
            if not (called := heapq.heappop(self._waiting)[2]).done():
                called.set_result(None)
                return
        self._free += 1


class _Turn:
    """One browser's turn, which it has or waits for."""

    def __init__(self, queue: _Queue) -> None:
        self._queue, self._had, self._since = queue, 0.0, time.monotonic()
        self._end: asyncio.TimerHandle | None = None  # set while it is its turn

    async def take(self) -> None:
        """Wait for it; who has it may ask for something else instead."""
        if self._end is None:
            self._had *= 0.5 ** ((time.monotonic() - self._since) / FORGOTTEN)
            await self._queue.wait(self._had)
            self._since = time.monotonic()
            self._end_after(LONGEST)

    def give_back(self) -> None:
        """Let the next one have it."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
            self._had += time.monotonic() - self._since
            self._queue.call_next()

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
