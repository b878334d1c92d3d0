"""Ask for jobs about channels: a report, the stock in Amazon's warehouses, a feed of quantities, a reconciliation."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.access import Caller, Scope, needs
from serving.jobs.job_answers import ASKED
from serving.jobs.job_schemas import (
    AmazonFeedJobRequest,
    AmazonReportJobRequest,
    AmazonStockJobRequest,
    ReconcileJobRequest,
)
from serving.jobs.submission import submit

__all__ = ["create_feed_job", "create_reconciliation_job", "create_report_job", "create_stock_job", "router"]

Writer = Annotated[Caller, needs(Scope.DATA_WRITE)]

router = APIRouter(prefix="/v1/jobs", tags=["marketplace"])


@router.post("/amazon-report", operation_id="createAmazonReportJob", **ASKED)
async def create_report_job(request: Request, caller: Writer, body: AmazonReportJobRequest) -> Response:
    """Order a report at Amazon as a job, which waits for it and keeps it among the tenant's files."""
    return await submit(request, caller, "amazon-report", body.facts(), body.natural_key)


@router.post("/amazon-stock", operation_id="createAmazonStockJob", **ASKED)
async def create_stock_job(request: Request, caller: Writer, body: AmazonStockJobRequest) -> Response:
    """Read the stock in Amazon's warehouses as a job, into files."""
    return await submit(request, caller, "amazon-stock", body.facts(), body.natural_key)


@router.post("/amazon-feed", operation_id="createAmazonFeedJob", **ASKED)
async def create_feed_job(request: Request, caller: Writer, body: AmazonFeedJobRequest) -> Response:
    """Tell a channel of kind amazon all its quantities as a job, in feeds of up to 10,000 listings."""
    return await submit(request, caller, "amazon-feed", body.facts(), body.natural_key)


@router.post("/reconcile", operation_id="createReconciliationJob", **ASKED)
async def create_reconciliation_job(request: Request, caller: Writer, body: ReconcileJobRequest) -> Response:
    """Compare all that one channel, or every channel, shows with what the hub told it; mend, hand over, or pause."""
    return await submit(request, caller, "reconcile", body.facts(), body.natural_key)
