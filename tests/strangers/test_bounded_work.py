"""What one visitor asks for without end: the others' pages come in their turns, and no cache grows beyond its bound."""

import ast
import asyncio
import tomllib
from itertools import count

import numpy as np
import pytest
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.caching import global_cache_budget

from glassy_core.ui.chorales import songs
from glassy_core.ui.results.sized_cache import SizedCache
from glassy_core.ui.shell import presenter, turns, voter
from glassy_core.ui.shell.turns import TakingTurns
from tests import event_loop
from tests.strangers.conftest import ROOT

ASKS, OTHER = BackMsg(), BackMsg(app_heartbeat=True)
ASKS.rerun_script.query_string = ""
DONE, EARLY = ForwardMsg(script_finished=0), ForwardMsg(script_finished=ForwardMsg.FINISHED_EARLY_FOR_RERUN)


class Browser:
    """A websocket of an address, and when the app heard it. The app computes until it is told that a page is done."""

    def __init__(self, app, address, heard, word=""):
        self.address, self.inbox, self.done = address, asyncio.Queue(), asyncio.Queue()
        headers = [(b"cookie", f"{voter.COOKIE}={word}".encode())] if word else []
        scope = {"type": "websocket", "client": (address, 1), "headers": headers, "browser": self, "heard": heard}
        self.task = asyncio.ensure_future(app(scope, self.inbox.get, self._sent))

    async def _sent(self, message):
        pass

    def ask(self, what=ASKS):
        self.inbox.put_nowait({"type": "websocket.receive", "bytes": what.SerializeToString()})

    def say(self, what=DONE):
        self.done.put_nowait({"type": "websocket.send", "bytes": what.SerializeToString()})

    def leave(self):
        self.inbox.put_nowait({"type": "websocket.disconnect"})


async def app(scope, receive, send):
    """As Streamlit: hears all the time, and says what the test has it say."""
    browser = scope["browser"]

    async def speak():
        while True:
            await send(await browser.done.get())

    speaking = asyncio.ensure_future(speak())
    while (message := await receive())["type"] == "websocket.receive":
        scope["heard"].append((browser, BackMsg.FromString(message["bytes"]).WhichOneof("type")))
    speaking.cancel()


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


def attempt(act):
    async def run():
        heard, guarded = [], TakingTurns(app)
        await act(lambda address, word="": Browser(guarded, address, heard, word), heard)

    event_loop.run(run())


def test_so_many_pages_of_one_address_at_a_time_and_who_had_least_is_next():
    async def act(browser, heard):
        flood = [browser("192.0.2.1") for _ in range(5)]
        for one in flood:
            one.ask()
        await settled()
        assert [one for one, _ in heard] == flood[:2]
        await asyncio.sleep(0.05)
        flood[0].say()
        await settled()
        assert [one for one, _ in heard] == flood[:3]
        flood[0].ask()  # again, and behind one that asks for the first time
        late, other = browser("192.0.2.1"), browser("192.0.2.2")
        late.ask()
        other.ask()
        await settled()
        assert heard[-1][0] is other  # another address has turns of its own
        for one in flood[1:4]:
            one.say()
            await settled()
        assert [one for one, _ in heard[4:]] == [flood[3], flood[4], late]

    attempt(act)


def test_who_has_a_turn_may_change_it_and_what_computes_nothing_needs_none():
    async def act(browser, heard):
        first, second, third = (browser("192.0.2.1") for _ in range(3))
        for one in (first, second, third):
            one.ask()
        third.ask(OTHER)
        await settled()
        first.say(EARLY)  # the page begins anew
        first.ask()
        await settled()
        assert heard == [(first, "rerun_script"), (second, "rerun_script"), (first, "rerun_script")]
        first.say()
        await settled()
        assert heard[3:] == [(third, "rerun_script"), (third, "app_heartbeat")]

    attempt(act)


def test_a_turn_ends_a_while_after_its_browser_is_gone(monkeypatch):
    monkeypatch.setattr(turns, "LINGERS", 0.1)

    async def act(browser, heard):
        gone, second, third = (browser("192.0.2.1") for _ in range(3))
        for one in (gone, second, third):
            one.ask()
        await settled()
        gone.leave()
        await settled()
        assert len(heard) == 2  # else who leaves and comes again would have as many as he likes
        await asyncio.sleep(0.2)
        assert heard[-1][0] is third

    attempt(act)


def test_who_has_had_much_leaves_a_place_to_who_has_not(monkeypatch):
    monkeypatch.setattr(turns, "LITTLE", 0.05)

    async def act(browser, heard):
        flood = [browser("192.0.2.1") for _ in range(3)]
        for one in flood:
            one.ask()
        await asyncio.sleep(0.1)
        for one in (*flood[:2], flood[2]):  # the last begins when the first ends
            one.say()
            await asyncio.sleep(0.1)
        heard.clear()
        for one in flood:
            one.ask()
        await settled()
        assert len(heard) == 1
        other = browser("192.0.2.1")
        other.ask()
        await settled()
        assert heard[1:] == [(other, "rerun_script")]
        heard[0][0].say()
        await settled()
        assert len(heard) == 2  # of both places one is taken, and the last is not for these
        other.say()
        await settled()
        assert len(heard) == 3

    attempt(act)


