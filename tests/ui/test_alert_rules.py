"""Alert rules and notification routes on the page: changed, put back, edited as text, told when somebody was faster."""

import re

import pytest

from monitoring.rule import shipped_rules
from serving.access import Scope
from serving.alerts.told_routes import ROUTES_FILE
from serving.demand.datasets import register_base
from serving.ui.rule_text import rules_text
from serving.ui.visit import CSRF_HEADER
from tests.services import bearer, make_key
from tests.ui.reading import Reader

PAGE = "/ui/data/alerts"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.fixture
def platform(platform, shop):
    register_base(platform, shop)
    return platform


@pytest.fixture
def send(client):
    def post(path, headers=None, **fields):
        token = re.search(r'X-CSRF-Token": "([0-9a-f]+)', client.get("/ui/sign-in").text).group(1)
        sent = {CSRF_HEADER: token, "HX-Request": "true", **(headers or {})}
        return client.post(f"{PAGE}{path}", data=fields, headers=sent)

    return post


def rule_of(client, name):
    return next(item for item in client.get("/v1/alert-rules").json()["items"] if item["id"] == name)


def form_of(look, name):
    """The fields of a rule's form as a browser would send them."""
    form = look(f"{PAGE}/rules/{name}/edit").one("form")
    return {
        item.attributes["name"]: item.attributes.get("value", "")
        for item in form.all("input")
        if item.attributes.get("type") != "checkbox" or "checked" in item.attributes
    }


def test_rules_are_those_that_watch_the_dataset(look):
    page = look(PAGE)
    shown = [row.attributes["data-rule"] for row in page.all("tr") if "data-rule" in row.attributes]
    assert shown == [rule.id for rule in shipped_rules()]
    assert "Nobody is told" in page.one("main").text


def test_a_rule_is_switched_on_with_another_limit_and_put_back(client, look, send):
    fields = form_of(look, "cover-7-days")
    assert (fields["urgent"], fields["critical"], fields["version"]) == ("7", "", "0")
    assert "enabled" not in fields
    answer = send("/rules/cover-7-days", **fields | {"enabled": "true", "urgent": "10,5", "owner": "purchasing"})
    row = Reader.of(answer.text).one("tr", id="rule-cover-7-days").text
    assert "urgent 10.5" in row
    assert "set here" in row
    assert "It is saved" in row
    changed = rule_of(client, "cover-7-days")
    assert (changed["enabled"], changed["levels"], changed["owner"]) == (True, {"urgent": 10.5}, "purchasing")
    own = client.get("/v1/alert-rules").json()["own"]
    assert own == {"change": {"cover-7-days": {"enabled": True, "levels": {"urgent": 10.5}, "owner": "purchasing"}}}
    again = form_of(look, "cover-7-days")
    assert again["enabled"] == "true"
    assert send("/rules/cover-7-days/unset", once="back", version=again["version"]).status_code == 200
    assert rule_of(client, "cover-7-days")["source"] == "shipped"


def test_who_was_slower_sees_the_rule_as_it_is_now_and_overwrites_nothing(client, look, send):
    slow = form_of(look, "cover-7-days")
    fast = form_of(look, "cover-7-days")
    send("/rules/cover-7-days", **fast | {"urgent": "9"})
    answer = send("/rules/cover-7-days", **slow | {"urgent": "5"})
    assert answer.status_code == 412
    row = Reader.of(answer.text).one("tr", id="rule-cover-7-days")
    assert "urgent 9" in row.text
    assert "was not saved" in row.one("p", role="alert").text
    assert rule_of(client, "cover-7-days")["levels"] == {"urgent": 9.0}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("urgent", "moon", "no fact"), ("urgent", "", "a table from severity"), ("watch", "2", "levels must get worse")],
)
def test_a_limit_that_makes_no_sense_is_refused_by_its_field(client, look, send, field, value, told):
    answer = send("/rules/cover-7-days", **form_of(look, "cover-7-days") | {field: value})
    assert answer.status_code == 422
    assert told in answer.text
    assert "/change/cover-7-days/levels" in answer.text
    assert client.get("/v1/alert-rules").json()["version"] == 0


