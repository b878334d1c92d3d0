"""Marketplace reports and other exports, imported as they are."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fillrate_client.answers.imports import ImportAnswer, ImportKind, ImportSummary
from fillrate_client.jobs import Job, Jobs
from fillrate_client.transport import Transport

__all__ = ["Imports"]


class Imports:
    """`/v1/imports`."""

    def __init__(self, transport: Transport, jobs: Jobs) -> None:
        self._transport = transport
        self._jobs = jobs

    def kinds(self) -> list[ImportKind]:
        """Return the kinds of report that can be imported."""
        return cast(list[ImportKind], self._transport.json("GET", "/v1/import-kinds")["items"])

    def create(
        self,
        kind: str,
        data: bytes,
        media_type: str = "text/csv",
        words: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> ImportAnswer | Job:
        """Import a report; a large one becomes a job. words: further query parameters, such as `dataset` or `mode`."""
        query, told = {"kind": kind, **(words or {})}, {"Content-Type": media_type}
        answer = self._transport.send("POST", "/v1/imports", content=data, query=query, headers=told, key=key)
        return self._jobs.of(answer) if answer.status_code == 202 else cast(ImportAnswer, answer.json())

    def all(self, kind: str | None = None) -> Iterator[ImportSummary]:
        """Yield the imports, newest first."""
        return self._transport.pages("/v1/imports", query={"kind": kind})

    def get(self, import_id: str) -> ImportAnswer:
        """Show what came of an import."""
        return cast(ImportAnswer, self._transport.json("GET", "/v1/imports/{import_id}", import_id))

    def refused_rows(self, import_id: str) -> str:
        """Return the refused rows with their reasons, as CSV."""
        return self._transport.send("GET", "/v1/imports/{import_id}/errors", import_id).text

    def table(self, import_id: str, table: str) -> str:
        """Return a table that it made, as CSV."""
        return self._transport.send("GET", "/v1/imports/{import_id}/tables/{table}", import_id, table).text
