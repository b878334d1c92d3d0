"""Which series a request is about, and how it is told that it names one that is not there, or too many."""

from core.errors import UnknownSkuError
from serving.context import Rows, ServiceContext
from serving.problems import ApiProblem
from serving.schemas import MAX_SERIES, ForecastRequest

__all__ = ["check_count", "find_skus", "forecast_rows", "invalid"]


def forecast_rows(context: ServiceContext, body: ForecastRequest) -> Rows:
    """Return the rows that a request names; raises ApiProblem `sku.unknown` or `request.invalid`."""
    if body.skus is not None:
        rows = find_skus(context, body.skus)
        check_count(rows, "#/skus")
        return rows
    keys = [(item.sku, item.location) for item in body.series or []]
    missing = [place for place, key in enumerate(keys) if key not in context.rows]
    if missing:
        names = [f"{sku} at {location}" for sku, location in keys]
        raise _unknown("series", missing, names)
    return context.find_series(keys)


def find_skus(context: ServiceContext, skus: list[str]) -> Rows:
    """Return the rows of SKUs at all their locations; raises ApiProblem `sku.unknown` that names the unknown ones."""
    missing = [place for place, sku in enumerate(skus) if sku not in context.rows_by_sku]
    if missing:
        raise _unknown("skus", missing, skus)
    return context.find_skus(skus)


def _unknown(name: str, missing: list[int], words: list[str]) -> ApiProblem:
    errors = [
        {
            "pointer": f"#/{name}/{place}",
            "code": UnknownSkuError.code,
            "message": f"{words[place]} is not in the dataset",
        }
        for place in missing
    ]
    shown = ", ".join(words[place] for place in missing[:10]) + (" …" if len(missing) > 10 else "")
    return ApiProblem(UnknownSkuError.code, f"Not in the dataset: {shown}. GET /v1/products lists what is.", errors)


def check_count(rows: Rows, pointer: str) -> None:
    """Raise ApiProblem `request.invalid` for more series than one request may have."""
    if len(rows) > MAX_SERIES:
        message = f"{len(rows):,} series (SKU × location) are more than {MAX_SERIES:,}; name fewer SKUs"
        raise invalid(pointer, message)


def invalid(pointer: str, message: str) -> ApiProblem:
    """Return the problem of a value beyond a limit, at a JSON pointer."""
    error = {"pointer": pointer, "code": "limit", "message": message}
    return ApiProblem("request.invalid", f"{pointer}: {message}", [error])
