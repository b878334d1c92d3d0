"""What planners decide on the page, in headless Chromium: what if, edit and approve, export, import, promote."""

import csv
import json
import re

import pytest

pytestmark = pytest.mark.slow

LONG = 300_000
"""Milliseconds that a job may take on a busy machine."""


@pytest.fixture
def tabs(browser, desk_served):
    """Opens tabs, each of a fresh profile; what a console calls an error fails the test."""
    said, profiles = [], []

    def tab():
        profile = browser.new_context(base_url=desk_served, viewport={"width": 1400, "height": 950}, locale="en-GB")
        profile.set_default_timeout(30_000)
        profiles.append(profile)
        made = profile.new_page()
        made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        made.on("pageerror", lambda error: said.append(str(error)))
        return made

    yield tab
    for profile in profiles:
        profile.close()
    wrong = [
        line for line in said if "Failed to load resource" not in line and "Response Status Error Code" not in line
    ]
    assert not wrong, json.dumps(wrong, indent=1)


def drafts(client):
    items = client.get("/v1/proposals", params={"state": "draft", "limit": 500}).json()["items"]
    return sorted((item for item in items if item["quantity"] > 0), key=lambda item: item["sku"])


def stored(client, name):
    return client.get(f"/v1/proposals/{name}").json()


def test_what_if_everything_came_by_air(tabs, planned):
    tab = tabs()
    tab.goto("/ui/what-if?sku=SKU-00")
    table = tab.locator("#answer table").first
    before = table.inner_text()
    tab.get_by_label("Freight mode").select_option("air")
    tab.locator("#answer tr[data-sku=SKU-00] td", has_text="air").wait_for()
    tab.wait_for_url("**mode=air**")
    tab.get_by_label("Demand", exact=True).fill("50")
    tab.wait_for_url("**demand=50**")
    assert table.inner_text() != before
    tab.get_by_label("Name of the scenario").fill("All by air")
    tab.get_by_role("button", name="Save as a scenario").click()
    row = tab.locator("tr[data-scenario]", has_text="All by air").first
    row.wait_for()
    row.get_by_role("checkbox").check()
    tab.get_by_role("button", name="Compare the selected").click()
    tab.locator("#comparison", has_text="All by air").wait_for()
    tab.on("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="Promote").click()
    tab.wait_for_url("**/ui/proposals")
    tab.locator("tr[data-sku=SKU-00]").wait_for()
    ways = {item["mode"] for item in drafts(planned) if item["sku"] == "SKU-00"}
    assert ways == {"air"}


def test_edit_at_live_cost_and_approve_by_keyboard_and_mouse(tabs, planned):
    tab = tabs()
    item = drafts(planned)[-1]
    tab.goto("/ui/proposals")
    row = tab.locator(f"#p-{item['proposal_id']}")
    cost = tab.locator(f"#saving-{item['proposal_id']}")
    before = cost.inner_text()
    wanted = item["quantity"] + 4 * item["case_pack"]
    box = row.get_by_label(f"Quantity of {item['sku']}")
    box.fill(str(wanted + 1))
    row.get_by_text("Not possible").wait_for() if item["case_pack"] > 1 else None
    box.fill(str(wanted))
    tab.wait_for_function(
        """([id, old]) => {
            const shown = document.getElementById(id).innerText;
            return shown !== old && !shown.startsWith("–");
        }""",
        arg=[f"saving-{item['proposal_id']}", before],
    )
    assert stored(planned, item["proposal_id"])["quantity"] == item["quantity"]
    box.press("Enter")
    row.get_by_text(re.compile("Edited, plan")).wait_for()
    after = stored(planned, item["proposal_id"])
    assert (after["quantity"], after["edited"]) == (wanted, True)
    row.get_by_role("button", name="Approve").click()
    row.get_by_text("Approved").wait_for()
    assert stored(planned, item["proposal_id"])["state"] == "approved"


def test_two_planners_at_once_overwrite_nothing(tabs, planned):
    first, second = tabs(), tabs()
    item = drafts(planned)[0]
    for tab in (first, second):
        tab.goto("/ui/proposals")
    row, other = (tab.locator(f"#p-{item['proposal_id']}") for tab in (first, second))
    row.get_by_label("Quantity of").fill(str(item["quantity"] + item["case_pack"]))
    row.get_by_role("button", name="Save").click()
    row.get_by_text(re.compile("Edited, plan")).wait_for()
    other.get_by_label("Quantity of").fill("0")
    other.get_by_role("button", name="Save").click()
    other.get_by_text("Somebody changed it meanwhile").wait_for()
    assert other.get_by_label("Quantity of").input_value() == str(item["quantity"] + item["case_pack"])
    assert stored(planned, item["proposal_id"])["quantity"] == item["quantity"] + item["case_pack"]


def test_many_are_approved_made_orders_and_exported(tabs, planned):
    tab = tabs()
    tab.goto("/ui/proposals")
    tab.get_by_label("All shown").check()
    tab.locator("#many").get_by_role("button", name="Approve").click()
    tab.locator("#board .notice.good").wait_for()
    tab.get_by_role("button", name="Make orders of what is approved").click()
    order = tab.locator("#orders tr[data-order]").first
    order.wait_for()
    with tab.expect_download() as waiting:
        order.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(waiting.value.path().read_text(encoding="utf-8").splitlines()))
    told = planned.get(f"/v1/purchase-order-drafts/{rows[0]['draft_id']}").json()
    assert told["state"] == "exported"
    assert [(row["sku"], int(row["quantity"])) for row in rows] == [
        (line["sku"], line["quantity"]) for line in told["lines"]
    ]
    with tab.expect_download() as waiting:
        tab.get_by_role("link", name="XLSX").click()
    assert waiting.value.suggested_filename.endswith(".xlsx")
    for order in planned.get("/v1/purchase-order-drafts").json()["items"]:
        if order["state"] in ("draft", "exported"):
            headers = {"Idempotency-Key": order["draft_id"] + "x", "If-Match": f'"{order["version"]}"'}
            planned.post(
                f"/v1/purchase-order-drafts/{order['draft_id']}/cancel", json={"reason": "test"}, headers=headers
            )


