"""The parts of the screen of data and models, each with an address of its own, under one row of tabs."""

from typing import Any

from starlette.responses import Response

from serving.access import Scope
from serving.ui.page import page
from serving.ui.visit import Visit

__all__ = ["TABS", "data_page"]

TABS = (
    ("data", "Data", "/data"),
    ("models", "Models", "/data/models"),
    ("jobs", "Jobs", "/data/jobs"),
    ("alerts", "Alert rules", "/data/alerts"),
    ("keys", "API keys", "/data/keys"),
)
"""Name, title (which `words` translates) and address; keys are the administrator's."""


def data_page(visit: Visit, template: str, tab: str, **facts: Any) -> Response:
    """Return a part of the screen with its tabs."""
    tabs = [item for item in TABS if item[0] != "keys" or visit.known.may(Scope.ADMIN)]
    return page(visit, template, screen="data", tabs=tabs, tab=tab, **facts)
