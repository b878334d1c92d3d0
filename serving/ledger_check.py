"""Is the ledger sound? Every day adds up, nothing was ever less than nothing, and running sums equal the fold (H11)."""

from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from inventory.ledger.positions import BUCKETS, daily_balance, movements_until, position_now

__all__ = ["LedgerCheck", "check_ledger"]

PLACE = ["sku", "location", "bucket"]


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What a look through the whole ledger found.

    balances: `inventory.ledger.positions.daily_balance`. below: its rows that end below zero: an outgoing movement
    dated before the incoming one. astray: `sku, location, bucket, kept, folded` where the running sums are not the
    fold: somebody wrote into the tables by hand.
    """

    movements: int
    balances: pd.DataFrame
    below: pd.DataFrame
    astray: pd.DataFrame

    @property
    def sound(self) -> bool:
        """Whether the running sums are the fold."""
        return self.astray.empty


def check_ledger(connection: sa.Connection, tenant: str, skus: list[str] | None = None) -> LedgerCheck:
    """Return what the tenant's ledger says of itself; skus: only these."""
    movements = movements_until(connection, tenant, skus=skus)
    balances = daily_balance(movements)
    ends = balances.groupby(PLACE)["end"].last()
    kept = position_now(connection, tenant, skus).melt(["sku", "location"], BUCKETS, "bucket", "kept")
    both = pd.concat([kept.set_index(PLACE)["kept"], ends.rename("folded")], axis=1).fillna(0).astype("int64")
    astray = both[both["kept"] != both["folded"]].sort_index().reset_index()
    below = balances[balances["end"] < 0].reset_index(drop=True)
    return LedgerCheck(len(movements), balances, below, astray)
