"""Datasets: upload tables, read rows, versions and refused rows; and the products in them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from fillrate_client.answers.datasets import (
    DatasetAnswer,
    DatasetSettings,
    Product,
    SettingsAnswer,
    UploadAnswer,
    VersionAnswer,
)
from fillrate_client.jobs import Job, Jobs
from fillrate_client.transport import Transport

__all__ = ["Datasets"]

Rows = Sequence[Mapping[str, Any]]
LATER = {"Prefer": "respond-async"}


class Datasets:
    """`/v1/datasets` and `/v1/products`."""

    def __init__(self, transport: Transport, jobs: Jobs) -> None:
        self._transport = transport
        self._jobs = jobs

    def all(self) -> list[DatasetAnswer]:
        """Return the datasets."""
        return cast(list[DatasetAnswer], self._transport.json("GET", "/v1/datasets")["items"])

    def get(self, dataset: str) -> DatasetAnswer:
        """Show a dataset: version, tables, configuration, what answers for it."""
        return cast(DatasetAnswer, self._transport.json("GET", "/v1/datasets/{dataset}", dataset))

    def configure(self, dataset: str, body: DatasetSettings, key: str | None = None) -> SettingsAnswer:
        """Set the whole configuration; a dataset that is not there is made."""
        return cast(SettingsAnswer, self._transport.json("PUT", "/v1/datasets/{dataset}", dataset, json=body, key=key))

    def upload(
        self,
        dataset: str,
        table: str,
        rows: Rows | bytes,
        media_type: str = "text/csv",
        mode: Literal["write", "validate"] = "write",
        policy: Literal["atomic", "best-effort"] = "atomic",
        action: Literal["upsert", "replace"] = "upsert",
        key: str | None = None,
    ) -> UploadAnswer:
        """Upload rows, as records or as the bytes of a file of `media_type`; `mode="validate"` only looks."""
        answer = self._send(
            dataset, table, rows, media_type, {"mode": mode, "policy": policy, "action": action}, key, {}
        )
        return cast(UploadAnswer, answer.json())

    def upload_later(
        self,
        dataset: str,
        table: str,
        rows: Rows | bytes,
        media_type: str = "text/csv",
        policy: Literal["atomic", "best-effort"] = "atomic",
        action: Literal["upsert", "replace"] = "upsert",
        key: str | None = None,
    ) -> Job:
        """Upload rows as a job."""
        return self._jobs.of(
            self._send(dataset, table, rows, media_type, {"policy": policy, "action": action}, key, LATER)
        )

    def rows(self, dataset: str, table: str, updated_since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Yield a table's rows, or those changed since."""
        query = {"updated_since": updated_since, "limit": 500}
        return self._transport.pages("/v1/datasets/{dataset}/tables/{table}", dataset, table, query=query)

    def versions(self, dataset: str) -> Iterator[VersionAnswer]:
        """Yield the versions, newest first."""
        return self._transport.pages("/v1/datasets/{dataset}/versions", dataset)

    def upload_answer(self, dataset: str, upload_id: str) -> UploadAnswer:
        """Show again what came of an upload."""
        path = "/v1/datasets/{dataset}/uploads/{upload_id}"
        return cast(UploadAnswer, self._transport.json("GET", path, dataset, upload_id))

    def refused_rows(self, dataset: str, upload_id: str) -> str:
        """Return the refused rows of an upload with their reasons, as CSV."""
        return self._transport.send("GET", "/v1/datasets/{dataset}/uploads/{upload_id}/errors", dataset, upload_id).text

    def products(self, dataset: str = "default") -> Iterator[Product]:
        """Yield the products."""
        return self._transport.pages("/v1/products", query={"dataset": dataset, "limit": 500})

    def _send(
        self,
        dataset: str,
        table: str,
        rows: Rows | bytes,
        media_type: str,
        query: Mapping[str, str],
        key: str | None,
        headers: Mapping[str, str],
    ) -> Any:
        body: dict[str, Any] = {"content": rows} if isinstance(rows, bytes) else {"json": list(rows)}
        told = {"Content-Type": media_type} if isinstance(rows, bytes) else {}
        path = "/v1/datasets/{dataset}/tables/{table}"
        return self._transport.send(
            "POST", path, dataset, table, query=query, headers={**told, **headers}, key=key, **body
        )
