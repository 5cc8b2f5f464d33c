"""The Chorales page in a real browser: it sounds, the playhead goes along, downloads open, the address is the piece."""

from __future__ import annotations

import io
import re
import shutil
import time
import wave
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import expect

from glassy_core.editions.loading import load_edition
from glassy_core.jobs.dispatcher import dispatcher_status
from tests.browser.ear import HEARD, LISTENING, WAITED
from tests.browser.steps import SOON
from tests.midi_chords import chords_on_grid
from tests.singers import HELD, add_singer

TRAIN = load_edition("corpus").splits["train"]
# What the server sends for one listen after another, and for the sound's settings.
MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def app(shared_app):
    """One app for all tests here: each has a browser session of its own, and nothing is trained."""
    return shared_app


@pytest.fixture(scope="module")
def singer(app):
    """A run whose network holds one chord; at the end the dispatcher is let come up, so that it can be ended."""
    yield add_singer(app.store, strength=3.0)
    deadline = time.monotonic() + 180
    while (app.store.directory / ".dispatcher").exists() and not dispatcher_status(app.store).pid:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)


@pytest.fixture
def wider(app, singer):
    """A second run that sings, for one test."""
    run = add_singer(app.store, width=6, name="wider")
    yield run
    shutil.rmtree(run.path)


def open_view(page, app, query=""):
    page.goto(f"{app.url}/Chorales?{query}")
    expect(page.locator(".play").first).to_be_enabled(timeout=SOON)


def head(page):
    """Where the playhead is: its x in pixels within the strip, and the chord under it."""
    x, chord = page.locator(".head").first.evaluate(
        "e => [new DOMMatrix(getComputedStyle(e).transform).e, e.dataset.chord]"
    )
    return x, int(chord)


def notes(page):
    """The rectangles of the roll's notes, which are the piece."""
    return page.locator(".roll").first.evaluate(
        "e => [...e.querySelectorAll('rect')].map(r => ['class', 'x', 'y', 'width'].map(n => r.getAttribute(n)).join())"
    )


def beat(page, nth=0):
    """Where a player is, in quarter notes."""
    return float(page.locator(".player").nth(nth).locator(".seek").evaluate("e => e.value"))


def until_beat(page, at, nth=0):
    player = page.locator(".player").nth(nth).element_handle()
    page.wait_for_function("([e, at]) => e.querySelector('.seek').value > at", arg=[player, at], timeout=SOON)


def playing(page):
    """Which players sound."""
    return page.locator(".player").evaluate_all("all => all.map(e => e.dataset.playing === 'true')")


def heard(page, seconds=0.9):
    """(largest sample, root mean square) of what has sounded after so many seconds from now."""
    page.wait_for_timeout(1000 * seconds)
    return page.evaluate(HEARD)


def received(page):
    """The bytes that the page gets from now on, a number a message."""
    protocol, sizes = page.context.new_cdp_session(page), []
    protocol.send("Network.enable")
    protocol.on("Network.webSocketFrameReceived", lambda frame: sizes.append(len(frame["response"]["payloadData"])))
    protocol.on("Network.loadingFinished", lambda loaded: sizes.append(loaded["encodedDataLength"]))
    return sizes


def test_it_sounds_and_one_playhead_goes_over_score_and_roll(page, app, singer):
    page.add_init_script(LISTENING)
    open_view(page, app, "length=64&tempo=120&ties=yes")  # on a busy machine, too, it sounds until the end of this test
    assert page.locator(".score g.note.given").count() > 4 * 2  # tied where pitches are held
    notes_of = page.locator(".score g.note")
    given, own = (notes_of.and_(page.locator(f".{kind}")).first for kind in ("given", "network"))
    fill = "e => getComputedStyle(e).fill"
    assert given.evaluate(fill) != own.evaluate(fill)
    assert page.locator(".roll rect.sure").count() == 63  # nothing foretold the first chord

    play = page.get_by_role("button", name="Play", exact=True)
    play.click()
    until_beat(page, 4)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(1500)  # until what has sounded is over
    page.evaluate(WAITED)
    sizes = received(page)
    play.click()  # once more: what is needed is there by now
    page.wait_for_function("window.waited", timeout=SOON)
    assert page.evaluate("window.waited") < 0.3
    until_beat(page, 5)
    every_voice = peak, loud = heard(page)  # the network holds its chord
    assert 0.2 < peak < 1  # neither silent nor clipped
    assert loud > 0.03
    page.get_by_role("button", name="solo bass").click()
    bass = heard(page)
    assert 0.05 * loud < bass[1] < 0.7 * loud
    page.get_by_role("button", name="mute tenor").click()  # heard again
    assert bass[1] < heard(page)[1] < loud
    for voice in ("soprano", "alto"):
        page.get_by_role("button", name=f"mute {voice}").click()
    assert heard(page)[1] == pytest.approx(every_voice[1], rel=0.3)
    assert sum(sizes) == 0  # the server has no part in it

    page.get_by_role("button", name="Pause").click()
    assert heard(page, 1.5)[0] < 1e-3
    at, (x, chord) = beat(page), head(page)
    assert chord == int(at)
    strip, line = page.locator(".inner").first.bounding_box(), page.locator(".head").first.bounding_box()
    assert line["x"] == pytest.approx(strip["x"] + x, abs=3)
    roll, score = (page.locator(f".{name}").first.bounding_box() for name in ("roll", "score"))
    assert line["y"] <= score["y"] + 1
    assert line["y"] + line["height"] >= roll["y"] + roll["height"] - 1

    page.locator(".strip").first.focus()
    page.keyboard.press("ArrowRight")
    assert head(page)[1] == chord + 1
    box = page.locator(".roll rect.network.sure").nth(8).bounding_box()
    page.mouse.click(box["x"] + 3, box["y"] + 2)
    assert head(page)[1] == 4 + 8


