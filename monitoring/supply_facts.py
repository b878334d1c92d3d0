"""What suppliers and carriers really do: late rate, quality, lead times that were seen, orders that are stuck (M43)."""

import numpy as np
import pandas as pd

from inventory.schema import STAGES
from monitoring.fact import Fact, Scope
from monitoring.view import View, row_of

__all__ = ["FACTS", "order_facts", "seen_lead_times", "supplier_facts"]

WINDOW_DAYS = 365
FACTS = (
    Fact("receipts", "orders", "deliveries of the last year with a promised day", Scope.SUPPLIER),
    Fact("late_rate", "share", "share of them that came after the promised day", Scope.SUPPLIER),
    Fact("mean_late_days", "days", "mean days late of the late ones", Scope.SUPPLIER),
    Fact("defect_rate", "share", "defective units over units received", Scope.SUPPLIER),
    Fact("lead_time_seen_days", "days", "mean days from placing to receiving", Scope.SUPPLIER),
    Fact("lead_time_planned_days", "days", "mean lead time of its rows of supply", Scope.SUPPLIER),
    Fact("lead_time_excess", "share", "lead time seen over planned, less 1", Scope.SUPPLIER),
    Fact("overdue_days", "days", "days after the expected day on which the order has not arrived", Scope.ORDER),
    Fact("days_on_the_way", "days", "days since the order was placed", Scope.ORDER),
    Fact("overdue_units", "units", "units of the order", Scope.ORDER),
    Fact("cover_without_it_days", "days", "days that the units on hand last", Scope.ORDER),
    Fact("order_lead_time_days", "days", "days from order to shelf on the preferred way", Scope.ORDER),
    Fact("factory_days", "days", "days since the order has been with the factory", Scope.ORDER),
    Fact("domestic_days", "days", "days since it has been on its way to the port", Scope.ORDER),
    Fact("transit_days", "days", "days since it has been at sea or in the air", Scope.ORDER),
    Fact("customs_days", "days", "days since it has been with customs", Scope.ORDER),
    Fact("port_days", "days", "days since it has lain in the port", Scope.ORDER),
    Fact("receiving_days", "days", "days since the warehouse has been receiving it (stuck inbound)", Scope.ORDER),
)


def supplier_facts(view: View) -> pd.DataFrame:
    """Return one row a supplier with the columns of FACTS about suppliers, from the receipts of the last year."""
    columns = ["supplier", *(fact.name for fact in FACTS if fact.scope is Scope.SUPPLIER)]
    receipts = view.table("receipts")
    since = pd.Timestamp(view.as_of) - pd.Timedelta(days=WINDOW_DAYS)
    recent = receipts[(receipts["received_on"] >= since) & receipts["supplier"].notna()]
    if recent.empty:
        return pd.DataFrame(columns=columns).astype(dict.fromkeys(columns[1:], np.float64))
    late_by = (recent["received_on"] - recent["promised_on"]).dt.days.astype(np.float64)
    took = (recent["received_on"] - recent["placed_on"]).dt.days.astype(np.float64)
    rows = recent.assign(
        promised=recent["promised_on"].notna().astype(np.float64),
        late=np.where(recent["promised_on"].isna(), np.nan, (late_by > 0).astype(np.float64)),
        late_days=late_by.where(late_by > 0),
        took=took,
    )
    table = rows.groupby("supplier", sort=True).agg(
        receipts=("promised", "sum"),
        late_rate=("late", "mean"),
        mean_late_days=("late_days", "mean"),
        defective=("defective", "sum"),
        quantity=("quantity", "sum"),
        lead_time_seen_days=("took", "mean"),
    )
    table["defect_rate"] = table["defective"] / table["quantity"].where(table["quantity"] > 0)
    terms = view.tables.get("supply")
    planned = pd.Series(dtype=np.float64) if terms is None else terms.groupby("supplier")["lead_time_days"].mean()
    table["lead_time_planned_days"] = planned.reindex(table.index)
    table["lead_time_excess"] = table["lead_time_seen_days"] / table["lead_time_planned_days"] - 1
    return table.reset_index()[columns]


def seen_lead_times(view: View, least: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Return days that orders really took by (supplier, mode), where at least `least` were received (O19, O20)."""
    receipts = view.table("receipts")
    rows = receipts[receipts["placed_on"].notna()]
    took = (rows["received_on"] - rows["placed_on"]).dt.days.astype(np.float64)
    names = [rows["supplier"].fillna(""), rows["mode"].fillna("")]
    return {key: part.to_numpy() for key, part in took.groupby(names, sort=True) if len(part) >= least}


def order_facts(view: View, cover_days: np.ndarray) -> pd.DataFrame:
    """Return one row an open order with the columns of FACTS about orders; cover_days: (n,) by series."""
    orders = view.table("open_orders")
    row = row_of(orders, view.series)
    orders, row = orders[row >= 0], row[row >= 0]
    due = orders["expected_on"].to_numpy().astype("datetime64[D]")
    placed = orders["placed_on"].to_numpy().astype("datetime64[D]")
    on_the_way = np.where(np.isnat(placed), np.nan, (view.today - placed).astype(np.float64))
    return pd.DataFrame(
        {
            "order_id": orders["order_id"].astype("str").fillna("").to_numpy(),
            "sku": orders["sku"].to_numpy(),
            "location": orders["location"].to_numpy(),
            "overdue_days": np.maximum((view.today - due).astype(np.float64), 0.0),
            "days_on_the_way": on_the_way,
            "overdue_units": orders["quantity"].to_numpy(dtype=np.float64),
            "cover_without_it_days": cover_days[row] if len(row) else np.empty(0),
            "order_lead_time_days": view.terms["lead_time_days"].to_numpy(dtype=np.float64)[row],
            **_stage_days(view, orders),
        }
    )


def _stage_days(view: View, orders: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return by stage the days that each order has been in it; NaN where it is in another, or none is told."""
    unknown = np.full(len(orders), np.nan)
    if "stage" not in orders or "stage_since" not in orders:
        return {f"{stage}_days": unknown for stage in STAGES}
    since = orders["stage_since"].to_numpy().astype("datetime64[D]")
    days = np.where(np.isnat(since) | (since > view.today), np.nan, (view.today - since).astype(np.float64))
    now = orders["stage"].astype("str").to_numpy()
    return {f"{stage}_days": np.where(now == stage, days, np.nan) for stage in STAGES}
