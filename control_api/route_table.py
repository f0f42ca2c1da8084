"""Puts the routes of routers into one flat table."""

from fastapi import APIRouter, FastAPI


def add_routes(table: FastAPI | APIRouter, *routers: APIRouter) -> None:
    """Add the routes of `routers` to `table` as they are, with the prefixes and dependencies that they were made with.

    `include_router` would build each of them a second time, when the first request comes, and look through every
    router on each request, twice a level: with 150 routes that costs more than most answers do. It is needed only for
    a router with a lifespan.
    """
    for router in routers:
        (table.router if isinstance(table, FastAPI) else table).routes.extend(router.routes)
