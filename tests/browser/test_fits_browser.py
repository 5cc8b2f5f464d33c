"""The window of a fit dragged in a real browser: the numbers follow, stay after a reload, and live runs go on."""

from __future__ import annotations

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.runs.state import State
from tests.browser.steps import SOON
from tests.browser.test_live_curves import SMALL


@pytest.fixture
def finished(app):
    """A run that is over, with a known power law."""
    run = app.store.create(SMALL, load_edition("corpus").digest)
    rng = np.random.default_rng(0)
    step = 20 * np.arange(3000)
    tau = 5e-3 * step
    nll = (0.02 + 0.4 * np.maximum(tau, 0.1) ** -0.8) * (1 + 0.02 * rng.normal(size=len(tau)))
    columns = zip(step.tolist(), tau.tolist(), nll.tolist(), strict=True)
    records = [{"step": n, "tau": t, "eta": 5e-3, "nll": y, "accuracy": 1} for n, t, y in columns]
    run.metrics_path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    run.write_state(State(status="finished", step=60_000, steps=60_000))
    return run


@pytest.fixture
def training(app):
    """A run at work; it is stopped at the end."""
    run = dispatcher.submit(app.store, SMALL, load_edition("corpus").digest)
    yield run
    run.request("stop")


def handle(page, end):
    return page.locator(".glassy-figure").first.locator(".glassy-handle").nth(end)


def ends(page):
    return [float(handle(page, end).get_attribute("aria-valuenow")) for end in (0, 1)]


def row(page, quantity):
    """The numbers of one row of the fits' table."""
    return page.locator("table tr", has=page.get_by_text(quantity, exact=True)).first.inner_text()


def switch_on(page):
    page.get_by_text("Fit NLL∞").click()
    expect(page.get_by_text("a right fit is a straight line")).to_be_visible(timeout=SOON)
    expect(handle(page, 0)).to_be_visible(timeout=SOON)


def pull(page, end, pixels):
    """Drag one end of the window sideways; what the figure says before it is let go."""
    target = handle(page, end)
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=8)
    page.wait_for_timeout(200)
    said = page.locator(".glassy-dragged").first.inner_text()
    page.mouse.up()
    return said


def test_a_dragged_window_changes_the_fit_and_stays_after_a_reload(app, page, finished):
    page.goto(f"{app.url}/Learning_curves")
    page.wait_for_selector(".glassy-figure[data-draws]", timeout=SOON)
    expect(handle(page, 0)).not_to_be_visible()
    switch_on(page)
    before, numbers = ends(page), row(page, "exponent a")
    assert float(numbers.split()[2]) == pytest.approx(0.8, abs=0.1)

    said = pull(page, 0, 150)  # the law that the browser finds by itself
    assert [float(part.split("=")[1]) for part in said.split(",")] == pytest.approx([0.8, 0.02], abs=0.1)
    low = page.get_by_role("spinbutton", name="Window from τ")
    expect(low).not_to_have_value("")
    page.wait_for_function("() => new URL(location).searchParams.get('from')")
    expect(page.locator("table").first).not_to_contain_text(numbers.split("\t")[-1])
    after, moved = ends(page), row(page, "exponent a")
    assert after[0] > 1.5 * before[0]
    assert float(low.input_value()) == pytest.approx(after[0], rel=1e-3)
    assert after[1] == before[1]
    assert "to=" not in page.url  # the other end is still the latest record's

    page.get_by_role("spinbutton", name="to τ").fill("150")
    page.keyboard.press("Enter")
    expect(handle(page, 1)).to_have_attribute("aria-valuenow", "150.0")
    expect(page.locator("table").first).not_to_contain_text(moved.split("\t")[-1])
    typed = row(page, "exponent a")
    page.reload()
    expect(handle(page, 1)).to_have_attribute("aria-valuenow", "150.0", timeout=SOON)
    assert row(page, "exponent a") == typed
    assert ends(page) == [after[0], 150.0]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the fits as CSV").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert f'"window": [{low.input_value()}, 150.0]' in text

    page.get_by_role("button", name="Own windows").click()
    expect(low).to_have_value("")
    handle(page, 0).focus()
    page.keyboard.down("ArrowRight")
    low.focus()  # before the key is let go
    page.keyboard.up("ArrowRight")
    expect(low).not_to_have_value("")
    page.get_by_role("button", name="Own windows").click()
    expect(low).to_have_value("")
    expect(page.locator("table").first).to_contain_text(numbers.split("\t")[-1])
    assert row(page, "exponent a") == numbers


def test_the_fit_of_a_live_run_follows_and_the_readers_end_stays(app, page, training):
    page.goto(f"{app.url}/Learning_curves?fit=true")
    expect(handle(page, 0)).to_be_visible(timeout=SOON)
    page.wait_for_function(
        "() => document.querySelector('.glassy-plot')._fullData.some((t) => t.meta === 'fit')", timeout=SOON
    )
    # The page is there down to its controls: what is moved before they are made, they cannot keep.
    expect(page.get_by_role("spinbutton", name="Window from τ")).to_be_visible(timeout=SOON)
    handle(page, 0).focus()
    page.keyboard.press("Shift+ArrowRight")  # not with the mouse: the handle moves with the run, and one may miss it
    expect(page.get_by_role("spinbutton", name="Window from τ")).not_to_have_value("")
    low, high = float(page.get_by_role("spinbutton", name="Window from τ").input_value()), ends(page)[1]
    drawn = "() => Number(document.querySelector('.glassy-figure').dataset.draws)"
    seen = page.evaluate(drawn)
    page.wait_for_function(f"() => ({drawn})() > {seen + 3}", timeout=SOON)
    page.wait_for_function(
        f"() => Number(document.querySelectorAll('.glassy-handle')[1].getAttribute('aria-valuenow')) > {1.05 * high}",
        timeout=SOON,
    )
    assert ends(page)[0] == pytest.approx(low, rel=1e-3)
    expect(page.get_by_role("spinbutton", name="Window from τ")).to_have_value(f"{low:g}")
    assert "to=" not in page.url
    assert training.state().status == "running"


def test_a_probe_is_started_followed_and_kept(app, page, training):
    for _ in range(300):
        if training.state().step > 300:
            break
        page.wait_for_timeout(200)
    training.request("stop")
    app.wait_for(training, "stopped")
    page.goto(f"{app.url}/Learning_curves?noise=true&sizes=20,100")
    page.get_by_role("button", name="Measure 1000 steps").click(timeout=SOON)
    expect(page.get_by_text("p = 20", exact=True).first).to_be_visible(timeout=SOON)
    names = page.locator(".glassy-figure").nth(1).locator(".legendtext").all_text_contents()
    assert names == ["p = 20", "p = 100"]
    (kept,) = (training.path / "probes").glob("*.json")
    assert len(json.loads(kept.read_text(encoding="utf-8"))["traces"][0]["nll"]) == 1000
    assert training.state().status == "stopped"
