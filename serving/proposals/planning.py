"""One plan to be stored: the commitments are read, the plan is made with them, and nothing is locked meanwhile."""

from collections.abc import Mapping
from typing import Any

from core.database import Database
from serving.context import Rows, ServiceContext
from serving.ledger_stock import context_from_ledger
from serving.proposals.commitments import counted, with_commitments
from serving.proposals.run_store import committed
from serving.proposals.suggestion import PlanRun, Suggestion, suggestions_of

__all__ = ["make_plan_run"]


def make_plan_run(
    database: Database,
    tenant: str,
    context: ServiceContext,
    dataset: str,
    rows: Rows,
    changes: Mapping[str, float],
    options: Mapping[str, Any],
) -> tuple[PlanRun, list[Suggestion]]:
    """Return a run and its suggestions for `store_plan`; rows: of the context; changes: a what-if's, {} for none.

    Orders that are decided for and that the dataset does not show count as on the way. Raises UsageError for changes
    that need a longer forecast than the context keeps.
    """
    with database.reading() as connection:
        known = committed(connection, tenant, dataset)
        context = context_from_ledger(context, connection, tenant)
    keys = list(context.rows)
    series = {keys[row] for row in rows.tolist()}
    mine = [item for item in known if (item.sku, item.location) in series]
    counting = with_commitments(context, counted(mine, context.dataset, context.freshness.as_of))
    _, plan = counting.plan(rows, changes)
    return suggestions_of(context, plan, dataset, options, mine)
