"""Use cases of suppliers and returns: what receipts say of suppliers, what returns say of goods."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from inventory.dataset import Dataset
from inventory.fees.rate_card import read_rate_cards
from inventory.receipts import learned_lead_times, promised_lead_times
from inventory.returned_goods.abnormal_batches import abnormal_groups, advice, return_statistics
from inventory.returned_goods.missing_credit import missing_credits
from inventory.returned_goods.resale import ResaleSettings, resale_shares
from inventory.supplier_score import supplier_scores
from serving.champion import Tell
from serving.money import day_of
from serving.supplier_floors import supplier_floors
from serving.told_files import read_told

__all__ = [
    "ReturnReport",
    "SupplierReport",
    "missing_credit_table",
    "return_report",
    "supplier_report",
]

FACTS = ("order_id", "sku", "date", "units")


@dataclass(frozen=True, slots=True)
class SupplierReport:
    """scores: a row a supplier. lead_times: a row a supplier and mode. floors: a row a sku, location and supplier."""

    scores: pd.DataFrame
    lead_times: pd.DataFrame
    floors: pd.DataFrame


@dataclass(frozen=True, slots=True)
class ReturnReport:
    """reasons, batches, suppliers: statistics; abnormal ones are marked. todo: what to do. resale: a row a sku."""

    reasons: pd.DataFrame
    batches: pd.DataFrame
    suppliers: pd.DataFrame
    todo: pd.DataFrame
    resale: pd.DataFrame


def supplier_report(dataset: Dataset, as_of: date | None, together: bool = False) -> SupplierReport:
    """Return what the table `receipts` says of each supplier before `as_of`, and the floors that delays ask for.

    The planned delay is what the learned lead time holds beyond the promise: only a delay longer than that needs a
    buffer (E04). together: the suppliers of an item fail at the same time.
    """
    day, receipts, supply = day_of(dataset, as_of), dataset.table("receipts"), dataset.table("supply")
    promised = promised_lead_times(supply, dataset.config.defaults.lead_time_days)
    learned = learned_lead_times(receipts, promised, day)
    scores = supplier_scores(receipts, promised, day)
    return SupplierReport(scores, learned, supplier_floors(dataset, day, learned, together))


def return_report(dataset: Dataset, as_of: date | None, tell: Tell) -> ReturnReport:
    """Return what the table `returns` says before `as_of`: statistics, abnormal batches and suppliers, resale shares.

    A batch is the order that it was received with: `returns.batch` names a `receipts.order_id`, which also tells the
    supplier where the return does not.
    """
    day = pd.Timestamp(day_of(dataset, as_of))
    returns, receipts, sales = dataset.table("returns"), dataset.table("receipts"), dataset.table("sales")
    returns, sales = returns[returns["date"] < day], sales[sales["date"] < day]
    came = receipts[receipts["received_on"] < day].rename(columns={"order_id": "batch", "quantity": "units"})
    known = came.dropna(subset=["batch", "supplier"]).drop_duplicates("batch").set_index("batch")["supplier"]
    returns = returns.assign(supplier=returns["supplier"].fillna(returns["batch"].map(known)))
    batches, suppliers = (_abnormal(returns, came, key, tell) for key in ("batch", "supplier"))
    todo = pd.concat(
        [advice(returns, batches, "batch"), advice(returns.iloc[:0], suppliers, "supplier")], ignore_index=True
    )
    settings = ResaleSettings(dict.fromkeys(dataset.config.fees.resale_grades, 1.0))
    return ReturnReport(
        reasons=return_statistics(returns, ["reason"]),
        batches=batches,
        suppliers=suppliers,
        todo=todo,
        resale=resale_shares(sales, returns, settings),
    )


def missing_credit_table(
    dataset: Dataset, as_of: date | None, refunds: Path, reimbursements: Path | None
) -> pd.DataFrame:
    """Return the refunds of a file whose units neither came back nor were paid (R07)."""
    told = read_told(refunds, "--refunds", FACTS)
    paid = told.iloc[:0] if reimbursements is None else read_told(reimbursements, "--reimbursements", FACTS)
    returns = dataset.table("returns").dropna(subset=["order_id"])
    return missing_credits(told, returns[list(FACTS)], paid, day_of(dataset, as_of), read_rate_cards()["reimbursement"])


def _abnormal(returns: pd.DataFrame, came: pd.DataFrame, key: str, tell: Tell) -> pd.DataFrame:
    keys = ["sku", key]
    out = came.dropna(subset=keys).groupby(keys)["units"].sum()
    back = returns.dropna(subset=keys).groupby(keys)["units"].sum()
    unknown = back.index.difference(out.index)
    if len(unknown):
        tell(f"{len(unknown):,} {key} values of returns are in no receipt and are not judged")
    too_many = back.index[back > out.reindex(back.index).fillna(0.0)].difference(unknown)
    if len(too_many):
        tell(f"{len(too_many):,} {key} values have more returns than receipts and are not judged")
        came = came[~pd.MultiIndex.from_frame(came[keys]).isin(too_many)]
    return abnormal_groups(returns, came, key, "sku")