@pytest.mark.parametrize("more", [0, 1, 2 * turns.MOST_KEPT])
def test_who_leaves_while_he_waits_has_no_turn(more):
    """Else who opens sockets, asks and leaves would have the others of his address wait for nobody."""

    async def act(browser, heard):
        first, second, gone, last = (browser("192.0.2.1") for _ in range(4))
        for one in (first, second, gone, last):
            one.ask()
        await settled()
        for _ in range(more):
            gone.ask()
        gone.leave()
        for _ in range(1 + more // 10):
            await settled()
        assert gone.task.done()
        first.say()
        await settled()
        assert [one for one, _ in heard] == [first, second, last]

    attempt(act)


def test_what_is_sent_while_one_waits_is_heard_in_its_order():
    async def act(browser, heard):
        first, second, third = (browser("192.0.2.1") for _ in range(3))
        for one in (first, second, third):
            one.ask()
        await settled()
        third.ask(OTHER)
        await settled()
        third.ask()
        await settled()
        first.say()
        await settled()
        assert heard[2:] == [(third, "rerun_script"), (third, "app_heartbeat"), (third, "rerun_script")]

    attempt(act)


def test_the_presenters_browser_waits_for_nobody_else_of_its_address(monkeypatch):
    monkeypatch.setattr(presenter, "_browsers", set())

    async def act(browser, heard):
        flood = [browser("192.0.2.1", f"word {k}") for k in range(5)]
        for one in flood:
            one.ask()
        teacher = browser("192.0.2.1", "the teacher's")
        await settled()
        presenter._browsers.add("the teacher's")  # as the door does where the passphrase is right
        teacher.ask()
        await settled()
        assert [one for one, _ in heard] == [*flood[:2], teacher]
        another_tab = browser("192.0.2.1", "the teacher's")
        another_tab.ask()
        await settled()
        assert heard[-1][0] is another_tab
        teacher.say()
        await settled()
        assert len(heard) == 4  # a turn of the presenter's is nobody else's

    attempt(act)


# Caches.


def test_a_thousand_different_pieces_leave_no_more_than_the_bound(monkeypatch):
    kept = global_cache_budget.get_global_cache_budget()
    kept.reconfigure(100_000)
    try:
        sizes = []
        for k in range(1000):
            songs.voices(tuple((60 + (k + t) % 12, 72) for t in range(10 + k % 7)))
            sizes.append(kept.total_bytes)
    finally:
        kept.reconfigure(None)
    assert max(sizes) <= 100_000
    assert max(sizes) > 50_000  # they are kept


def test_a_thousand_values_leave_no_more_than_the_bound():
    cache, made = SizedCache(1_000_000, lambda _, value: value.nbytes), count()

    def ask(k):
        return cache.get(k, lambda: (next(made), np.zeros(1000 * (1 + k % 9)))[1])

    sizes = [(ask(k), cache.bytes())[1] for k in range(1000)]
    assert max(sizes) < 1.3e6
    assert ask(999) is ask(999)
    assert next(made) == 1000
    assert ask(0).size == 1000  # made anew
    assert SizedCache(10, lambda _, value: value.nbytes).get("large", lambda: np.zeros(1000)).size == 1000


def test_a_value_that_grows_counts_as_it_is():
    cache = SizedCache(1000, lambda _, value: len(value))
    first = cache.get(0, list)
    first.extend(range(2000))
    cache.get(1, list)
    assert cache.get(0, list) is not first


def test_what_fails_is_not_kept():
    cache = SizedCache(1000, lambda _, value: 1)
    with pytest.raises(ZeroDivisionError):
        cache.get(0, lambda: 1 // 0)
    assert cache.get(0, lambda: 5) == 5


def test_the_app_bounds_all_that_streamlit_keeps_as_copies():
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert options["server"]["maxCacheDataSize"] == "64MB"
    assert "server.maxCacheDataSize" in config.get_config_options()


def test_every_other_cache_has_few_entries_or_none_that_a_visitor_chooses():
    """Those that keep what they are given: Streamlit's of resources, and functools'."""
    chosen_by_nobody = {"directory", "name"}  # the store's own, and a page's
    for path in (ROOT / "glassy_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for decorator in getattr(node, "decorator_list", ()):
                words = ast.unparse(decorator)
                if not any(name in words for name in ("cache_resource", "lru_cache")) and words != "cache":
                    continue
                given = {argument.arg for argument in node.args.args}
                bounded = any(f"{word}=" in words for word in ("max_entries", "maxsize")) and "=None" not in words
                assert bounded or given <= chosen_by_nobody or (words == "cache" and node.name in FEW), (
                    path,
                    node.name,
                )


# By instrument, which are named; by figure and depth of the paper; by file; by package.
FEW = {"content", "_papers_tasks", "shelf", "package_version"}
