"""The first minute: every page shows something real from the gallery, and the tour walks through, also for those who
do not see it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from glassy_core.ui.components.plotly_files import FILE
from glassy_core.ui.paper.slides import SLIDES
from glassy_core.ui.shell.tour import STEPS
from tests.browser.ear import HEARD, LISTENING
from tests.browser.stripping_proxy import stripping_proxy

SIZES = {"phone": (390, 844), "laptop": (1280, 900), "wall": (3840, 2160), "projector": (1280, 720)}
# Streamlit's and Plotly's own markup, which the pages cannot change; what a figure draws its alternative text says.
NOT_OURS = {"rules": {"nested-interactive": {"enabled": False}, "scrollable-region-focusable": {"enabled": False}}}
COLOURS = {"runOnly": ["color-contrast"]}
THEME = r"""() => {
  const [r] = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor.match(/\d+/)
  return r < 128 ? "dark" : "light"
}"""
DRAWN = {"exclude": [[".main-svg"]]}


RATIOS = """() => [...document.querySelectorAll(".glassy-figure[data-draws]")]
  .map((figure) => figure.getBoundingClientRect()).map(({ width, height }) => width / height)"""


def open_tab(chromium, app, size, scheme):
    """A tab, and what its console complains of."""
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", has_touch=size == "phone"
    )
    context.set_default_timeout(150_000)
    page, errors = context.new_page(), []

    def keep(message):
        # On a deep link Streamlit looks for its own health beside the page first, then where it is.
        own_probe = "/_stcore/" in message.location["url"]
        if message.type == "error" and not own_probe:
            errors.append(f"{message.text} {message.location}")

    page.on("console", keep)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page, errors


WHOLE = """(part) => {
  const figure = document.querySelector(part)?.getBoundingClientRect()
  const bar = document.querySelector(".st-key-tour").getBoundingClientRect()
  return figure && figure.top >= 0 && figure.bottom <= bar.top
}"""


def serious(page, options=NOT_OURS):
    """What axe finds on the page that keeps somebody from using it."""
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in Axe().run(page, context=DRAWN, options=options).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def audited(page, size):
    """What keeps somebody from using it: on a laptop anything, on the phone, which is dark, what is too faint."""
    return serious(page, NOT_OURS if size == "laptop" else COLOURS)


def ready(page):
    """Wait until the page's script has come to its end."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


FETCHED = """() => {
  const of = (part) => performance.getEntriesByType("resource").filter(({ name }) => name.includes(part))
  return of("plotly").map(({ transferSize, startTime }) => [transferSize, startTime < of("_stcore/")[0].startTime])
}"""


def test_the_plotting_library_is_asked_for_at_once_and_kept(chromium, gallery_app):
    page, errors = open_tab(chromium, gallery_app, "laptop", "light")
    sent = []
    for _ in range(2):
        page.goto(f"{gallery_app.url}/Learning_curves")
        page.locator(".glassy-figure[data-draws]").first.wait_for()
        asked = page.evaluate(FETCHED)  # on a slow machine again when it is needed, of what the browser has kept
        assert asked[0][1]  # before Streamlit connects
        sent.append(sum(size for size, _ in asked))
    size = FILE.stat().st_size
    assert size <= sent[0] < 1.1 * size  # not compressed: on this machine that costs more than it saves
    assert sent[1] == 0
    page.context.close()
    assert errors == []


def test_behind_a_proxy_that_takes_a_prefix_away(chromium, gallery_app):
    """JupyterHub's, or code-server's: figure, atlas, sound and links are found all the same."""
    page, errors = open_tab(chromium, gallery_app, "laptop", "light")
    with stripping_proxy(gallery_app.port) as (url, lost):
        page.goto(f"{url}/learning_curves")  # the address's other letters are put right, below the prefix too
        page.locator(".glassy-figure[data-draws]").first.wait_for()
        assert page.url.startswith(f"{url}/Learning_curves")
        with page.expect_response(lambda answer: "/instrument-" in answer.url) as notes:
            page.get_by_role("link", name="Playground").first.click()
        assert notes.value.ok
        expect(page.locator(".sentence")).to_contain_text("Chorale 3")  # of the atlas
        assert page.url.startswith(f"{url}/Playground")
        page.get_by_role("link", name="Chorales").first.click()
        page.get_by_role("button", name="Play").first.wait_for()
        page.context.close()
    assert [path for path in lost if "/_stcore/" not in path] == []  # Streamlit looks for itself in several places
    assert errors == []


