"""What the demand room puts into a tenant before the tests over all routes look for leaks."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from inventory.upload_formats import UploadFormat
from serving.access import Caller
from serving.demand.issued import issue
from serving.demand.override_store import add_override
from serving.demand.scenario_store import add_scenario
from serving.demand.uploads import Policy, UploadRequest, commit, prepare
from serving.platform import Platform

__all__ = ["seed_demand"]


def seed_demand(platform: Platform, caller: Caller, mark: str) -> Mapping[str, str]:
    """A dataset with a good and a bad row, an override, an issued forecast and a scenario, all with the mark."""
    rows = [{"sku": mark, "date": "2024-07-01", "units": 1}, {"sku": mark, "date": mark, "units": 1}]
    body = json.dumps(rows).encode()
    asked = UploadRequest("acme-shop", "sales", UploadFormat.JSON, body, policy=Policy.BEST_EFFORT)
    made, now = prepare(platform, caller, asked), platform.clock()
    day = date(2024, 7, 1)
    override = {"kind": "replace", "sku": mark, "location": "*", "start": day, "end": day, "value": Decimal(1)}
    series = {"sku": mark, "location": "main", "periods": [{"date": "2024-07-01", "mean": 1.0}]}
    header = {"model": mark, "data": {"as_of": "2024-07-01"}, "horizon": 1}
    forecast = {"forecast_id": "issued", "series": [series], **header}
    scenario = {"dataset": "acme-shop", "name": mark, "expires_in_days": 9}
    with platform.database.transaction() as connection:
        commit(platform, caller, made, connection)
        held = add_override(connection, caller, "acme-shop", override | {"reason": mark, "expires_at": None}, now)
        issue(connection, caller, "acme-shop", forecast, now)
        asked_for = add_scenario(connection, caller, scenario, {"words": mark}, now)
    return {
        "dataset": "acme-shop",
        "table": "sales",
        "upload_id": made.upload_id,
        "override_id": held.override_id,
        "forecast_id": "issued",
        "scenario_id": asked_for.scenario_id,
    }
