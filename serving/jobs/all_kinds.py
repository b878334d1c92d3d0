"""The kinds of job that Fillrate's own workers know."""

from serving.alerts.alert_job import ALERTS_JOB
from serving.alerts.loop_job import SAFETY_STOCK_REVIEW
from serving.alerts.report_job import WEEKLY_REPORT
from serving.demand.promotion_job import PROMOTE
from serving.imports.report_job import REPORT
from serving.jobs.backtest_job import BACKTEST
from serving.jobs.forecast_job import FORECAST
from serving.jobs.import_job import IMPORT
from serving.jobs.kinds import JobKinds
from serving.jobs.planning_job import PLAN
from serving.jobs.training_job import TRAIN
from serving.jobs.tuning_job import TUNE
from serving.marketplace.feed_job import AMAZON_FEED
from serving.marketplace.report_job import AMAZON_REPORT
from serving.marketplace.stock_job import AMAZON_STOCK
from serving.stock.reconciliation_job import RECONCILE

__all__ = ["all_kinds"]


def all_kinds() -> JobKinds:
    """Return them by name."""
    channels = (AMAZON_REPORT, AMAZON_STOCK, AMAZON_FEED, RECONCILE)
    models = (TRAIN, BACKTEST, TUNE, PROMOTE)
    reports = (ALERTS_JOB, WEEKLY_REPORT, SAFETY_STOCK_REVIEW)
    return JobKinds((*models, FORECAST, PLAN, IMPORT, REPORT, *reports, *channels))
