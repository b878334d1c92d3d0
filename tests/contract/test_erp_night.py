"""A whole ERP night on a real `fillrate serve`, by our own client: tables in, orders out, receipts back, hooks told."""

import shutil
import sys
import time

import pytest
from standardwebhooks import Webhook

from fillrate_client import Client, Patience, ProblemError
from tests.contract.test_service import ROOT, environment_of, free_port, running, until_ready
from tests.homes import copy_home
from tests.serving.webhooks.receiver import Receiver


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def night(shop, trained_home, tmp_path):
    """A service with its workers on a home of its own, and a client of it."""
    home, port = tmp_path / "home", free_port()
    copy_home(trained_home, home)
    words = [sys.executable, "-m", "serving.cli", "serve", "--data", str(shop), "--port", str(port)]
    environment = environment_of(home, PYTHONPATH=str(ROOT), FILLRATE_PRIVATE_TARGETS="allow")
    base = f"http://127.0.0.1:{port}"
    with running(words, environment, tmp_path) as (server, log):
        until_ready(base, server, log)
        with Client(base, patience=Patience(tries=8)) as client:
            yield client
    shutil.rmtree(home, ignore_errors=True)


def until(found, seconds: float = 30.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def test_an_erp_night(night, receiver):
    secret = night.webhooks.create(receiver.url)["secret"]

    # Tables: a bad row is refused with its place, a good upload counts, and again changes nothing.
    stock = b"sku;date;on_hand\nSKU-00;2024-07-29;1,0\nSKU-11;2024-07-29;5,0\n"
    looked = night.datasets.upload("default", "stock", stock, mode="validate")
    assert (looked["mode"], looked["rows"]["updated"]) == ("validate", 2)
    with pytest.raises(ProblemError) as refused:
        night.datasets.upload("default", "stock", stock.replace(b"5,0", b"five"))
    assert refused.value.status == 422
    assert night.datasets.upload("default", "stock", stock, key="stock-1")["version"] == 1
    assert night.datasets.upload("default", "stock", stock, key="stock-1")["version"] == 1
    assert [row["on_hand"] for row in night.datasets.rows("default", "stock") if row["sku"] == "SKU-11"] == [5]

    # Plan as a job; a second one under the same key is the same job.
    job = night.jobs.plan({"natural_key": "night 2024-07-29"}, key="plan-1").wait(timeout=120)
    assert night.jobs.plan({"natural_key": "night 2024-07-29"}, key="plan-1").id == job.id
    assert job.result()["kind"] == "plan"
    assert job.file("plan.csv").startswith(b"proposal_id,")

    # Proposals: edit, approve, and what has changed meanwhile is refused.
    proposals = [one for one in night.proposals.all(state="draft") if one["quantity"] > 0]
    assert len(proposals) >= 2
    first = proposals[0]
    edited = night.proposals.edit(first, first["quantity"] + first["case_pack"], "promotion")
    assert edited["version"] == first["version"] + 1
    with pytest.raises(ProblemError) as stale:
        night.proposals.approve(first)
    assert (stale.value.status, stale.value.code) == (412, "precondition.failed")
    made = night.proposals.approve_all([edited, *proposals[1:]], atomic=True, reason="night run")
    assert (made["approved"], made["failed"]) == (len(proposals), 0)

    # Drafts: exported once, confirmed with the ERP's number, received.
    drafts = night.drafts.create(limits={"minimum_units": 1})
    assert sum(len(draft["lines"]) for draft in drafts) == len(proposals)
    for number, draft in enumerate(drafts):
        file = night.drafts.export(draft, {"format": "csv"})
        assert night.drafts.file(file).count(b"\n") == len(draft["lines"]) + 1
        confirmed = night.drafts.confirm(night.drafts.get(draft["draft_id"]), f"45000{number}")
        line = draft["lines"][0]
        receipt = {"sku": line["sku"], "location": "main", "date": "2024-08-05", "kind": "receipt"}
        recorded = night.stock.record("erp", [{**receipt, "units": line["quantity"], "reference": f"gr-{number}"}])
        assert recorded == {"new": 1, "repeated": 0}
        assert night.drafts.close(confirmed)["state"] == "closed"
        assert [row["available"] for row in night.stock.positions(line["sku"])] == [line["quantity"]]

    # Who did what; and every message arrived once and verifies.
    assert {"proposal.edit", "order.export"} & {entry["action"] for entry in night.access.audit()}
    wanted = {"plan.completed", "purchase_order_draft.created", "purchase_order_draft.exported", "proposal.approved"}
    types = until(lambda: _types(receiver, secret, wanted))
    assert wanted <= types


def _types(receiver: Receiver, secret: str, wanted: set[str]) -> set[str]:
    verified = {Webhook(secret).verify(body, headers)["type"] for headers, body in list(receiver.got)}
    return verified if wanted <= verified else set()