# Where the parabola of the threshold that is dragged meets zero.
DRAGGED = """() => [...document.querySelectorAll(".glassy-plot")].at(1)?._fullData
  ?.find(({ uid }) => uid === "dragged-root")?.x[0]"""


def swiped(page, element):
    """How far the page scrolls when a finger is drawn up over an element, in pixels."""
    element.scroll_into_view_if_needed()
    box, place = element.bounding_box(), "() => document.querySelector('[data-testid=stMain]').scrollTop"
    before, protocol = page.evaluate(place), page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, at in [("touchStart", y), *(("touchMove", y - 15 * k) for k in range(1, 16)), ("touchEnd", None)]:
        points = [] if at is None else [{"x": x, "y": at}]
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_timeout(300)
    return page.evaluate(place) - before


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("laptop", "light"), ("wall", "light")])
def test_the_tour_at_every_size_where_both_themes_are_audited(chromium, gallery_app, size, scheme):
    page, errors = open_tab(chromium, gallery_app, size, scheme)
    page.goto(gallery_app.url)
    page.get_by_role("button", name="Take the tour").click()
    page.mouse.move(0, 0)  # or the pointer opens whatever comes to lie under it
    for k, step in enumerate(STEPS):
        bar = page.locator(".st-key-tour")
        expect(bar).to_contain_text(f"{k + 1} of {len(STEPS)}: {step.title}")
        ready(page)
        assert page.locator("[data-testid=stException]").count() == 0
        expect(page.locator(".glassy-trouble:not(:empty)")).to_have_count(0)
        wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= SIZES[size][0] + 1  # nothing to scroll sideways for
        if size == "wall":
            assert float(page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")) >= 20
            assert all(ratio < 4 for ratio in page.evaluate(RATIOS))
        if size != "wall":
            assert audited(page, size) == []
        expect(bar.get_by_text("finger")).to_have_count(1 if k == 0 else 0)
        expect(bar.get_by_text("finger").locator("visible=true")).to_have_count(int(size == "phone" and k == 0))
        if size != "phone":
            page.wait_for_function(WHOLE, arg=step.part)  # what the step speaks of
        if size == "wall" and step.title.startswith("Where learning stops"):
            page.wait_for_function(f"({DRAGGED})()")
            before, slider = page.evaluate(DRAGGED), page.get_by_role("slider", name="Drag a threshold")
            box = slider.locator("xpath=../..").bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.mouse.down()
            page.mouse.move(box["x"] - 60, box["y"] + box["height"] / 2, steps=4)
            page.wait_for_function(f"(before) => ({DRAGGED})() > before + 0.2", arg=before)  # not let go yet
            page.mouse.up()
            page.mouse.move(0, 0)
        if size == "phone":
            assert bar.locator("button").first.bounding_box()["height"] >= 44
            if k == 1:
                assert swiped(page, page.locator(".glassy-figure[data-draws]").first) > 100
            bar.get_by_role("button", name="Next" if k + 1 < len(STEPS) else "That was it").click()
        else:
            assert bar.bounding_box()["y"] + bar.bounding_box()["height"] <= SIZES[size][1]  # in sight
            page.wait_for_timeout(500)  # a key pressed while the page is drawn is lost
            page.keyboard.press("Control+Enter")
    expect(page.locator(".st-key-tour")).to_have_count(0)
    for title in ("Home", "Paper", "Present") if size != "wall" else ():  # where the tour does not lead
        page.goto(f"{gallery_app.url}/{'' if title == 'Home' else title}")
        expect(page).to_have_title("glassy" if title == "Home" else f"{title} - glassy")
        ready(page)
        assert page.evaluate(THEME) == scheme
        assert audited(page, size) == []
    page.context.close()
    assert errors == []


# How many frames pass from a touch to the curve.
COUNTING = """(root) => {
  let frame = 0, since = null
  window.frames_taken = []
  const count = () => { frame++; requestAnimationFrame(count) }
  count()
  const touched = (event) => {
    if (event.type === "input" || event.buttons) since ??= frame
  }
  root.querySelector(".width").addEventListener("input", touched, { capture: true })
  root.querySelector(".chart").addEventListener("pointermove", touched, { capture: true })
  new MutationObserver(() => {
    if (since !== null) window.frames_taken.push(frame - since)
    since = null
  }).observe(root, { attributes: true, attributeFilter: ["data-frames"] })
}"""


@pytest.mark.parametrize("size", ["projector", "phone"])
def test_a_drag_on_the_playground_is_answered_by_the_browser_alone(chromium, gallery_app, size):
    page, errors = open_tab(chromium, gallery_app, size, "dark")
    page.add_init_script(LISTENING)
    received, protocol = [], page.context.new_cdp_session(page)
    protocol.send("Network.enable")
    protocol.on("Network.loadingFinished", lambda loaded: received.append(loaded["encodedDataLength"]))
    protocol.on("Network.webSocketFrameReceived", lambda frame: received.append(len(frame["response"]["payloadData"])))
    page.goto(f"{gallery_app.url}/Playground?tau=20")
    expect(page.locator(".sentence")).to_contain_text("Chorale 3")  # songs are there
    root = page.locator(".playground[data-ready]")
    ready(page)
    page.wait_for_timeout(1500)  # what is fetched ahead
    width, height = SIZES[size]
    scrolled = page.evaluate(
        "() => (({ scrollWidth, scrollHeight }) => [scrollWidth, scrollHeight])("
        "document.querySelector('[data-testid=stMain]'))"
    )
    assert scrolled[0] <= width
    assert scrolled[1] <= height or size == "phone"
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    protocol.on("Network.webSocketFrameSent", lambda frame: sent.append(frame["response"]))
    protocol.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    root.evaluate(COUNTING)

    curve, slider = page.locator(".chosen"), page.locator(".width").bounding_box()
    before, y = curve.get_attribute("d"), slider["y"] + slider["height"] / 2
    page.mouse.move(slider["x"] + 0.5 * slider["width"], y)
    page.mouse.down()
    page.mouse.move(slider["x"] + 0.95 * slider["width"], y, steps=12)
    page.mouse.up()
    expect(curve).not_to_have_attribute("d", before)
    expect(page.locator(".physics")).to_contain_text("Wide enough")

    protocol.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    page.locator(".listen").click()
    page.wait_for_function(f"() => ({HEARD})()[0] > 0.01")
    handle = page.locator(".handle").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    song = page.locator(".sentence").inner_text()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.2 * width, y, steps=12)
    page.mouse.up()
    expect(page.locator(".sentence")).not_to_have_text(song)
    assert 0.01 < page.evaluate(HEARD)[0] < 1
    taken = page.evaluate("window.frames_taken")
    assert len(taken) >= 6
    assert max(taken) <= 2
    assert sent == []
    page.wait_for_function("() => location.search.includes('w=96')")  # and so it can be passed on
    print(f"{sum(received) / 1e6:.1f} MB to a visitor who drags and listens")
    assert 1e6 < sum(received) < 6e6  # the plotting library included
    page.context.close()
    assert errors == []


