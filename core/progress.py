"""Progress of long work, told to whoever asked for it: a bar on the command line, nothing in a service."""

from collections.abc import Callable

__all__ = ["Progress", "silent"]

Progress = Callable[[str, float], None]
"""Called with the step in words and the share of the whole work that is done, 0 … 1."""


def silent(step: str, done: float) -> None:
    """Tell nobody."""
