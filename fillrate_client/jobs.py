"""Jobs: ask for one, wait for its end, fetch what came of it; and schedules."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import httpx

from fillrate_client.answers.jobs import (
    AmazonFeedJobRequest,
    AmazonReportJobRequest,
    AmazonStockJobRequest,
    BacktestJobRequest,
    ForecastJobRequest,
    PlanJobRequest,
    ReconcileJobRequest,
    RefusedItem,
    ResultAnswer,
    ReviewJobRequest,
    ScheduleAnswer,
    ScheduleRequest,
    TrainJobRequest,
    TuneJobRequest,
    WeeklyReportJobRequest,
)
from fillrate_client.answers.shared import JobAnswer
from fillrate_client.problem import JobFailedError, JobTimeoutError
from fillrate_client.transport import Transport

__all__ = ["Job", "Jobs", "Schedules"]

ENDED = ("succeeded", "partially_succeeded", "failed", "cancelled")
LOOK_SECONDS = 1.0
"""Between two looks at a job, where the service does not say Retry-After."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was when it was asked for or looked at; `facts` is the whole answer."""

    facts: JobAnswer
    jobs: "Jobs" = field(repr=False)

    @property
    def id(self) -> str:
        """Its id."""
        return self.facts["id"]

    @property
    def state(self) -> str:
        """Where it stands: queued, running, succeeded, partially_succeeded, failed, cancelled."""
        return str(self.facts["state"])

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.state in ENDED

    def wait(self, timeout: float = 3600.0, tell: Callable[["Job"], None] | None = None) -> "Job":
        """Return the job when it has a result; `tell` sees it at every look.

        Raises JobFailedError where it failed or was cancelled, JobTimeoutError after `timeout` seconds.
        """
        return self.jobs.wait(self, timeout, tell)

    def result(self) -> ResultAnswer:
        """Return what came of it: facts by kind, and its tables."""
        return cast(ResultAnswer, self.jobs.transport.json("GET", "/v1/jobs/{job_id}/result", self.id))

    def file(self, name: str) -> bytes:
        """Return a file of the result, such as `plan.csv`."""
        return self.jobs.transport.send("GET", "/v1/jobs/{job_id}/result/{file}", self.id, name).content

    def refused(self) -> Iterator[RefusedItem]:
        """Yield the items that it could not do."""
        return self.jobs.transport.pages("/v1/jobs/{job_id}/errors", self.id, items="errors")


