"""What a planner can do about each problem."""

from collections.abc import Mapping

__all__ = ["REMEDIES", "remedy_of"]

_AGAIN = "Load the page again; if it stays, tell your administrator the trace id."
_GONE = "It may have been removed meanwhile. Go back and choose another one."
_INPUT = "Correct what is named below and send it again."
_CHANGED = "Somebody else changed it meanwhile. Load the page again, look at what is there now, and decide anew."
_WAIT = "Wait a moment and try again."

REMEDIES: Mapping[str, str] = {
    "auth.missing": "Sign in with an API key.",
    "auth.invalid": "Sign in with an API key that is in force.",
    "auth.unavailable": _WAIT,
    "scope.missing": "Sign in with an API key that has the scope named below, or ask your administrator for one.",
    "csrf.invalid": "Load the page again and repeat the step.",
    "service.not_ready": "Models and data are being loaded; the page tries again by itself.",
    "service.overloaded": _WAIT,
    "rate.exceeded": _WAIT,
    "storage": _WAIT,
    "internal": _AGAIN,
    "configuration": "The service's settings need a correction; tell your administrator what stands below.",
    "plan.solver": _AGAIN,
    "plan.infeasible": "Loosen a limit (budget, capacity, minimum order) and plan again.",
    "precondition.failed": _CHANGED,
    "precondition.missing": _CHANGED,
    "state.conflict": _CHANGED,
    "stock.conflict": _CHANGED,
    "dataset.busy": _WAIT,
    "idempotency.in_progress": "The step is being carried out already; wait a moment.",
    "idempotency.reused": "Load the page again and repeat the step.",
    "idempotency.missing": "Load the page again and repeat the step.",
    "route.unknown": "Choose a screen from the navigation above.",
    "method.not_allowed": "Choose a screen from the navigation above.",
    "marketplace.refused": "The marketplace's account or its permissions need a look; what it said stands below.",
    "marketplace.report": "Ask for the report again later; what the marketplace said stands below.",
    "marketplace.busy": _WAIT,
    "sku.unknown": "Search for the product in the list of products.",
    "dataset.unknown": "Choose another dataset, or upload tables to make this one.",
    "model.not_found": "Train a model first.",
    "job.unfinished": _WAIT,
    "job.expired": "Start the job again.",
    "job.no_result": "Start the job again.",
    "schedule.exists": "Choose another name.",
    "data.insufficient": "Upload a longer history.",
    "body.too_large": "Send less at once.",
    "upload.too_large": "Send the table in several parts.",
    "alert.unknown": _GONE,
    "channel.unknown": _GONE,
    "fee.unknown": _GONE,
    "job.unknown": _GONE,
    "key.unknown": _GONE,
    "resource.unknown": _GONE,
    "schedule.unknown": _GONE,
    "data.invalid": _INPUT,
    "media_type.unsupported": _INPUT,
    "request.invalid": _INPUT,
    "request.malformed": _INPUT,
    "usage": _INPUT,
}
"""Problem code → what to do, which `words` translates; a test holds it to every code that there is."""


def remedy_of(code: str) -> str:
    """Return what to do about a problem."""
    return REMEDIES.get(code, _AGAIN)
