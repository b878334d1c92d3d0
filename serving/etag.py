"""Versions in headers: the ETag of what a resource is now, and If-Match, without which nothing is overwritten."""

from starlette.requests import Request

from serving.problems import ApiProblem

__all__ = ["check_if_match", "etag_of"]


def etag_of(version: int | str) -> str:
    """Return the strong entity tag of a version (RFC 9110, 8.8.3)."""
    return f'"{version}"'


def check_if_match(request: Request, current: str) -> None:
    """Check that the client changes what it has read.

    Raises ApiProblem `precondition.missing` (428) without If-Match and `precondition.failed` (412) where the resource
    has changed since; the 412 carries the present ETag. `*` is what is there, whatever it is.
    """
    asked = request.headers.get("if-match")
    if asked is None:
        raise ApiProblem(
            "precondition.missing", "Send If-Match with the ETag of what you read, so that nobody's change is lost."
        )
    tags = [tag.strip() for tag in asked.split(",")]
    if "*" not in tags and current not in tags:
        raise ApiProblem(
            "precondition.failed",
            f"It has changed since you read it: If-Match says {asked[:200]}, it is now {current}; read it again.",
            headers={"ETag": current},
        )