def test_a_bad_file_is_mended(tabs, planned, tmp_path):
    tab = tabs()
    tab.context.add_cookies([{"name": "fillrate_dataset", "value": "mended", "url": f"{planned.base_url}/ui"}])
    tab.goto("/ui/data")
    file = tmp_path / "sales.csv"
    file.write_text("sku,date,units\nA,2024-07-01,3\nB,someday,4\n", encoding="utf-8")
    tab.get_by_label("Drop a file here").set_input_files(file)
    tab.get_by_role("button", name="Import").click()
    report = tab.locator("#report")
    report.get_by_text("Refused: nothing was written.").wait_for()
    assert "someday" in report.inner_text()
    file.write_text("sku,date,units\nA,2024-07-01,3\nB,2024-07-02,4\n", encoding="utf-8")
    tab.get_by_label("Drop a file here").set_input_files(file)
    tab.get_by_role("button", name="Import").click()
    report.get_by_text(re.compile("Imported|Nothing new")).wait_for()
    tab.locator("li[data-table=sales]", has_text="2 rows").wait_for()


def test_a_model_is_trained_and_put_through_the_gate(tabs, planned):
    tab = tabs()
    tab.goto("/ui/data/models")
    tab.locator("tr[data-version]").first.wait_for(timeout=LONG)
    count = tab.locator("tr[data-version]").count()
    tab.get_by_role("button", name="Train a model").click()
    tab.locator("#models .job", has_text=re.compile("Done|Failed")).wait_for(timeout=LONG)
    tab.reload()
    tab.locator("tr[data-version]").nth(count).wait_for(timeout=LONG)
    tab.get_by_role("button", name="Promote through the gate").first.click()
    tab.locator("#models .job", has_text=re.compile("Done|Failed")).wait_for(timeout=LONG)
    job = planned.get("/v1/jobs", params={"kind": "promote"}).json()["jobs"][0]
    assert job["state"] == "succeeded"
    promoted = planned.get(f"/v1/jobs/{job['id']}/result").json()["promoted"]
    tab.goto("/ui/data/jobs")
    row = tab.locator(f"tr[data-job='{job['id']}']")
    row.get_by_role("button", name="Details").click()
    row.get_by_text("Promoted" if promoted else "The gate refused; the champion stays", exact=True).wait_for()


