"""Visitors of the app without a window: each speaks the protocol of Streamlit's browser part over a real websocket.

Twenty Chromiums would measure how this machine draws twenty windows; a class brings machines of its own.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MOST = 2**28  # bytes of one message
PATIENCE = 120  # seconds for any message


@dataclass
class Visitor:
    """One tab on one page. seconds: how long each refresh of a live part took, from asking to its last message."""

    port: int
    page: str = ""  # as in the URL; "": Home
    query: str = ""
    seconds: list[float] = field(default_factory=list)
    opened: float = float("nan")  # seconds from asking for the page to its last message
    received: int = 0  # bytes
    timers: dict[str, float] = field(default_factory=dict)  # the live parts and their periods
    exceptions: list[str] = field(default_factory=list)
    _script: str = ""

    async def visit(self, until: asyncio.Event, wait: bool = True) -> None:
        """Open the page and keep its live parts fresh until the event.

        wait: keep to the page's own timers; else ask again at once.
        """
        url = f"ws://localhost:{self.port}/_stcore/stream"
        async with websockets.connect(url, subprotocols=["streamlit"], max_size=MOST, open_timeout=60) as socket:
            begun = time.perf_counter()
            await self._ask(socket)
            await self._until_done(socket)
            self.opened = time.perf_counter() - begun
            due = {part: time.perf_counter() + period for part, period in self.timers.items()}
            while not until.is_set():
                for part in self.timers:  # a run of the whole page may have given others
                    due.setdefault(part, time.perf_counter())
                due = {part: at for part, at in due.items() if part in self.timers}
                if not due:
                    await self._rest(until, 0.1)
                    continue
                part = min(due, key=due.__getitem__)
                if wait and (rest := due[part] - time.perf_counter()) > 0:
                    await self._rest(until, rest)
                    continue
                begun = time.perf_counter()
                await self._ask(socket, part)
                if await self._until_done(socket):
                    self.seconds.append(time.perf_counter() - begun)
                due[part] = max(due[part] + self.timers.get(part, 0.0), time.perf_counter() - 1e-3)

    async def _rest(self, until: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), seconds)

    async def _ask(self, socket: websockets.ClientConnection, part: str = "") -> None:
        message = BackMsg()
        ask = message.rerun_script
        ask.query_string, ask.page_name, ask.page_script_hash = self.query, self.page, self._script
        ask.fragment_id, ask.is_auto_rerun = part, bool(part)
        await socket.send(message.SerializeToString())

    async def _until_done(self, socket: websockets.ClientConnection) -> bool:
        """Read up to the end of a run of the script; True where it was one live part, False for the whole page."""
        while True:
            data = await asyncio.wait_for(socket.recv(), PATIENCE)
            self.received += len(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session" and not message.metadata.run.fragment_ids:
                self.timers.clear()
            elif kind == "navigation":
                self._script = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self.timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "stop_auto_rerun":
                for part in message.stop_auto_rerun.fragment_ids:
                    self.timers.pop(part, None)
            elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                self.exceptions.append(message.delta.new_element.exception.message)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
