"""Who may look at the page: sessions begun with a key, forms of this browser alone, tenants kept apart."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.database import METADATA
from serving.access import LOCAL, Scope
from serving.access.gate import PAGE
from serving.access.sessions import COOKIE, SESSION_HOURS, begin_session, end_session, find_session
from serving.api import create_api
from serving.platform_tables import PAGE_SESSIONS
from serving.ui.routes import ROUTERS
from tests.services import bearer, client_of, make_key
from tests.ui.reading import Reader

CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def keyed(platform):
    """A service with keys: nobody looks without one. Returns a maker of browsers."""
    make_key(platform, "local")
    api = create_api(platform)

    def browser():
        made = client_of(api)
        made.follow_redirects = False
        return made

    return browser


def csrf(answer):
    return Reader.of(answer.text).all("input", name="csrf")[0].attributes["value"]


def sign_in(browser, key, wanted="/ui/today"):
    token = csrf(browser.get("/ui/sign-in"))
    return browser.post("/ui/sign-in", data={"key": key, "csrf": token, "next": wanted})


def test_on_this_machine_without_keys_nobody_signs_in(look):
    assert "local" in look("/ui/today").one("p", class_="who").text


def test_who_is_not_signed_in_is_led_to_the_door_and_back(keyed, platform):
    browser = keyed()
    answer = browser.get("/ui/today?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/sign-in?next=/ui/today%3Fx%3D1")
    part = browser.get("/ui/today", headers={"HX-Request": "true"})
    assert part.headers["hx-redirect"].startswith("/ui/sign-in")
    answer = sign_in(browser, make_key(platform, "local", [Scope.FORECAST_READ]), "/ui/today?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/today?x=1")
    assert browser.get("/ui/today").status_code == 200


def test_the_cookie_is_for_the_page_alone_and_changes_at_signing_in(keyed, platform):
    browser = keyed()
    browser.get("/ui/sign-in")
    before = browser.cookies[COOKIE]
    answer = sign_in(browser, make_key(platform))
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "path=/ui", "samesite=strict", f"max-age={SESSION_HOURS * 3600}"} <= set(cookie.split("; "))
    assert browser.cookies[COOKIE] != before
    assert client_of(platform).get("/v1/products", headers={"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}).json()[
        "code"
    ] == ("auth.missing")


def test_behind_tls_the_cookie_is_never_sent_in_the_open(keyed):
    answer = keyed().get("/ui/sign-in", headers={"X-Forwarded-Proto": "https"})
    assert "secure" in answer.headers["set-cookie"].lower().split("; ")


@pytest.mark.parametrize("key", ["", "frk_0000000000000000_wrong", "words"])
def test_a_wrong_key_opens_nothing(keyed, key):
    browser = keyed()
    answer = sign_in(browser, key)
    assert answer.status_code in (401, 422)
    assert browser.get("/ui/today").status_code == 303


def test_the_door_leads_to_no_other_place(keyed, platform):
    key = make_key(platform)
    for wanted in (
        "https://evil.example/",
        "//evil.example",
        "/v1/keys",
        "/ui/\\evil",
        "javascript:alert(1)",
        "/ui/\r\nX",
    ):
        assert sign_in(keyed(), key, wanted).headers["location"] == "/ui/today"


def test_signing_out_ends_the_session_everywhere(keyed, platform):
    browser, thief = keyed(), keyed()
    sign_in(browser, make_key(platform))
    secret = browser.cookies[COOKIE]
    stolen = {"Cookie": f"{COOKIE}={secret}"}
    assert thief.get("/ui/today", headers=stolen).status_code == 200
    token = csrf(browser.get("/ui/today"))
    assert browser.post("/ui/sign-out", data={"csrf": token}).headers["location"] == "/ui/sign-in"
    assert thief.get("/ui/today", headers=stolen).status_code == 303


def test_a_session_ends_with_its_time_and_with_its_key(keyed, platform):
    first, second = keyed(), keyed()
    sign_in(first, make_key(platform))
    sign_in(second, make_key(platform))
    with platform.database.transaction() as connection:
        connection.execute(
            sa.text("update api_keys set revoked_at = created_at where id = (select key_id from page_sessions limit 1)")
        )
        kept = connection.execute(sa.select(PAGE_SESSIONS.c.key_id)).scalars().all()
    assert len(kept) == 2
    platform.sessions._found.clear()
    assert sorted(browser.get("/ui/today").status_code for browser in (first, second)) == [200, 303]
    platform.clock.forward(hours=SESSION_HOURS, seconds=1)
    assert [browser.get("/ui/today").status_code for browser in (first, second)] == [303, 303]
    sign_in(first, make_key(platform))
    with platform.database.reading() as connection:
        assert len(connection.execute(sa.select(PAGE_SESSIONS)).all()) == 1


def test_a_session_lasts_no_longer_than_its_key_and_its_secret_is_kept_nowhere(platform):
    text = make_key(platform)
    key = platform.keyring.find(text, platform.clock())
    with platform.database.transaction() as connection:
        secret = begin_session(connection, key, platform.clock())
        found = find_session(connection, secret)
        rows = connection.execute(sa.select(PAGE_SESSIONS)).all()
        end_session(connection, secret)
        assert find_session(connection, secret) is None
    assert found.expires_at == platform.clock() + timedelta(hours=SESSION_HOURS)
    assert (found.tenant, found.scopes) == (key.tenant, key.scopes)
    assert secret not in str(rows)


def changing_routes():
    for router in ROUTERS:
        for route in router.routes:
            for method in sorted(set(route.methods) & set(CHANGING)):
                if not route.path.endswith("{rest:path}"):
                    yield method, re.sub(r"\{[^}]*\}", "1", route.path)


@pytest.mark.parametrize(("method", "path"), sorted(changing_routes()))
def test_no_form_is_taken_without_this_browsers_token(client, method, path):
    client.get("/ui/sign-in")
    other = "0" * 64
    for headers in ({}, {"X-CSRF-Token": other}, {"X-CSRF-Token": "é".encode()}):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 403, (headers, answer.text[:500])
        assert "csrf.invalid" in answer.text
    client.cookies.clear()
    assert client.request(method, path, headers={"X-CSRF-Token": other}).status_code == 403


def page_routes():
    for router in ROUTERS:
        for route in router.routes:
            if route.path.startswith(f"{PAGE}/") and not route.path.startswith((f"{PAGE}/static", f"{PAGE}/sign-")):
                if route.path == f"{PAGE}/":
                    continue
                for method in sorted(route.methods - {"HEAD"}):
                    yield method, re.sub(r"\{[^}]*\}", "1", route.path)


@pytest.mark.parametrize(("method", "path"), sorted(set(page_routes())))
def test_no_screen_answers_a_stranger_or_a_key_without_scopes_for_it(keyed, platform, method, path):
    stranger = keyed().request(method, path)
    assert stranger.status_code == 303
    if path != f"{PAGE}/1":
        other = keyed().request(method, path, headers=bearer(make_key(platform, "local", [Scope.MODEL_TRAIN])))
        assert other.status_code == 403


def test_a_tenant_sees_nothing_of_anothers(keyed, platform):
    browser = keyed()
    sign_in(browser, make_key(platform, "rival"))
    answer = browser.get("/ui/today")
    assert answer.status_code == 404
    assert "dataset.unknown" in answer.text


def test_what_a_visitor_chooses_stays(client):
    token = csrf(client.get("/ui/sign-in"))
    wanted = {"language": "zh", "theme": "dark", "dataset": "default", "next": "/ui/today", "csrf": token}
    assert client.post("/ui/sign-in/choices", data=wanted).headers["location"] == "/ui/today"
    page = Reader.of(client.get("/ui/today").text)
    assert page.one("html").attributes == {"lang": "zh-Hans", "data-theme": "dark"}
    assert page.one("h1").text == "今日"
    odd = {"language": "xx", "theme": "pink", "dataset": "Not A Name", "csrf": token}
    assert client.post("/ui/sign-in/choices", data=odd).status_code == 404
    assert Reader.of(client.get("/ui/today").text).one("h1").text == "今日"


def test_signing_in_and_out_are_on_the_trail(keyed, platform):
    browser = keyed()
    sign_in(browser, make_key(platform))
    browser.post("/ui/sign-out", data={"csrf": csrf(browser.get("/ui/today"))})
    with platform.database.reading() as connection:
        actions = connection.execute(sa.select(METADATA.tables["audit"].c.action)).scalars().all()
    assert actions == ["session.begin", "session.end"]
    assert LOCAL.actor == "local"