class Jobs:
    """`/v1/jobs`."""

    def __init__(self, transport: Transport, clock: Callable[[], float] = time.monotonic) -> None:
        self.transport = transport
        self._clock = clock

    def train(self, body: TrainJobRequest | None = None, key: str | None = None) -> Job:
        """Train a model."""
        return self.of(self.transport.send("POST", "/v1/jobs/train", json=body or {}, key=key))

    def forecast(self, body: ForecastJobRequest | None = None, key: str | None = None) -> Job:
        """Forecast all series, or those of some SKUs, into files."""
        return self.of(self.transport.send("POST", "/v1/jobs/forecast", json=body or {}, key=key))

    def plan(self, body: PlanJobRequest | None = None, key: str | None = None) -> Job:
        """Plan the orders of all series, or of some SKUs, and store the proposals."""
        return self.of(self.transport.send("POST", "/v1/jobs/plan", json=body or {}, key=key))

    def backtest(self, body: BacktestJobRequest | None = None, key: str | None = None) -> Job:
        """Score models at rolling origins of the history."""
        return self.of(self.transport.send("POST", "/v1/jobs/backtest", json=body or {}, key=key))

    def tune(self, body: TuneJobRequest | None = None, key: str | None = None) -> Job:
        """Search for better training settings; `settings_of` of a training job uses them."""
        return self.of(self.transport.send("POST", "/v1/jobs/tune", json=body or {}, key=key))

    def weekly_report(self, body: WeeklyReportJobRequest | None = None, key: str | None = None) -> Job:
        """Make the week's report."""
        return self.of(self.transport.send("POST", "/v1/jobs/weekly-report", json=body or {}, key=key))

    def reconcile(self, body: ReconcileJobRequest | None = None, key: str | None = None) -> Job:
        """Compare all that one channel, or every channel, shows."""
        return self.of(self.transport.send("POST", "/v1/jobs/reconcile", json=body or {}, key=key))

    def amazon_report(self, body: AmazonReportJobRequest, key: str | None = None) -> Job:
        """Pull a report from Amazon."""
        return self.of(self.transport.send("POST", "/v1/jobs/amazon-report", json=body, key=key))

    def amazon_stock(self, body: AmazonStockJobRequest | None = None, key: str | None = None) -> Job:
        """Read the stock in Amazon's warehouses."""
        return self.of(self.transport.send("POST", "/v1/jobs/amazon-stock", json=body or {}, key=key))

    def amazon_feed(self, body: AmazonFeedJobRequest, key: str | None = None) -> Job:
        """Tell a channel at Amazon all its quantities."""
        return self.of(self.transport.send("POST", "/v1/jobs/amazon-feed", json=body, key=key))

    def safety_stock_review(self, body: ReviewJobRequest | None = None, key: str | None = None) -> Job:
        """Review suggestions, orders, receipts and service levels."""
        return self.of(self.transport.send("POST", "/v1/jobs/safety-stock-review", json=body or {}, key=key))

    def get(self, job_id: str) -> Job:
        """Look at a job."""
        return self.of(self.transport.send("GET", "/v1/jobs/{job_id}", job_id))

    def all(self, kind: str | None = None, state: str | None = None) -> Iterator[Job]:
        """Yield all jobs, newest first."""
        query = {"kind": kind, "state": state}
        for facts in self.transport.pages("/v1/jobs", items="jobs", query=query):
            yield Job(facts, self)

    def cancel(self, job_id: str, key: str | None = None) -> Job:
        """Ask that a job be stopped."""
        return self.of(self.transport.send("DELETE", "/v1/jobs/{job_id}", job_id, key=key))

    def of(self, answer: httpx.Response) -> Job:
        """Return the job that an answer tells of."""
        return Job(cast(JobAnswer, answer.json()), self)

    def wait(self, job: Job, timeout: float, tell: Callable[[Job], None] | None = None) -> Job:
        """Do what `Job.wait` says."""
        deadline = self._clock() + timeout
        while True:
            answer = self.transport.send("GET", "/v1/jobs/{job_id}", job.id)
            job = self.of(answer)
            if tell is not None:
                tell(job)
            if job.ended:
                return _with_result(job)
            told = answer.headers.get("Retry-After", "")
            wait = float(told) if told.isdecimal() else LOOK_SECONDS
            if self._clock() + wait > deadline:
                raise JobTimeoutError(f"job {job.id} is {job.state} after {timeout:g} s")
            self.transport.sleep(wait)


class Schedules:
    """`/v1/schedules`: jobs that come again and again."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, body: ScheduleRequest, key: str | None = None) -> ScheduleAnswer:
        """Make a schedule."""
        return cast(ScheduleAnswer, self._transport.json("POST", "/v1/schedules", json=body, key=key))

    def all(self) -> Iterator[ScheduleAnswer]:
        """Yield all schedules."""
        return self._transport.pages("/v1/schedules", items="schedules")

    def get(self, name: str) -> ScheduleAnswer:
        """Show a schedule."""
        return cast(ScheduleAnswer, self._transport.json("GET", "/v1/schedules/{name}", name))

    def delete(self, name: str, key: str | None = None) -> None:
        """Delete a schedule."""
        self._transport.send("DELETE", "/v1/schedules/{name}", name, key=key)


def _with_result(job: Job) -> Job:
    if job.state in ("failed", "cancelled"):
        error: dict[str, Any] = dict(job.facts.get("error") or {})
        raise JobFailedError(job.id, job.state, str(error.get("code", "")), str(error.get("message", "")))
    return job