def test_tempo_instrument_and_loop_are_heard_at_once_for_few_bytes(page, app, singer):
    page.add_init_script(LISTENING)
    open_view(page, app, "length=6&tempo=60")
    note = page.locator(".score g.note[id^='soprano-2-'] g.notehead").first.bounding_box()
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Loop").click()
    until_beat(page, 2)
    strip = page.locator(".inner").first.bounding_box()
    assert strip["x"] + head(page)[0] >= note["x"]  # at or after the notehead that sounds
    sizes = received(page)
    page.get_by_role("slider", name="Tempo").fill("240")
    before = beat(page)
    page.wait_for_function(
        "([e, at]) => e.querySelector('.seek').value < at",  # begun anew
        arg=[page.locator(".player").first.element_handle(), before],
        timeout=SOON,
    )
    page.wait_for_url(re.compile("tempo=240"))
    with page.expect_response(re.compile("instrument-choir")):
        page.get_by_role("combobox", name="Instrument").select_option("choir")
    page.wait_for_url(re.compile("instrument=choir"))
    assert playing(page) == [True]
    assert 0.05 < heard(page)[0] < 1
    assert sum(sizes) < MOST_BYTES
    page.get_by_role("button", name="Loop").click()
    expect(page.locator(".player")).to_have_attribute("data-playing", "false")  # it comes to its end
    assert beat(page) == 6


def test_downloads_open_in_the_libraries_of_their_formats(page, app, singer):
    from music21 import converter

    open_view(page, app, "length=16&tempo=100")
    content = {}
    for title in ("MIDI", "WAV", "MusicXML", "Score (SVG)"):
        with page.expect_download(timeout=SOON) as download:
            page.get_by_role("button", name=title, exact=True).click()
        content[title] = download.value.path().read_bytes()
        assert download.value.suggested_filename.startswith("singer.")
    expected = TRAIN[0][:4] + (HELD,) * 12
    assert chords_on_grid(content["MIDI"]) == expected  # pretty_midi reads it
    with wave.open(io.BytesIO(content["WAV"])) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        assert file.getnframes() / file.getframerate() == pytest.approx(16 * 0.6 + 1.5, abs=0.01)
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert 8_000 < np.abs(heard.astype(int)).max() < 32_767
    score = converter.parseData(content["MusicXML"].decode(), format="musicxml")
    sounding = [set() for _ in expected]
    for element in score.flatten().notes:
        sounding[int(element.offset)] |= {pitch.midi for pitch in element.pitches}
    assert tuple(tuple(sorted(chord)) for chord in sounding) == expected
    svg = ElementTree.fromstring(content["Score (SVG)"])
    assert svg.tag.endswith("svg")
    assert content["Score (SVG)"].count(b'class="notehead"') == 4 * 16


def test_the_address_is_the_piece(page, app, singer):
    open_view(page, app, "decode=sample&temperature=2&seed=5&length=20&octave=written&instrument=piano")
    page.get_by_text("What is sung, and how it sounds").click()
    page.get_by_role("spinbutton", name="Seed").fill("6")
    page.get_by_role("spinbutton", name="Seed").press("Enter")
    page.wait_for_url(re.compile("seed=6"))
    expect(page.locator(".play").first).to_be_enabled(timeout=SOON)
    page.wait_for_timeout(1500)
    piece, address = notes(page), page.url
    assert f"run={singer.id}" in address
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator(".play").first).to_be_enabled(timeout=SOON)
    other.wait_for_timeout(1500)
    assert notes(other) == piece
    assert other.url == address
    other.goto(address.replace("seed=6", "seed=7"))
    expect(other.locator(".play").first).to_be_enabled(timeout=SOON)
    other.wait_for_timeout(1500)
    assert notes(other) != piece
    other.close()


@pytest.mark.usefixtures("wider")
def test_only_one_player_sounds_at_a_time(page, app, singer):
    open_view(page, app, f"view=transition&run={singer.id}")
    expect(page.locator(".play")).to_have_count(4, timeout=SOON)
    buttons = page.locator(".play")
    for nth in (0, 3, 1):
        expect(buttons.nth(nth)).to_be_enabled(timeout=SOON)
        buttons.nth(nth).click()
        until_beat(page, 0.3, nth)
        assert playing(page) == [i == nth for i in range(4)]


def test_a_chord_is_picked_on_the_keyboard(page, app, singer):
    open_view(page, app, "prime=chord&chord=60-64&length=8")
    page.get_by_text("What is sung, and how it sounds").click()
    page.get_by_role("button", name="G 4", exact=True).click()
    page.wait_for_url(re.compile("chord=60-64-67"))
    expect(page.get_by_text("C4 E4 G4, as the data have it")).to_be_visible()
    page.get_by_role("button", name="E 4", exact=True).click()
    page.wait_for_url(re.compile("chord=60-67"))
    page.reload()
    expect(page.locator(".play").first).to_be_enabled(timeout=SOON)
    page.get_by_text("What is sung, and how it sounds").click()
    expect(page.get_by_role("button", name="G 4", exact=True)).to_have_attribute("aria-pressed", "true")
    assert page.locator(".roll rect.given:not(.sure)").count() == 4  # two pitches in four voices


def test_no_view_is_wider_than_a_phone(page, app, singer):
    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("listen", "transition", "quiz"):
        open_view(page, app, f"view={view}")
        for selector in ("html", "[data-testid=stMain]"):
            wide, shown = page.locator(selector).evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert wide <= shown
