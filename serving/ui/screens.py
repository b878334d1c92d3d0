"""The screens of the page, in the order of its navigation."""

from dataclasses import dataclass

__all__ = ["SCREENS", "Screen"]


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen: its name in addresses and templates, and its title, which `words` translates."""

    name: str
    title: str


SCREENS: tuple[Screen, ...] = (
    Screen("today", "Today"),
    Screen("products", "Products"),
    Screen("proposals", "Proposals"),
    Screen("what-if", "What if"),
    Screen("data", "Data and models"),
)
"""Each has a module of its name with a `router`."""
