"""Alerts, the drafts of actions that come of them, the health score and the weekly report."""

from collections.abc import Iterator
from datetime import date
from typing import Literal, cast

from fillrate_client.answers.alerts import (
    AlertAnswer,
    AlertDetail,
    AlertRulesAnswer,
    AlertRulesBody,
    AlertsHealthAnswer,
    ClosedLoopAnswer,
    DraftAnswer,
    EvaluationAnswer,
    NoticeRoutesAnswer,
    NoticeRoutesBody,
    ReportAnswer,
)
from fillrate_client.transport import Transport

__all__ = ["Alerts", "Reports"]


class Alerts:
    """`/v1/alerts` and `/v1/action-drafts`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def evaluate(self, dataset: str = "default", key: str | None = None) -> EvaluationAnswer:
        """Look at everything now."""
        path, query = "/v1/alerts/evaluations", {"dataset": dataset}
        return cast(EvaluationAnswer, self._transport.json("POST", path, query=query, key=key))

    def all(
        self,
        status: str | None = None,
        severity: str | None = None,
        cause: str | None = None,
        sku: str | None = None,
        dataset: str = "default",
    ) -> Iterator[AlertAnswer]:
        """Yield alerts, the worst first."""
        query = {"status": status, "severity": severity, "cause": cause, "sku": sku, "dataset": dataset}
        return self._transport.pages("/v1/alerts", query=query)

    def get(self, alert_id: str, dataset: str = "default") -> AlertDetail:
        """Show an alert and its history."""
        query = {"dataset": dataset}
        return cast(AlertDetail, self._transport.json("GET", "/v1/alerts/{alert_id}", alert_id, query=query))

    def rules(self, dataset: str = "default") -> AlertRulesAnswer:
        """Show the rules that watch a dataset, and what of them the tenant has set."""
        return cast(AlertRulesAnswer, self._transport.json("GET", "/v1/alert-rules", query={"dataset": dataset}))

    def put_rules(
        self, body: AlertRulesBody, version: int, dataset: str = "default", key: str | None = None
    ) -> AlertRulesAnswer:
        """Set a dataset's own rules, all of them; version: of what was read."""
        known, query = {"If-Match": f'"{version}"'}, {"dataset": dataset}
        answer = self._transport.json("PUT", "/v1/alert-rules", json=body, query=query, headers=known, key=key)
        return cast(AlertRulesAnswer, answer)

    def routes(self) -> NoticeRoutesAnswer:
        """Show who is told, without the addresses."""
        return cast(NoticeRoutesAnswer, self._transport.json("GET", "/v1/notification-routes"))

    def put_routes(self, body: NoticeRoutesBody, version: int, key: str | None = None) -> NoticeRoutesAnswer:
        """Set the tenant's own routes, all of them; version: of what was read."""
        known = {"If-Match": f'"{version}"'}
        answer = self._transport.json("PUT", "/v1/notification-routes", json=body, headers=known, key=key)
        return cast(NoticeRoutesAnswer, answer)

    def snooze(
        self, read: AlertAnswer, until: date, note: str = "", dataset: str = "default", key: str | None = None
    ) -> AlertDetail:
        """Be quiet about an alert until a day."""
        path, known = "/v1/alerts/{alert_id}/snooze", {"If-Match": f'"{read["version"]}"'}
        body, query = {"until": until.isoformat(), "note": note}, {"dataset": dataset}
        answer = self._transport.json("POST", path, read["alert_id"], json=body, query=query, headers=known, key=key)
        return cast(AlertDetail, answer)

    def draft(self, alert_id: str, dataset: str = "default", key: str | None = None) -> DraftAnswer:
        """Make a draft of the action that an alert suggests."""
        path, query = "/v1/alerts/{alert_id}/draft", {"dataset": dataset}
        return cast(DraftAnswer, self._transport.json("POST", path, alert_id, query=query, key=key))

    def drafts(self, status: str | None = None, dataset: str = "default") -> list[DraftAnswer]:
        """Return the drafts of actions."""
        query = {"status": status, "dataset": dataset}
        return cast(list[DraftAnswer], self._transport.json("GET", "/v1/action-drafts", query=query)["items"])

    def decide(self, read: DraftAnswer, decision: str, dataset: str = "default", key: str | None = None) -> DraftAnswer:
        """Approve, reject or export a draft as it was read."""
        path, known = "/v1/action-drafts/{draft_id}/decision", {"If-Match": f'"{read["version"]}"'}
        body, query = {"decision": decision}, {"dataset": dataset}
        answer = self._transport.json("POST", path, read["draft_id"], json=body, query=query, headers=known, key=key)
        return cast(DraftAnswer, answer)


class Reports:
    """`/v1/health-score` and `/v1/reports`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def health(self, by: str = "all", limit: int = 100, dataset: str = "default") -> AlertsHealthAnswer:
        """Score the stock, lowest first, by all, category, location, sku or series."""
        query = {"by": by, "limit": limit, "dataset": dataset}
        return cast(AlertsHealthAnswer, self._transport.json("GET", "/v1/health-score", query=query))

    def weekly(self, dataset: str = "default") -> ReportAnswer:
        """Return the week's report as data."""
        return cast(ReportAnswer, self._transport.json("GET", "/v1/reports/weekly", query={"dataset": dataset}))

    def closed_loop(self, dataset: str = "default") -> ClosedLoopAnswer:
        """Return what became of suggestions, lead times as seen, and the review of service levels."""
        query = {"dataset": dataset}
        return cast(ClosedLoopAnswer, self._transport.json("GET", "/v1/reports/closed-loop", query=query))

    def weekly_file(self, form: Literal["html", "xlsx"], dataset: str = "default") -> bytes:
        """Return the week's report as page or workbook."""
        return self._transport.send("GET", "/v1/reports/weekly", query={"format": form, "dataset": dataset}).content
