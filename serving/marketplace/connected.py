"""The selling partner that a job works with: the tenant's account, and waiting that notices a cancelled job."""

import os
import time

from serving.jobs.run import JobRun
from serving.marketplace.account import account_of
from serving.marketplace.selling_partner import SellingPartner

__all__ = ["connected", "wait_in"]

LOOK_SECONDS = 0.5


def connected(run: JobRun) -> SellingPartner:
    """Return the account's operations; raises ConfigurationError where the tenant has no account."""
    settings = run.platform.settings
    account = account_of(settings, run.job.tenant, os.environ)
    return SellingPartner(account, settings.private_targets, lambda seconds: wait_in(run, "waiting", seconds))


def wait_in(run: JobRun, words: str, seconds: float) -> None:
    """Wait; raises JobCancelled as soon as somebody cancels the job."""
    until = time.monotonic() + seconds
    while True:
        run.progress(words, run.share)
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, LOOK_SECONDS))
