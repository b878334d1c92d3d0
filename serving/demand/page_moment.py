"""The moment that a page begins after, as a cursor carries it."""

from datetime import UTC, datetime

from serving.problems import ApiProblem

__all__ = ["page_moment"]


def page_moment(text: str) -> datetime:
    """Return the aware moment; raises ApiProblem `request.invalid` for what is none, as only a made-up cursor has."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        error = {"parameter": "cursor", "code": "cursor", "message": "not a cursor of this resource"}
        raise ApiProblem("request.invalid", "cursor: not a cursor of this resource", [error]) from None