SLOW_INSTRUMENT = """(() => {
  const { fetch } = window
  window.fetch = async (url, ...rest) => {
    if (String(url).includes("instrument-")) await new Promise((done) => setTimeout(done, 1500))
    return fetch(url, ...rest)
  }
})()"""


def test_nothing_sounds_that_was_not_wished_last(chromium, gallery_app):
    """On a slow network the instrument comes when the reader has pressed again, or gone."""
    page, errors = open_tab(chromium, gallery_app, "laptop", "light")
    page.add_init_script(LISTENING)
    page.add_init_script(SLOW_INSTRUMENT)
    page.goto(f"{gallery_app.url}/Playground?tau=20")
    button = page.locator(".playground[data-ready] .listen")
    for _ in range(4):
        button.click()
    page.wait_for_timeout(2500)
    assert page.evaluate(HEARD)[0] < 1e-3
    for _ in range(3):
        button.click()
    page.wait_for_function(f"() => ({HEARD})()[0] > 0.01")
    button.click()
    page.wait_for_function(f"() => ({HEARD})()[0] < 1e-3")
    page.reload()
    button.click()
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    page.wait_for_timeout(2500)
    assert page.evaluate(HEARD)[0] < 1e-3
    page.context.close()
    assert errors == []


def test_the_slides_go_on_with_the_arrow_keys_and_a_remote_control(chromium, gallery_app):
    size = "projector"
    page, errors = open_tab(chromium, gallery_app, size, "dark")
    page.goto(f"{gallery_app.url}/Present")
    for slide in SLIDES:
        expect(page.get_by_role("heading", name=slide.title, level=1)).to_be_visible()
        ready(page)
        assert page.get_by_text("No run shows this yet").count() == 0
        page.wait_for_timeout(500)  # as a hasty speaker does; a key pressed while the slide is drawn is lost
        assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight") <= SIZES[size][1]
        last = page.get_by_role("button", name="Leave").bounding_box()
        assert last["y"] + last["height"] <= SIZES[size][1]  # nothing is cut off
        page.keyboard.press("PageDown" if SLIDES.index(slide) % 2 else "ArrowRight")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="glassy", level=1)).to_be_visible()
    page.context.close()
    assert errors == []
