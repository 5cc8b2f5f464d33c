"""The app under load: these tests measure, so they run by themselves, after all others."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager

import psutil
import pytest
import streamlit as st

from tests.browser.conftest import chromium
from tests.load.visitors import Visitor
from tests.strangers.serving import served

__all__ = ["chromium"]  # a fixture


WORK = 0.175  # seconds that `slowness` takes on the machine of the figures in docs/promises.md


def slowness() -> float:
    """How many times as long as there one core takes here and now, from 1 to 4. What is promised scales with it."""
    begun = time.perf_counter()
    for _ in range(60):
        json.loads(json.dumps({str(k): [k / 7, "x" * 50] for k in range(2000)}))
    return min(max(1.0, (time.perf_counter() - begun) / WORK), 4.0)


def pytest_collection_modifyitems(items):
    """What has a browser comes last: its driver keeps an event loop in this thread, and visitors run their own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


class Served:
    """The app as a user starts it, on a store of its own."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self._process = port, psutil.Process(pid)

    def seconds(self) -> float:
        """Processor time so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """MB in use."""
        return float(self._process.memory_info().rss) / 2**20

    def open(self, page: str, query: str = "") -> Visitor:
        """Open a page once, as a new visitor."""
        visitor = Visitor(self.port, page, query)
        over = asyncio.Event()
        over.set()
        asyncio.run(visitor.visit(over))
        assert not visitor.exceptions
        return visitor

    @contextmanager
    def visited(self, visitors: list[Visitor], wait: bool = True):
        """The visitors keep their pages open."""
        loop, over = asyncio.new_event_loop(), asyncio.Event()

        async def all_of_them() -> None:
            await asyncio.gather(*(visitor.visit(over, wait) for visitor in visitors))

        thread = threading.Thread(target=loop.run_until_complete, args=(all_of_them(),))
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join(120)
            assert not thread.is_alive()
        assert [visitor.exceptions for visitor in visitors] == [[] for _ in visitors]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def app(directory):
    """The app, with an empty store in `directory`."""
    st.cache_resource.clear()
    with served(directory, for_a_class=False) as (port, process):
        yield Served(port, process.pid)
