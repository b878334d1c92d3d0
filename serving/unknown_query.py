"""A request that changes something must mean what it says: a query parameter that nobody knows is refused.

`?moed=validate` would else be no dry run but the upload itself.
"""

from fastapi import Request

from serving.problems import ApiProblem

__all__ = ["refuse_unknown_query"]

READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


async def refuse_unknown_query(request: Request) -> None:
    """Dependency of all routes; raises ApiProblem `request.invalid` that names each parameter not in the document."""
    if request.method in READING or not request.query_params:
        return
    template = getattr(request.scope.get("route"), "path", "")
    operation = request.app.openapi()["paths"].get(template, {}).get(request.method.lower())
    if operation is None:  # of the page, which has no contract
        return
    known = {item["name"] for item in operation.get("parameters", ()) if item["in"] == "query"}
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        errors = [
            {"parameter": name[:100], "code": "extra_forbidden", "message": "there is no such parameter here"}
            for name in unknown[:20]
        ]
        raise ApiProblem("request.invalid", f"{unknown[0][:100]}: there is no such parameter here", errors)