def test_rules_of_ones_own_are_edited_as_text_and_what_is_wrong_keeps_the_text(client, look, send):
    text = '[[rule]]\nid = "dear"\ncause = "dear"\nscope = "series"\nfact = "stock_value"\nlevels = { watch = 5000 }\n'
    text += 'actions = ["review"]\nwords = "{stock_value:.0f} in stock"\n'
    assert look(f"{PAGE}/own").one("textarea").text == ""
    wrong = send("/own", once="a", version="0", text=text.replace("stock_value", "moon"))
    assert wrong.status_code == 422
    form = Reader.of(wrong.text)
    assert "#/rule/0/fact" in form.one("div", role="alert").text
    assert 'id = "dear"' in form.one("textarea").text
    assert "not readable as TOML" in send("/own", once="b", version="0", text="[[rule").text
    assert send("/own", once="c", version="0", text=text).headers["hx-redirect"] == PAGE
    assert rule_of(client, "dear")["levels"] == {"watch": 5000.0}
    assert "stock_value in stock" in look(PAGE).one("tr", id="rule-dear").text
    send("/rules/dear", **form_of(look, "dear") | {"watch": "100"})
    own = client.get("/v1/alert-rules").json()["own"]
    assert [(item["id"], item["levels"]) for item in own["rule"]] == [("dear", {"watch": 100.0})]
    assert look(f"{PAGE}/own").one("textarea").text == " ".join(rules_text(own).split())
    assert send("/own", once="d", version="0", text="").status_code == 412


def test_rules_speak_the_planners_language_until_somebody_changes_what_they_say(client, look, send):
    chinese = {"Accept-Language": "zh"}
    assert "库容" in look(PAGE, headers=chinese).one("tr", id="rule-capacity").text
    send("/own", once="a", version="0", text='[change.capacity]\nwords = "full: {volume_share:.0%}"\n')
    assert "full: volume_share" in look(PAGE, headers=chinese).one("tr", id="rule-capacity").text


def test_a_route_is_added_changed_and_removed_and_its_address_never_shown(client, look, send):
    fields = {"name": "team", "url": SLACK, "least": "urgent", "owners": "planner, purchasing"}
    hours = {"quiet_from": "20:00", "quiet_until": "07:00", "time_zone": "Europe/Berlin"}
    added = send("/routes", once="a", version="0", **fields, **hours)
    row = Reader.of(added.text).one("tr", data_route="team").text
    assert "slack urgent planner, purchasing – 20:00–07:00 Europe/Berlin" in row
    assert "T1JJ" not in added.text + look(PAGE).text
    changed = send("/routes", once="b", version="1", name="team", least="critical", digest_at="08:30")
    assert "critical everybody's 08:30 UTC" in Reader.of(changed.text).one("tr", data_route="team").text
    late = send("/routes/remove", once="c", version="1", name="team")
    assert (late.status_code, "was not saved" in Reader.of(late.text).one("p", role="alert").text) == (412, True)
    assert "Nobody is told" in send("/routes/remove", once="d", version="2", name="team").text
    assert "#/route/0/url" in send("/routes", once="e", version="3", name="x", url="json://127.0.0.1").text


def test_routes_are_shown_without_their_secrets_and_a_wrong_file_is_told(look, platform):
    file = platform.settings.home / ROUTES_FILE
    text = '[[route]]\nname = "team"\nurl = "slack://TokenA/TokenB/TokenC"\nleast = "urgent"\n'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    page = look(PAGE).one("main").text
    assert "team slack urgent" in page
    assert "Token" not in page
    file.write_text("[[route]]\n", encoding="utf-8")
    assert "notify.toml" in look(PAGE).one("p", role="alert").text


def test_who_may_only_read_is_offered_no_change_and_makes_none(client, platform, send):
    key = bearer(make_key(platform, "local", [Scope.FORECAST_READ]))
    page = Reader.of(client.get(PAGE, headers=key).text)
    assert "Change" not in [item.text for item in page.all("button")]
    assert not page.all("details", id="own-rules")
    for path in ("/rules/cover-7-days", "/rules/cover-7-days/unset", "/own", "/routes", "/routes/remove"):
        answer = send(path, key, once="k", version="0", name="x")
        assert (path, answer.status_code) == (path, 403)
