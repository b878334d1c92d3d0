"""Roles: scopes under the names of those who need them together. A key keeps the scopes, not the role."""

from collections.abc import Mapping

from serving.access.caller import Scope

__all__ = ["ROLES"]

ROLES: Mapping[str, frozenset[Scope]] = {
    "erp": frozenset({Scope.FORECAST_READ, Scope.DATA_WRITE, Scope.PO_APPROVE}),
    "planner": frozenset({Scope.FORECAST_READ, Scope.DATA_WRITE, Scope.SCENARIO_WRITE, Scope.PO_APPROVE}),
    "data-scientist": frozenset({Scope.FORECAST_READ, Scope.DATA_WRITE, Scope.SCENARIO_WRITE, Scope.MODEL_TRAIN}),
}
"""Role → scopes: a program that sends tables and fetches orders, a person who decides, a person who trains models."""
