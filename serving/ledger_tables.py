"""The stock ledger as a dataset's tables, for what reads tables: alerts, health, reports, simulations.

`[planning] stock_from = "ledger"` says that the ledger is right: of each series that it knows its position stands in
the table `stock` as of the question's day, and with `inbound_days` its units on the way stand in `open_orders`, each
with its stage and the day since which it is there. Series that it does not know keep what the tables say.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import sqlalchemy as sa

from inventory.ledger.inbound_age import inbound_ages
from inventory.ledger.movement import Bucket
from inventory.ledger.positions import BUCKETS, movements_until, position_at, stock_table
from inventory.schema import TABLES, TEXT
from serving.access import LOCAL_TENANT
from serving.alerts.local import local_database
from serving.holdings import known_ways, terms_of
from serving.ledger_stock import LEDGER
from serving.question import Question

__all__ = ["question_from_ledger", "with_local_ledger"]

KEYS = ["sku", "location"]
STAGE_OF: Mapping[str, str] = {
    Bucket.ON_ORDER.value: "factory",
    Bucket.INBOUND_WORKING.value: "factory",
    Bucket.INBOUND_SHIPPED.value: "transit",
    Bucket.IN_TRANSFER.value: "transit",
    Bucket.INBOUND_RECEIVING.value: "receiving",
}
"""What an inbound bucket is called in `open_orders.stage`."""
AT_FACTORY = (Bucket.ON_ORDER.value, Bucket.INBOUND_WORKING.value)


def with_local_ledger(question: Question) -> Question:
    """Return the question of the command line with the ledger of this machine's own tenant in its tables, where the
    dataset plans from it. Raises StorageError where the database cannot be read.
    """
    if question.dataset.config.planning.stock_from != LEDGER:
        return question
    with local_database(question.settings) as database, database.reading() as connection:
        return question_from_ledger(question, connection, LOCAL_TENANT)


def question_from_ledger(question: Question, connection: sa.Connection, tenant: str) -> Question:
    """Return the question with a tenant's ledger in its tables, where its dataset plans from it; else as it is."""
    dataset, rules, as_of = question.dataset, question.dataset.config.planning, question.as_of
    if rules.stock_from != LEDGER:
        return question
    position = position_at(connection, tenant, as_of)
    tables = {**dataset.tables, "stock": _stock(dataset.table("stock"), position, as_of)}
    if rules.inbound_days:
        ages = inbound_ages(movements_until(connection, tenant, as_of), as_of)
        lead = terms_of(known_ways(question)).set_index(KEYS)["lead_time_days"]
        tables["open_orders"] = _open_orders(dataset.table("open_orders"), ages, lead, as_of, rules.inbound_days)
    return replace(question, dataset=replace(dataset, tables=tables))


def _stock(stated: pd.DataFrame, position: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return the table with the position's rows of the day in place of its own."""
    told = stock_table(position.assign(**{name: position[name].clip(lower=0) for name in BUCKETS}), as_of)
    told = told.astype({"on_hand": np.float64, "reserved": np.float64, "unsellable": np.float64})
    told = told.astype({"sku": TEXT, "location": TEXT, "date": "datetime64[s]"})
    both = pd.concat([stated, told], ignore_index=True)
    return both.drop_duplicates([*KEYS, "date"], keep="last").reset_index(drop=True)


def _open_orders(
    stated: pd.DataFrame, ages: pd.DataFrame, lead_time_days: pd.Series, as_of: date, inbound_days: int
) -> pd.DataFrame:
    """Return the orders of series of which the ledger has nothing on its way, and what it has of the others."""
    keys = pd.MultiIndex.from_frame(ages[KEYS])
    lead = np.ceil(lead_time_days.reindex(keys).to_numpy(dtype=np.float64))
    known = np.isfinite(lead)
    rows, lead = ages[known], lead[known]
    days = np.where(rows["stage"].isin(AT_FACTORY), lead, float(inbound_days))
    expected = [as_of + timedelta(days=int(wait)) for wait in days]
    told = pd.DataFrame(
        {
            "order_id": ("ledger " + rows["stage"] + " " + rows["since"].astype(str)).to_numpy(),
            **{name: rows[name].to_numpy() for name in KEYS},
            "quantity": rows["units"].to_numpy(dtype=np.float64),
            "expected_on": pd.to_datetime(pd.Series(expected, dtype="object")).to_numpy(),
            "stage": rows["stage"].map(STAGE_OF).to_numpy(),
            "stage_since": pd.to_datetime(rows["since"]).to_numpy(),
        }
    )
    others = stated[~pd.MultiIndex.from_frame(stated[KEYS]).isin(keys[known])]
    kinds = {column.name: column.kind.dtype for column in TABLES["open_orders"].columns}
    return pd.concat([others, told], ignore_index=True).reindex(columns=list(kinds)).astype(kinds)