def test_a_rule_is_changed_and_an_order_approved_by_the_keyboard_alone(tabs, planned):
    tab = tabs()
    tab.goto("/ui/data/alerts")
    row = tab.locator("#rule-cover-7-days")
    row.get_by_role("button", name="Change cover-7-days").focus()
    tab.keyboard.press("Enter")
    tab.locator("#rule-cover-7-days input[name=enabled]:focus").wait_for()
    tab.keyboard.press("Space")
    for _ in range(3):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.name") == "urgent"
    tab.keyboard.press("ControlOrMeta+a")
    tab.keyboard.type("9")
    tab.keyboard.press("Enter")
    tab.get_by_text("It is saved.").wait_for()
    assert tab.evaluate("document.activeElement.textContent") == "Change"
    rules = {item["id"]: item for item in planned.get("/v1/alert-rules").json()["items"]}
    assert (rules["cover-7-days"]["enabled"], rules["cover-7-days"]["levels"]) == (True, {"urgent": 9.0})
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="As it was shipped").focus()
    tab.keyboard.press("Enter")
    tab.locator("#rule-cover-7-days", has_text="It is saved.").wait_for()
    assert planned.get("/v1/alert-rules").json()["own"] in ({}, {"change": {}})
    first = drafts(planned)[0]
    tab.goto("/ui/proposals")
    tab.locator(f"#p-{first['proposal_id']} input[name=quantity]").focus()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    while tab.evaluate("document.activeElement.textContent").strip() != "Approve":
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.locator(f"#p-{first['proposal_id']}.state-approved").wait_for()
    assert stored(planned, first["proposal_id"])["state"] == "approved"


def test_a_route_is_added_and_its_address_is_never_on_the_page_again(tabs, planned):
    tab = tabs()
    tab.goto("/ui/data/alerts")
    tab.get_by_text("Add or change a route").click()
    tab.locator("#routes").get_by_label("Name").fill("team")
    tab.get_by_label("Address").fill("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    tab.get_by_role("button", name="Save").click()
    tab.get_by_text("The route team is saved.").wait_for()
    assert "T1JJ3T3L2" not in tab.content()
    tab.once("dialog", lambda dialog: dialog.accept())
    tab.locator("tr[data-route=team]").get_by_role("button", name="Remove").click()
    tab.get_by_text("The route team is removed.").wait_for()


def test_a_rule_of_ones_own_is_written_and_a_mistake_in_it_is_pointed_at(tabs, planned):
    tab = tabs()
    tab.goto("/ui/data/alerts")
    tab.get_by_text("All that is set, and rules of your own").click()
    text = tab.locator("#own-form textarea")
    text.fill('[change.cover-7-days]\nlevels = { urgent = "moon" }\n')
    tab.get_by_role("button", name="Check and save").click()
    tab.locator("#own-form [role=alert]", has_text="#/change/cover-7-days/levels").wait_for()
    assert "moon" in text.input_value()
    text.fill("")
    tab.get_by_role("button", name="Check and save").click()
    tab.wait_for_url("**/ui/data/alerts")


def test_the_champions_backtest_is_drawn_with_its_numbers(tabs, planned):
    tab = tabs()
    tab.goto("/ui/data/models")
    tab.get_by_role("heading", name=re.compile("Backtest of version")).wait_for()
    assert tab.locator("#card-text svg").count() == 3
    tab.locator("#card-text details summary").first.click()
    assert tab.locator("#card-text table").first.is_visible()
