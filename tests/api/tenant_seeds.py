"""What each area puts into a tenant before the tests over all routes look for leaks; an area adds its own function."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

import pandas as pd

from inventory.hub.channels import Channel, Listing, add_channel, add_listings
from inventory.hub.orders import OrderLine, accept_order
from inventory.hub.reconciliation import reconcile
from inventory.ledger.book import record as record_movements
from inventory.ledger.movement import Movement, MovementKind
from serving.access import Caller, Scope
from serving.access.keys import create_key
from serving.alerts.settings_store import Kind, keep_settings
from serving.alerts.store import Place
from serving.audit import record
from serving.demand.datasets import list_datasets
from serving.demand.uploads import Policy
from serving.imports.committing import commit_import
from serving.imports.import_request import ImportRequest, ImportWords
from serving.imports.preparing import prepare_import
from serving.jobs.asking import request_job
from serving.jobs.job import ItemError, JobState
from serving.jobs.job_results import job_folder, write_result
from serving.jobs.records import begin_job, end_job, note_item_errors
from serving.jobs.schedules import create_schedule
from serving.platform import Platform
from serving.proposals.decisions import Decision, decide
from serving.proposals.lifecycle import Event, OrderEvent
from serving.proposals.proposal_store import find_proposals
from serving.proposals.purchase_order import Limits
from serving.proposals.purchase_order_store import draft_orders, keep_file, move_order
from serving.proposals.run_store import store_plan
from serving.webhooks.endpoints import EventType, create_endpoint
from serving.webhooks.publishing import publish
from tests.api.demand_seeds import seed_demand
from tests.serving.proposals.desk import plan_run, suggestion

__all__ = ["MARK", "SEEDS"]

MARK = "ACME-ONLY"
"""Stands in every text that a seed writes: no other tenant may ever read it."""

Seed = Callable[[Platform, Caller], Mapping[str, str]]
"""Writes rows of the caller's tenant and returns values of path parameters that lead to them."""


def seed_access(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """A key and an entry in the trail."""
    with platform.database.transaction() as connection:
        key, _ = create_key(connection, caller.tenant, MARK, [Scope.ADMIN], platform.clock(), None)
        record(connection, caller, "thing.make", f"/v1/things/{MARK}", {"name": MARK}, platform.clock())
    return {"key_id": key.id}


def seed_stock(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """Stock, a channel that shows it, and an order."""
    now, sku = platform.clock(), f"SKU-{MARK}"
    receipt = Movement(sku, "main", now.date(), MovementKind.RECEIPT, 9, "erp", "r1", unit_cost=Decimal(2))
    with platform.database.transaction() as connection:
        record_movements(connection, caller.tenant, [receipt], now)
        add_channel(connection, caller.tenant, Channel("acme-shop", "file", "main"))
        add_listings(connection, caller.tenant, "acme-shop", [Listing(sku, MARK)], now)
        accept_order(connection, caller.tenant, "acme-shop", "acme-order", [OrderLine(sku, 2)], now)
        report = reconcile(connection, caller.tenant, "acme-shop", {f"{MARK}-2": 1}, now)
    return {"channel": "acme-shop", "order_id": "acme-order", "report_id": str(report.id)}


def seed_jobs(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """A job that has ended, with a result, a refused item and a file, and a schedule."""
    now = platform.clock()
    with platform.database.transaction() as connection:
        job = request_job(connection, caller, "forecast", {"skus": [MARK]}, MARK, now=now)
        begin_job(connection, job.id, now)
        note_item_errors(connection, job.id, [ItemError(MARK, "sku.unknown", MARK)])
        result = {"words": MARK, "tables": [{"table": "forecast", "rows": 1, "files": {"csv": 9}}]}
        kept = {"now": now, "expires_at": now + timedelta(days=1), "result": result}
        end_job(connection, job.id, JobState.SUCCEEDED, **kept)
        create_schedule(connection, caller, "acme-nightly", "forecast", {"skus": [MARK]}, "0 2 * * *", "UTC", now=now)
    write_result(
        job_folder(platform.settings, caller.tenant, job.id), "forecast", pd.DataFrame({"sku": [MARK]}), ["csv"]
    )
    return {"job_id": job.id, "file": "forecast.csv", "name": "acme-nightly"}


def seed_webhooks(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """An endpoint and a message for it."""
    now = platform.clock()
    with platform.database.transaction() as connection:
        endpoint, _ = create_endpoint(connection, caller.tenant, f"http://1.1.1.1/{MARK}", [], now, False)
        message_id = publish(connection, caller.tenant, EventType.TEST, {"name": MARK}, now)
    return {"endpoint_id": endpoint.endpoint_id, "message_id": message_id or ""}


def seed_proposals(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """A stored plan, a proposal to decide about, and an exported purchase-order draft of another one."""
    now = platform.clock()
    with platform.database.transaction() as connection:
        stored = store_plan(connection, caller, plan_run(), [suggestion(MARK), suggestion("A", supplier=MARK)], now)
        ordered, waiting = sorted(
            find_proposals(connection, caller.tenant, stored.created).values(), key=lambda r: r.sku
        )
        approved = decide(connection, caller, ordered, Decision(Event.APPROVE, MARK), now)
        (order,) = draft_orders(connection, caller, [approved], Limits(), now)
        move_order(connection, caller, order, OrderEvent.EXPORT, now)
        keep_file(connection, caller.tenant, order.draft_id, "csv", MARK.encode(), now)
    names = {"run_id": stored.run_id, "proposal_id": waiting.proposal_id}
    return {**names, "draft_id": order.draft_id, "form": "csv"}


def seed_imports(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """An imported report with a table of its own and a refused row."""
    text = f"charged_date\tstorage_type\tcharged_fee_amount\n2024-07-01\t{MARK}\t1.5\n2024-07-01\t{MARK}\t{MARK}\n"
    words = ImportWords("overage-fees", file=MARK, policy=Policy.BEST_EFFORT)
    made = prepare_import(platform, caller, ImportRequest(words, text.encode()))
    with platform.database.transaction() as connection:
        commit_import(platform, caller, made, connection)
    return {"import_id": made.import_id}


def seed_alert_settings(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """Rules and routes of its own."""
    now, url = platform.clock(), f"slack://T1JJ3T3L2/A1BRTD4JD/{MARK}"
    routes = {"route": [{"name": MARK, "url": url}]}
    with platform.database.transaction() as connection:
        keep_settings(connection, Place(caller.tenant, ""), Kind.ROUTES, routes, MARK, now)
        for dataset in list_datasets(platform, connection, caller.tenant):
            place = Place(caller.tenant, dataset.model_name)
            rules = {"change": {"cover-7-days": {"owner": MARK}}}
            keep_settings(connection, place, Kind.RULES, rules, MARK, now)
    return {}


SEEDS: tuple[Seed, ...] = (
    seed_imports,
    seed_webhooks,
    seed_access,
    seed_stock,
    seed_jobs,
    seed_proposals,
    lambda platform, caller: seed_demand(platform, caller, MARK),
    seed_alert_settings,
)
