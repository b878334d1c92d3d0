"""The kind of job `reconcile`: compare all that channels show with what the hub told them (H08, H09).

Asked for by a schedule it is the nightly full reconciliation. A channel that cannot be asked is a refused item of the
job; the others are compared all the same.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from inventory.hub.channels import all_channels, find_channel
from inventory.marketplace.listing_report import LISTINGS_REPORT, listed_quantities
from inventory.marketplace.report_flow import ReportOrder
from serving.access import Scope
from serving.files import write_atomically
from serving.jobs.job_results import job_folder
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun, StepFailed
from serving.stock.adapters import adapter_of
from serving.stock.reconciling import reconcile_and_tell, report_facts

__all__ = ["RECONCILE"]

SETTLING = {"amazon": timedelta(minutes=15)}
"""How long a kind of channel may take to show what it has acknowledged; no source states Amazon's time."""


def _reconcile(run: JobRun) -> Mapping[str, Any]:
    channels: list[tuple[str, str]] = run.step("channels", partial(_channels, run))
    reports = []
    for number, (name, kind) in enumerate(channels):
        run.share = number / len(channels)
        try:
            read = _read_report(run, name) if kind == "amazon" else run.step(f"ask {name}", partial(_ask, run, name))
            reports.append(run.once(f"compare {name}", partial(_compare, run, name=name, kind=kind, read=read)))
        except StepFailed as failed:
            run.item_error(name, str(failed.error["code"]), str(failed.error["message"]))
    if channels and not reports:
        run.step("give up", _nobody_answered)
    return {"channels": reports}


def _channels(run: JobRun) -> list[tuple[str, str]]:
    """Return name and kind of the channels that are asked for; raises UnknownChannelError."""
    asked = run.request.get("channel")
    with run.database.reading() as connection:
        found = (
            all_channels(connection, run.job.tenant)
            if asked is None
            else [find_channel(connection, run.job.tenant, str(asked))]
        )
    return [(channel.channel, channel.kind) for channel in found]


def _ask(run: JobRun, name: str) -> dict[str, str]:
    """Ask the channel's adapter and keep the answer in a file of the job: it may be long."""
    with run.database.reading() as connection:
        channel = find_channel(connection, run.job.tenant, name)
    began = run.clock()
    shown = adapter_of(run.platform.settings)(run.job.tenant, channel).shown(channel)
    return _keep(run, name, began, shown)


def _read_report(run: JobRun, name: str) -> dict[str, str]:
    """Pull the report of all listings; what it shows is of no earlier moment than its order."""
    from serving.marketplace.connected import connected
    from serving.marketplace.report_job import fetch_report, pull_report

    partner = connected(run)
    began = datetime.fromisoformat(run.step(f"begin {name}", lambda: run.clock().isoformat()))
    _, ended = pull_report(run, partner, ReportOrder(LISTINGS_REPORT, partner.account.marketplace_ids))

    def read() -> dict[str, str]:
        document = fetch_report(run, partner, ended)
        return _keep(run, name, began, listed_quantities(document.data, document.charset))

    return run.step(f"read {name}", read)


def _keep(run: JobRun, name: str, began: datetime, shown: Mapping[str, int]) -> dict[str, str]:
    path = job_folder(run.platform.settings, run.job.tenant, run.job.id) / f"shown-{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda file: _fill(file, json.dumps(dict(shown), sort_keys=True)))
    return {"file": path.name, "began": began.isoformat()}


def _fill(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _compare(
    run: JobRun, connection: sa.Connection, *, name: str, kind: str, read: Mapping[str, str]
) -> dict[str, Any]:
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    shown: dict[str, int] = json.loads((folder / read["file"]).read_text(encoding="utf-8"))
    read_at = datetime.fromisoformat(read["began"]) - SETTLING.get(kind, timedelta(0))
    report = reconcile_and_tell(connection, run.job.tenant, name, shown, run.clock(), read_at)
    return report_facts(report) | {"href": f"/v1/channels/{name}/reconciliations/{report.id}"}


def _nobody_answered() -> Sequence[str]:
    raise StepFailed({"code": "channel.silent", "message": "no channel could be asked; see the errors", "errors": []})


RECONCILE = JobKind("reconcile", Scope.DATA_WRITE, _reconcile)
"""Asked for by POST /v1/jobs/reconcile, and by schedules of this kind."""
