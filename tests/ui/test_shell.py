"""The frame of the page: headers, addresses of files, languages, problems in words, and how little a first look
loads."""

import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from serving.problems import PROBLEMS
from serving.ui import assets
from serving.ui.formats import Formats
from serving.ui.remedies import REMEDIES
from serving.ui.screens import SCREENS
from serving.ui.words import FOLDER, LANGUAGES, Words, catalogue, preferred_language
from tests.services import client_of, make_platform
from tests.ui.reading import Reader

TEMPLATES = sorted((Path(assets.__file__).parent / "templates").glob("*.html"))
SOURCES = sorted(Path(assets.__file__).parent.glob("*.py"))
FIRST_LOAD_BYTES = 150_000


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_every_screen_is_whole_html_with_headings_landmarks_and_its_place_in_the_navigation(look, screen):
    page = look(f"/ui/{screen.name}")
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("h1").text
    assert page.one("a", aria_current="page").text == screen.title
    assert [item.text for item in page.one("nav", aria_label="Screens").all("a")] == [item.title for item in SCREENS]
    assert page.one("main").attributes["id"] == "main"
    assert page.all("a")[0].attributes["href"] == "#main"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_nothing_in_a_page_runs_or_styles_outside_files_of_the_service(client, screen):
    answer = client.get(f"/ui/{screen.name}")
    page = Reader.of(answer.text)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert not page.all("style")
    assert all(script.attributes["src"].startswith("/ui/static/") and not script.text for script in page.all("script"))
    for element in page.all():
        inline = [name for name in element.attributes if name == "style" or re.fullmatch("on[a-z]+|hx-on.*", name)]
        assert not inline, (element.tag, inline)
    assert not re.search(r"(?:src|href|action)=.(?:https?:)?//", answer.text)


def test_a_first_look_loads_little_and_the_second_loads_no_file_again(client):
    packed = {"Accept-Encoding": "gzip"}
    total = 0
    paths = ["/ui/today"]
    text = client.get("/ui/today", headers=packed).text
    paths += sorted(set(re.findall(r"/ui/static/[^\"']+", text)))
    for path in paths:
        with client.stream("GET", path, headers=packed) as answer:
            assert answer.status_code == 200
            total += sum(len(chunk) for chunk in answer.iter_raw())
        if path.startswith("/ui/static"):
            assert "immutable" in answer.headers["cache-control"]
            assert "max-age=31536000" in answer.headers["cache-control"]
    assert len(paths) >= 4
    assert total <= FIRST_LOAD_BYTES


def test_a_file_is_answered_under_the_address_of_its_content_only(client):
    address = assets.address_of("page.css")
    assert client.get(address).text == (assets.FOLDER / "page.css").read_text(encoding="utf-8")
    assert client.get(re.sub(r"/[0-9a-f]{12}/", "/000000000000/", address)).status_code == 404
    digest = address.split("/")[3]
    for name in ("../assets.py", "%2e%2e/assets.py", "nothing.css", "vendor"):
        assert client.get(f"/ui/static/{digest}/{name}").status_code in (404, 405), name
    with pytest.raises(KeyError):
        assets.address_of("nothing.css")


def test_foreign_files_come_with_their_licences():
    vendor = assets.FOLDER / "vendor"
    names = {path.name.split("-")[0].split(".")[0] for path in vendor.iterdir() if "LICENSE" not in path.name}
    assert names == {"htmx", "uplot"}
    for name in sorted(names):
        assert (vendor / f"{name}-LICENSE.txt").stat().st_size > 300


