"""The screens of decisions as people see them: axe-core finds nothing serious, nothing is wider than the window.

Pictures for docs/screens are written only where FILLRATE_SCREENS names a folder: a test run changes no file by itself.
"""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.slow

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
SCREENS = {
    "proposals": "/ui/proposals",
    "what_if": "/ui/what-if?sku=SKU-03&demand=40&lead_time=10",
    "data": "/ui/data",
    "models": "/ui/data/models",
    "jobs": "/ui/data/jobs",
    "alert_rules": "/ui/data/alerts",
    "api_keys": "/ui/data/keys",
}
LOOKS = {
    "1920_light_en": {"width": 1920, "height": 1080, "color_scheme": "light", "locale": "en-GB"},
    "1920_dark_zh": {"width": 1920, "height": 1080, "color_scheme": "dark", "locale": "zh-CN"},
    "360_light_zh": {"width": 360, "height": 740, "color_scheme": "light", "locale": "zh-CN"},
    "360_dark_en": {"width": 360, "height": 740, "color_scheme": "dark", "locale": "en-GB"},
}
PICTURED = ("proposals", "what_if", "data", "models", "alert_rules")
TALLEST, COLOURS = 1_500, 160


@pytest.fixture(params=sorted(LOOKS))
def look(request, browser, desk_served, planned):
    facts = dict(LOOKS[request.param])
    viewport = {"width": facts.pop("width"), "height": facts.pop("height")}
    profile = browser.new_context(
        base_url=desk_served, viewport=viewport, bypass_csp=True, reduced_motion="reduce", **facts
    )
    profile.set_default_timeout(60_000)
    yield request.param, profile.new_page()
    profile.close()


def axe(tab):
    tab.add_script_tag(path=str(AXE))
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    serious = [item for item in found if item["impact"] in ("serious", "critical")]
    return [(item["id"], item["nodes"][0]["html"], item["nodes"][0]["failureSummary"]) for item in serious]


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_a_screen_is_sound_in_every_look(look, name):
    word, tab = look
    assert tab.goto(SCREENS[name]).status == 200
    if name == "models":
        tab.locator("#card-text svg").nth(2).wait_for()
    elif name != "jobs":
        tab.wait_for_load_state("networkidle")
    too_wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert too_wide <= 0
    assert axe(tab) == []
    picture(tab, name, word)
    tab.evaluate("document.querySelectorAll('main details').forEach(item => { item.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert axe(tab) == []


def picture(tab, name, word):
    folder = os.environ.get("FILLRATE_SCREENS")
    if folder is None or name not in PICTURED:
        return
    height = min(tab.evaluate("document.documentElement.scrollHeight"), TALLEST)
    tab.set_viewport_size({"width": LOOKS[word]["width"], "height": height})
    tab.wait_for_timeout(200)
    shot = Image.open(io.BytesIO(tab.screenshot())).convert("RGB").quantize(COLOURS)
    shot.save(Path(folder) / f"{name}_{word}.png", optimize=True)
