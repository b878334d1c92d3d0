"""The kind of job `amazon-stock`: what lies in Amazon's warehouses, all pages of it, into files of the tenant."""

from collections.abc import Mapping
from typing import Any

from core.errors import MarketplaceError
from inventory.marketplace.fba_stock import fba_stock, next_token
from serving.access import Scope
from serving.jobs.job_results import FORMATS, job_folder, write_result
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun
from serving.marketplace.connected import connected

__all__ = ["AMAZON_STOCK"]

MOST_PAGES = 10_000


def _stock(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("stock", lambda: _read(run))
    return made


def _read(run: JobRun) -> dict[str, Any]:
    """Read all pages and write the table; a repeated step reads anew: tokens end after minutes."""
    partner = connected(run)
    place = partner.account.marketplace_ids[0]
    pages: list[Mapping[str, Any]] = []
    token, seen = None, set[str]()
    while len(pages) < MOST_PAGES:
        page = partner.get_inventory_summaries(place, token)
        pages.append(page)
        run.progress(f"{len(pages)} pages of stock", 0.5)
        token = next_token(page)
        if token is None:
            break
        if token in seen:
            raise MarketplaceError("the marketplace's pages of stock go round in a circle; read them again later")
        seen.add(token)
    table = fba_stock(pages)
    table.insert(0, "marketplace_id", place)
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    written = write_result(folder, "stock", table, list(run.request.get("formats") or FORMATS))
    return {"marketplace_id": place, "skus": len(table), "units": int(table["total"].sum()), "tables": [written]}


AMAZON_STOCK = JobKind("amazon-stock", Scope.DATA_WRITE, _stock)
"""Asked for by POST /v1/jobs/amazon-stock, and by schedules of this kind."""