def test_the_root_leads_to_the_first_screen(client):
    for path in ("/", "/ui", "/ui/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, "/ui/today")


def test_a_problem_is_told_in_words_with_its_code_and_remedy(client):
    answer = client.get("/ui/nowhere")
    page = Reader.of(answer.text)
    assert answer.status_code == 404
    assert REMEDIES["route.unknown"] in page.one("main").text
    assert page.one("main").all("code")[0].text == "route.unknown"
    assert "content-security-policy" in answer.headers
    part = client.get("/ui/nowhere", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-retarget"]) == (404, "#notice")
    assert "<html" not in part.text


def test_while_the_model_loads_the_page_says_so_and_tries_again(tmp_path):
    answer = client_of(make_platform(tmp_path)).get("/ui/today")
    page = Reader.of(answer.text)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert [item.attributes["content"] for item in page.all("meta", http_equiv="refresh")] == ["3"]
    assert page.one("progress")


def test_a_crash_is_told_as_a_page_without_what_went_wrong_inside(client, monkeypatch):
    def crash(*anything):
        raise RuntimeError("secret words")

    monkeypatch.setattr("serving.ui.today.context_of", crash)
    answer = client.get("/ui/today")
    assert answer.status_code == 500
    assert "secret words" not in answer.text
    assert "internal" in Reader.of(answer.text).one("main").text


def test_every_problem_has_a_remedy_and_each_of_its_words_is_translated():
    assert set(REMEDIES) == set(PROBLEMS)
    for language in LANGUAGES:
        if language != "en":
            known = catalogue(language)
            assert set(REMEDIES.values()) <= set(known)
            assert {title for _, title in PROBLEMS.values()} <= set(known)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_is_translated_and_goes_through_the_words(path):
    text = path.read_text(encoding="utf-8")
    said = re.findall(r"""\bt\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""", text)
    missing = [one or other for one, other in said if (one or other) not in catalogue("zh")]
    assert not missing, missing
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    bare = re.sub(r"<!--.*?-->|<[^>]*>", " ", bare, flags=re.DOTALL)
    left = [word for word in re.findall(r"[A-Za-z]{2,}", bare) if word not in ("Fillrate", "nbsp")]
    assert not left, left


def test_every_text_stands_in_one_file_of_words_keeps_its_places_and_is_used():
    seen: dict[str, str] = {}
    used = "\n".join(path.read_text(encoding="utf-8") for path in (*TEMPLATES, *SOURCES))
    used += "\n".join(title for _, title in PROBLEMS.values())
    for path in sorted((FOLDER / "zh").glob("*.toml")):
        for text, translated in tomllib.loads(path.read_text(encoding="utf-8")).items():
            assert text not in seen, (text, path.name, seen[text])
            seen[text] = path.name
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", translated)), text
            assert translated.strip(), text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de,en;q=0.5,zh;q=0.4", "en"),
        ("en;q=0.3,zh;q=0.7", "zh"),
        ("zh;q=0", "en"),
        ("*;q=x,;", "en"),
    ],
)
def test_the_browsers_favourite_language_is_spoken(client, accepted, language):
    assert preferred_language(accepted) == language
    page = Reader.of(client.get("/ui/today", headers={"Accept-Language": accepted}).text)
    assert page.one("h1").text == Words(language)("Today")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (Formats().number(1234567.891, 1), "1,234,567.9"),
        (Formats().number(-0.2), "0"),
        (Formats().number(-12.4), "−12"),
        (Formats().number(float("nan")), "–"),
        (Formats().number(None), "–"),
        (Formats().percent(0.956, 1), "95.6 %"),
        (Formats().money(Decimal("1234.50"), "GBP"), "£1,234"),
        (Formats().money(Decimal("9.5"), "CNY"), "¥9.50"),
        (Formats().money(-42, "CHF"), "−CHF 42.00"),
        (Formats().money(Decimal("NaN"), "USD"), "–"),
        (Formats("zh").day(date(2026, 12, 1)), "2026年12月1日"),
        (Formats().day("2026-12-01"), "1 Dec 2026"),
        (Formats().moment("2026-07-01T10:05:00+00:00", "Europe/London"), "1 Jul 2026 11:05 BST"),
        (Formats().day(None), "–"),
    ],
    ids=range(14),
)
def test_values_are_written_as_people_write_them(said, shown):
    assert said == shown
