"""The error tree: every leaf has a stable code and a command-line exit code; HTTP maps the code to a problem type."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "ConfigurationError",
    "DataError",
    "FeeUnknownError",
    "FillrateError",
    "InfeasiblePlanError",
    "InsufficientHistoryError",
    "Issue",
    "MarketplaceBusyError",
    "MarketplaceError",
    "MarketplaceReportError",
    "ModelNotFoundError",
    "SolverError",
    "StateError",
    "StockError",
    "StorageError",
    "UnknownChannelError",
    "UnknownResourceError",
    "UnknownSkuError",
    "UploadTooLargeError",
    "UsageError",
]


@dataclass(frozen=True, slots=True)
class Issue:
    """One broken rule in one place of one table.

    `row` counts as a reader of the file counts: the header of a CSV file is line 1; in Parquet the first record is
    row 1. It is None where the whole file or column is meant. `rows`: how many rows the issue stands for.
    """

    file: str
    rule: str
    remedy: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    rows: int = 1

    def __str__(self) -> str:
        """Return `file:row: column 'c': rule (got 'v'); remedy`."""
        place = self.file if self.row is None else f"{self.file}:{self.row}"
        column = f" column '{self.column}':" if self.column else ""
        got = f" (got {self.value!r})" if self.value is not None else ""
        return f"{place}:{column} {self.rule}{got}; {self.remedy}"


class FillrateError(Exception):
    """Whatever we raise on purpose: a sentence that says what is wrong and what to do about it."""

    code = "internal"
    exit_code = 1


class UsageError(FillrateError):
    """The call's own words are wrong: an option, a date, a level, a horizon."""

    code = "usage"
    exit_code = 2


class DataError(FillrateError):
    """A table breaks the data contract; `issues` says where, each with its rule and remedy."""

    code = "data.invalid"
    exit_code = 3

    def __init__(self, issues: Sequence[Issue], shown: int = 5) -> None:
        self.issues = tuple(issues)
        more = sum(issue.rows for issue in self.issues[shown:])
        lines = [str(issue) for issue in self.issues[:shown]]
        if more > 0:
            lines.append(f"… and {more:,} more")
        super().__init__("\n".join(lines))


class UploadTooLargeError(FillrateError):
    """An uploaded file has, or unpacks to, more than one upload may have."""

    code = "upload.too_large"
    exit_code = 3


class InsufficientHistoryError(FillrateError):
    """There is too little history before `as_of` to do what was asked."""

    code = "data.insufficient"
    exit_code = 4


class StockError(FillrateError):
    """There are fewer units than a movement would take, or the movement contradicts one that is recorded."""

    code = "stock.conflict"
    exit_code = 3


class UnknownSkuError(FillrateError):
    """A sku (or sku and location) that the dataset does not have."""

    code = "sku.unknown"
    exit_code = 4


class UnknownResourceError(FillrateError):
    """A proposal, a plan run or a purchase-order draft that this tenant does not have."""

    code = "resource.unknown"
    exit_code = 4


class StateError(FillrateError):
    """What was asked cannot follow the present state; the message names what can."""

    code = "state.conflict"
    exit_code = 9


class UnknownChannelError(FillrateError):
    """A sales channel that nobody has added."""

    code = "channel.unknown"
    exit_code = 4


class FeeUnknownError(FillrateError):
    """No source gives the fee of that day or item; the seller's own table can."""

    code = "fee.unknown"
    exit_code = 4


class MarketplaceError(FillrateError):
    """A marketplace refused what was asked, or answered what it should not."""

    code = "marketplace.refused"
    exit_code = 7


class MarketplaceBusyError(MarketplaceError):
    """A marketplace did not answer, or asked us to wait, until our patience ended."""

    code = "marketplace.busy"
    exit_code = 7


class MarketplaceReportError(MarketplaceError):
    """A marketplace ended a report or a feed without what was asked for."""

    code = "marketplace.report"
    exit_code = 7


class ModelNotFoundError(FillrateError):
    """No registered model fits the dataset and `as_of`."""

    code = "model.not_found"
    exit_code = 5


class InfeasiblePlanError(FillrateError):
    """No plan obeys all constraints; the message names those in conflict and what to relax."""

    code = "plan.infeasible"
    exit_code = 6


class SolverError(FillrateError):
    """The solver ended without a usable plan."""

    code = "plan.solver"
    exit_code = 6


class StorageError(FillrateError):
    """The disk, the database or the tracking store cannot be read or written."""

    code = "storage"
    exit_code = 7


class ConfigurationError(FillrateError):
    """A setting (environment variable or dataset.toml) has no valid value."""

    code = "configuration"
    exit_code = 8
