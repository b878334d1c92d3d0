"""The routes of this area in one router, for `serving.api`."""

from fastapi import APIRouter

from serving.proposals import order_routes, proposal_routes, run_routes

__all__ = ["router"]

router = APIRouter()
for _part in (run_routes, proposal_routes, order_routes):
    router.include_router(_part.router)
