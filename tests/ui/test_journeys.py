"""What people do on the page, in headless Chromium against a service on loopback."""

import pytest

pytestmark = pytest.mark.slow


def test_first_look_at_the_demo_and_the_page_in_chinese_and_dark(tab):
    tab.goto("/")
    assert tab.title() == "Today · Fillrate"
    assert tab.url.endswith("/ui/today")
    tab.get_by_text("Settings").click()
    tab.get_by_label("Language").select_option("zh")
    tab.wait_for_url("**/ui/today")
    assert tab.get_by_role("heading", level=1).inner_text() == "今日"
    tab.get_by_text("设置").click()
    tab.get_by_label("配色").select_option("dark")
    tab.wait_for_url("**/ui/today")
    assert tab.locator("html").get_attribute("data-theme") == "dark"
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(18, 22, 26)"


def test_the_keyboard_reaches_the_content_first(tab):
    tab.goto("/ui/today")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
