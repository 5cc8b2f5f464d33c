"""Which connections a class's server closes, and what it writes of that: a server of one answer, in this process."""

import asyncio
import logging
import sys
from functools import partial

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from glassy_core import processes
from glassy_core.ui.shell import connections
from glassy_core.ui.shell.connections import Bounded, Seldom
from tests import event_loop

YES = PlainTextResponse("yes")
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def attempt(most_in_all, act, app=YES):
    """act(connect), with connect() -> (reader, writer) of a server that answers "yes"."""
    config, state = uvicorn.Config(app, log_config=None), ServerState()
    protocol = partial(Bounded, config=config, server_state=state, app_state={}, most_in_all=most_in_all)
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        await asyncio.wait_for(act(partial(asyncio.open_connection, *server.sockets[0].getsockname())), 20)
    finally:
        server.close()


async def is_answered(reader, writer):
    writer.write(REQUEST)
    return b"yes" in await reader.readuntil(b"yes")


async def is_closed(reader):
    try:
        return await asyncio.wait_for(reader.read(1), 0.3) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_of_too_many_silent_ones_the_oldest_goes_and_who_asks_is_answered(monkeypatch):
    monkeypatch.setattr(connections, "MOST_WAITING", 3)

    async def act(connect):
        asked = [await connect() for _ in range(2)]
        assert [await is_answered(*one) for one in asked] == [True, True]
        silent = [await connect() for _ in range(4)]
        assert [await is_closed(one[0]) for one in (*asked, *silent)] == [True] * 3 + [False] * 3
        assert await is_answered(*await connect())  # the newest is never the one that goes

    event_loop.run(attempt(100, act))


def test_one_address_has_so_many_and_all_together_too(monkeypatch):
    async def three(connect):
        kept = [await connect() for _ in range(3)]
        refused = await connect()
        return [await is_closed(one[0]) for one in (*kept, refused)]

    async def of_one_address(connect):
        assert await three(connect) == [False, False, False, True]

    async def in_all(connect):
        assert await three(connect) == [True, False, False, False]

    event_loop.run(attempt(3, in_all))
    monkeypatch.setattr(connections, "MOST_OPEN", 3)
    event_loop.run(attempt(100, of_one_address))


def test_half_a_request_is_waited_for_so_long_and_a_pause_between_two_as_well(monkeypatch):
    monkeypatch.setattr(connections, "PATIENCE", 0.2)

    async def act(connect):
        silent, half, used = [await connect() for _ in range(3)]
        half[1].write(REQUEST[:20])
        assert await is_answered(*used)
        used[1].write(REQUEST[:20])  # uvicorn's own patience ends with the first byte
        assert [await is_closed(one[0]) for one in (silent, half, used)] == [True] * 3

    event_loop.run(attempt(100, act))


def test_what_takes_long_to_answer_is_waited_for(monkeypatch):
    monkeypatch.setattr(connections, "PATIENCE", 0.1)

    async def slow(scope, receive, send):
        await asyncio.sleep(0.4)
        await YES(scope, receive, send)

    async def act(connect):
        assert await is_answered(*await connect())

    event_loop.run(attempt(100, act, slow))


def test_what_is_said_again_and_again_is_one_line_a_minute():
    now, seldom = [0.0], Seldom(lambda: now[0])

    def said(line, address):
        record = logging.LogRecord("uvicorn.error", logging.WARNING, "there.py", line, "from %s", (address,), None)
        return record.getMessage() if seldom.filter(record) else None

    assert [said(1, k) for k in range(3)] == ["from 0", None, None]
    assert said(2, 7) == "from 7"
    now[0] = 61.0
    assert [said(1, 5), said(1, 6)] == ["from 5 (2 more since the last.)", None]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_descriptors_are_raised_as_far_as_the_system_lets_them():
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert processes.raise_descriptors(300) == 300
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, before[1])
        assert processes.raise_descriptors(200) == 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
