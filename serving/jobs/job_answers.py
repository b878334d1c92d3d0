"""How a job is shown to a client: the documents, and the models that document them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from serving.documentation import problems_of
from serving.jobs.job import ItemError, Job, JobState
from serving.jobs.job_results import MEDIA_TYPES

__all__ = [
    "ASKED",
    "ItemErrorsAnswer",
    "JobAnswer",
    "JobError",
    "JobLinks",
    "JobsAnswer",
    "ProgressAnswer",
    "RefusedItem",
    "ResultAnswer",
    "ResultFile",
    "ResultTable",
    "item_errors_document",
    "job_document",
    "job_path",
    "result_document",
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProgressAnswer(_Answer):
    """How far a job is."""

    words: str = Field(examples=["planning 10,000 series"])
    share: float = Field(ge=0, le=1, examples=[0.4])


class JobError(_Answer):
    """Why a job failed: a code of ours, a sentence, and each broken rule of the data."""

    code: str = Field(examples=["data.invalid"])
    message: str
    errors: list[dict[str, str]] = []


class JobLinks(_Answer):
    """Where to go from here; null where there is nothing."""

    self: str
    result: str | None = None
    errors: str | None = None


class JobAnswer(_Answer):
    """One job."""

    id: str
    kind: str = Field(examples=["plan"])
    state: JobState
    progress: ProgressAnswer
    request: dict[str, Any]
    natural_key: str | None
    cancel_asked: bool
    refused_items: int = Field(description="Items that could not be done; `links.errors` lists them")
    error: JobError | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None = Field(description="Until when the result is kept; then 410")
    links: JobLinks


ASKED: Mapping[str, Any] = {
    "status_code": 202,
    "response_model": JobAnswer,
    "responses": {
        200: {"description": "The job has ended within Prefer: wait", "model": JobAnswer},
        **problems_of(404),
    },
}
"""What a route documents that asks for a job: `@router.post(…, **ASKED)`."""


class JobsAnswer(_Answer):
    """A page of jobs, newest first."""

    jobs: list[JobAnswer]
    next_cursor: str | None


class RefusedItem(_Answer):
    """One item that a job could not do."""

    item: str
    code: str
    message: str


class ItemErrorsAnswer(_Answer):
    """A page of refused items."""

    errors: list[RefusedItem]
    next_cursor: str | None


class ResultFile(_Answer):
    """One file of a result."""

    format: str
    media_type: str
    bytes: int
    href: str


class ResultTable(_Answer):
    """One table of a result, in the formats that were asked for."""

    table: str
    rows: int
    files: list[ResultFile]


class ResultAnswer(BaseModel):
    """What came of a job: facts by kind, and its tables."""

    model_config = ConfigDict(extra="allow")

    job: str
    kind: str
    tables: list[ResultTable] = []


def job_path(job_id: str) -> str:
    """Return where a job is."""
    return f"/v1/jobs/{job_id}"


def job_document(job: Job) -> dict[str, Any]:
    """Return the job as JSON."""
    here = job_path(job.id)
    done = job.state in (JobState.SUCCEEDED, JobState.PARTIALLY_SUCCEEDED)
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "progress": {"words": job.progress, "share": round(job.share, 4)},
        "request": dict(job.request),
        "natural_key": job.natural_key,
        "cancel_asked": job.cancel_asked,
        "refused_items": job.refused_items,
        "error": None if job.error is None else dict(job.error),
        "created_at": _moment(job.created_at),
        "started_at": _moment(job.started_at),
        "ended_at": _moment(job.ended_at),
        "expires_at": _moment(job.expires_at),
        "links": {
            "self": here,
            "result": f"{here}/result" if done else None,
            "errors": f"{here}/errors" if job.refused_items else None,
        },
    }


def result_document(job: Job) -> dict[str, Any]:
    """Return what came of a job, each file with its address."""
    facts = dict(job.result or {})
    here = f"{job_path(job.id)}/result"
    tables = [
        {
            "table": table["table"],
            "rows": table["rows"],
            "files": [
                {
                    "format": name,
                    "media_type": MEDIA_TYPES[name],
                    "bytes": size,
                    "href": f"{here}/{table['table']}.{name}",
                }
                for name, size in sorted(table["files"].items())
            ],
        }
        for table in facts.pop("tables", [])
    ]
    return {"job": job.id, "kind": job.kind, **facts, "tables": tables}


def item_errors_document(errors: list[ItemError]) -> list[dict[str, str]]:
    """Return refused items as JSON."""
    return [{"item": error.item, "code": error.code, "message": error.message} for error in errors]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
