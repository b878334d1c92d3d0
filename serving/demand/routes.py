"""All routes of the room, in the order of the documentation."""

from fastapi import APIRouter

from serving.demand import dataset_routes, forecast_routes, model_routes, override_routes, scenario_routes

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    dataset_routes.router,
    forecast_routes.router,
    override_routes.router,
    scenario_routes.router,
    model_routes.router,
)
