"""Own alert rules and notification routes over REST: set with If-Match, refused by field, obeyed at once."""

import shutil
from dataclasses import replace

import pytest

from serving.access import Scope
from serving.alerts.in_force import local_rules
from serving.api import create_api
from serving.demand.datasets import register_base
from serving.demand.version_store import ALERT_RULES
from tests.services import bearer, client_of, make_key, make_platform

RULES, ROUTES = "/v1/alert-rules", "/v1/notification-routes"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DEAR = {
    "id": "always",
    "cause": "watched",
    "scope": "series",
    "fact": "lead_time_days",
    "levels": {"watch": 0.0},
    "actions": ["review"],
    "words": "{lead_time_days:.0f} days",
}


@pytest.fixture
def platform(context, tmp_path, shop):
    made = make_platform(tmp_path, context=context)
    register_base(made, shop)
    return made


@pytest.fixture
def client(platform):
    return client_of(create_api(platform))


@pytest.fixture
def put(client):
    def send(path, body, version=0, key="k", **headers):
        known = {"Idempotency-Key": key, "If-Match": f'"{version}"', **headers}
        return client.put(path, json=body, headers=known)

    return send


def rule_of(client, name):
    return next(item for item in client.get(RULES).json()["items"] if item["id"] == name)


def test_a_limit_is_changed_for_this_dataset_and_the_next_look_obeys_it(client, put):
    before = client.post("/v1/alerts/evaluations", headers={"Idempotency-Key": "a"}).json()["alerts"]
    assert client.get(RULES).headers["etag"] == '"0"'
    answer = put(RULES, {"rule": [DEAR]})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"'), answer.text
    assert rule_of(client, "always")["source"] == "own"
    after = client.post("/v1/alerts/evaluations", headers={"Idempotency-Key": "b"}).json()["alerts"]
    products = len(client.get("/v1/products").json()["items"])
    assert after == before + products > before
    off = {**DEAR, "enabled": False}
    assert put(RULES, {"rule": [off]}, 1, "k2").status_code == 200
    assert client.post("/v1/alerts/evaluations", headers={"Idempotency-Key": "c"}).json()["alerts"] == before
    trail = client.get("/v1/audit", params={"action": "alert-rules.change"}).json()["items"]
    assert trail[0]["facts"]["before"] == {"rule": [{**DEAR, "levels": {"watch": 0.0}}]}


def test_a_preset_is_switched_on_and_back_to_what_is_shipped(client, put):
    shipped = rule_of(client, "cover-7-days")
    assert (shipped["enabled"], shipped["source"]) == (False, "shipped")
    assert put(RULES, {"change": {"cover-7-days": {"enabled": True, "levels": {"urgent": 10}}}}).status_code == 200
    changed = rule_of(client, "cover-7-days")
    assert (changed["enabled"], changed["levels"], changed["source"]) == (True, {"urgent": 10.0}, "own")
    assert put(RULES, {}, 1, "k2").status_code == 200
    assert rule_of(client, "cover-7-days") == shipped


@pytest.mark.parametrize(
    ("body", "pointer", "told"),
    [
        ({"change": {"ghost": {}}}, "#/change/ghost", "names no rule"),
        ({"change": {"cover-7-days": {"fact": "moon"}}}, "#/change/cover-7-days/fact", "no fact"),
        ({"change": {"cover-7-days": {"levels": {"bad": 1}}}}, "#/change/cover-7-days/levels", "no severity"),
        ({"change": {"cover-7-days": {"colour": "red"}}}, "/change/cover-7-days/colour", ""),
        ({"change": {"cover-7-days": {"words": "{cover_days:>9999999}"}}}, "#/change/cover-7-days/words", "write .0f"),
        ({"change": {"cover-7-days": {"words": "{cover_days.real}"}}}, "#/change/cover-7-days/words", "not known"),
        ({"change": {"cover-7-days": {"words": "{"}}}, "#/change/cover-7-days/words", "braces"),
        ({"rule": [DEAR, {**DEAR, "id": "b", "actions": ["dance"]}]}, "#/rule/1/actions", "no action"),
        ({"rule": [{**DEAR, "levels": {"watch": 2, "urgent": 1}}]}, "#/rule/0/levels", "get worse"),
        ({"rule": [{**DEAR, "when": [{"fact": "price"}]}]}, "#/rule/0/when", "compares once"),
        ({"rule": [{name: DEAR[name] for name in DEAR if name != "cause"}]}, "#/rule/0/cause", "missing"),
    ],
)
def test_what_is_wrong_with_a_rule_is_pointed_at_and_nothing_is_kept(client, put, body, pointer, told):
    answer = put(RULES, body)
    assert answer.status_code == 422
    assert any(item["pointer"].endswith(pointer) and told in item["message"] for item in answer.json()["errors"]), (
        answer.text
    )
    assert client.get(RULES).json()["version"] == 0


@pytest.mark.parametrize("path", [RULES, ROUTES])
def test_nobodys_change_is_overwritten_and_a_repeated_one_counts_once(client, put, path):
    body = (
        {"change": {"cover-7-days": {"enabled": True}}} if path == RULES else {"route": [{"name": "a", "url": SLACK}]}
    )
    first = put(path, body)
    again = put(path, body)
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    assert put(path, {}, 0, "k2").status_code == 412
    without = client.put(path, json={}, headers={"Idempotency-Key": "k3"})
    assert without.status_code == 428
    assert client.get(path).json()["version"] == 1


