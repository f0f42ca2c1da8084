"""`GET /flows`, `/flows/{name}`, `/flows/{name}/graph`."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from control_api.errors import declared
from control_api.flows import service
from control_api.flows.schemas import FlowList
from control_api.ports import FlowCatalogue
from kit.errors import NotFoundError


def flow_router(catalogue: FlowCatalogue) -> APIRouter:
    """Return the routes that show flows. They are plain functions: FastAPI runs them in worker threads."""
    router = APIRouter(tags=["flows"], responses=declared(404))

    @router.get("/flows")
    def list_flows() -> FlowList:
        """List the flows of this server."""
        return service.list_flows(catalogue)

    @router.get("/flows/{name}", response_model=None)
    def get_flow(name: str) -> Response:
        """Return a flow's document; not in our shape of errors, for older clients read this 404."""
        try:
            return JSONResponse(catalogue.document(name))
        except NotFoundError as error:
            return JSONResponse({"error": "not found", "detail": str(error)}, 404)

    @router.get("/flows/{name}/graph")
    def get_graph(name: str) -> Mapping[str, Any]:
        """Return a flow's states and transitions."""
        return catalogue.graph(name)

    return router
