"""The server as it is started on somebody's own machine: it opens the browser, and hands out files that are kept."""

import urllib.error
import urllib.request

import pytest

from glassy_core.music.recorded_notes import instrument_file
from glassy_core.ui.components import atlas_files, instrument_files
from glassy_core.ui.components.live_figure import CODE
from glassy_core.ui.components.plotly_files import FILE, url
from tests.processes import in_time
from tests.strangers.serving import served


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """(address, folder with the server's log, and `shown`: what the browser that is opened is to show)."""
    folder = tmp_path_factory.mktemp("server")
    for name in ("xdg-open", "open"):  # what opens a browser on Linux, on macOS
        command = folder / name
        command.write_text(f'#!/bin/sh\nprintf %s "$1" > {folder}/shown\n', encoding="utf-8")
        command.chmod(0o755)
    with served(folder, for_a_class=False, headless=False, path=folder) as (port, _):
        yield f"http://localhost:{port}", folder


def test_the_browser_is_opened_where_the_app_says_it_is(opened):
    address, folder = opened
    assert in_time((folder / "shown").exists, 30)
    assert in_time(lambda: (folder / "shown").read_text(encoding="utf-8") == address, 5)
    assert (folder / "server.log").read_text(encoding="utf-8").split() == ["glassy", "is", "at", address]


def test_pages_with_figures_name_the_plotting_library_which_is_sent_as_it_is_and_kept(opened):
    address, _ = opened
    for page in ("/", "/Paper", "/Nowhere"):
        with urllib.request.urlopen(address + page) as answer:
            assert answer.headers.get_all("Link") == [f"<{url()}>; rel=preload; as=script"]
    with urllib.request.urlopen(f"{address}/Playground") as answer:  # which draws by itself
        assert answer.headers["Link"] is None
    asked = urllib.request.Request(f"{address}/{url()}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Link"] is None
        assert answer.read() == FILE.read_bytes()


def test_the_atlas_is_sent_as_it_lies_compressed_and_kept(opened):
    address, _ = opened
    for name in atlas_files.NAMES:
        with urllib.request.urlopen(f"{address}/{atlas_files.url(name)}") as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.read() == (atlas_files.DIRECTORY / name).read_bytes()


def test_the_figures_code_is_sent_once_for_all(opened):
    address, _ = opened
    with urllib.request.urlopen(f"{address}/{CODE.url}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.read().decode() == CODE.text


def test_an_instrument_is_sent_once_for_all(opened):
    address, _ = opened
    with urllib.request.urlopen(f"{address}/{instrument_files.urls()['organ']}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.read() == instrument_file("organ")


def test_nothing_is_sent_there(opened):
    with pytest.raises(urllib.error.HTTPError, match=r"405|403"):
        urllib.request.urlopen(urllib.request.Request(f"{opened[0]}/{url()}", b"x", method="POST"))