def test_routes_are_set_and_shown_without_their_addresses_and_keep_them(client, put, platform):
    body = {"route": [{"name": "team", "url": SLACK, "least": "urgent", "quiet_from": "20:00", "quiet_until": "07:00"}]}
    answer = put(ROUTES, body)
    assert answer.status_code == 200, answer.text
    (item,) = client.get(ROUTES).json()["items"]
    assert (item["kind"], item["source"], item["least"], item["quiet_from"]) == ("slack", "own", "urgent", "20:00")
    assert (
        put(ROUTES, {"route": [{"name": "team", "least": "critical", "owners": ["planner"]}]}, 1, "k2").status_code
        == 200
    )
    trail = client.get("/v1/audit").text
    assert "T1JJ3T3L2" not in trail + client.get(ROUTES).text + answer.text
    from serving.alerts.told_routes import told_of

    with platform.database.reading() as connection:
        (kept,) = told_of(connection, "local", platform.settings.home, {})
    assert (kept.route.url, kept.route.least, kept.route.owners) == (SLACK, "critical", ("planner",))


@pytest.mark.parametrize(
    ("route", "pointer", "told"),
    [
        ({"url": "json://example.org"}, "#/route/0/url", "use one of mailto"),
        ({"url": "mailto://u:p@localhost?to=a@example.org"}, "#/route/0/url", "not a public address"),
        ({"url": "mailto://u:p@example.org?smtp=127.0.0.1"}, "#/route/0/url", "not a public address"),
        ({"url": "mailtos://u:p@example.org?pgpkey=/etc/passwd"}, "#/route/0/url", "pgpkey="),
        ({"url": "slack://${SECRET}/b/c"}, "#/route/0/url", "only notify.toml may do"),
        ({"url": "slack://"}, "#/route/0/url", "no address"),
        ({}, "#/route/0/url", "missing"),
        ({"url": SLACK, "least": "bad"}, "#/route/0/least", "no severity"),
        ({"url": SLACK, "time_zone": "Mars/Olympus"}, "#/route/0/time_zone", "Europe/Berlin"),
        ({"url": SLACK, "quiet_from": "late"}, "/route/0/quiet_from", ""),
    ],
)
def test_a_route_goes_nowhere_that_a_tenant_may_not_send_to(put, route, pointer, told):
    answer = put(ROUTES, {"route": [{"name": "a", **route}]})
    assert answer.status_code == 422
    assert any(item["pointer"].endswith(pointer) and told in item["message"] for item in answer.json()["errors"]), (
        answer.text
    )
    assert SLACK not in answer.text


def test_who_may_only_read_sees_both_and_sets_neither(client, platform):
    reader = bearer(make_key(platform, "local", [Scope.FORECAST_READ]))
    writer = bearer(make_key(platform, "local", [Scope.FORECAST_READ, Scope.DATA_WRITE]))
    known = {"Idempotency-Key": "k", "If-Match": '"0"'}
    for path in (RULES, ROUTES):
        assert client.get(path, headers=reader).status_code == 200
        assert client.put(path, json={}, headers=reader | known).status_code == 403
    assert client.put(RULES, json={}, headers=writer | known).status_code == 200
    assert client.put(ROUTES, json={}, headers=writer | known).status_code == 403


def test_what_one_tenant_sets_another_does_not_see(client, platform, put):
    mine, rival = bearer(make_key(platform, "local")), bearer(make_key(platform, "rival"))
    assert put(ROUTES, {"route": [{"name": "acme", "url": SLACK}]}, **mine).status_code == 200
    assert client.get(ROUTES, headers=rival).json() == {"items": [], "version": 0}
    assert client.get(RULES, headers=rival).status_code == 404


def test_an_upload_keeps_the_rules_of_the_file_and_those_that_were_set(platform, client, put, tmp_path, shop):
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder)
    (folder / ALERT_RULES).write_text("[change.capacity]\nlevels = { watch = 0.5 }\n", encoding="utf-8")
    register_base(platform, folder)
    assert rule_of(client, "capacity")["source"] == "file"
    assert put(RULES, {"change": {"cover-7-days": {"enabled": True}}}).status_code == 200
    events = [{"date": "2024-08-01", "name": "fair"}]
    answer = client.post("/v1/datasets/default/tables/events", json=events, headers={"Idempotency-Key": "u"})
    assert answer.json()["version"] == 1, answer.text
    assert (rule_of(client, "capacity")["levels"], rule_of(client, "cover-7-days")["enabled"]) == ({"watch": 0.5}, True)


def test_the_command_line_asks_the_rules_that_were_set(client, put, platform, shop):
    assert put(RULES, {"rule": [DEAR]}).status_code == 200
    settings = replace(platform.settings, database_url=str(platform.database.engine.url))
    assert "always" in {rule.id for rule in local_rules(settings, shop)}
    elsewhere = replace(settings, database_url="sqlite:////nowhere/at/all.db")
    assert "always" not in {rule.id for rule in local_rules(elsewhere, shop)}
