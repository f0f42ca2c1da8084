"""`/v1/flows`: an account's flows."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from control_api.access import DECLARED, Reading, Writing, needs
from control_api.dialects.prepatu import flow_encode as encode
from control_api.dialects.prepatu.errors import declared
from control_api.dialects.prepatu.flow_schemas import (
    PRINTABLE,
    Document,
    FlowDetail,
    FlowItem,
    FlowKept,
    FlowPatch,
    FlowText,
    NewFlow,
    Validation,
)
from control_api.dialects.prepatu.upload import body_of, json_object, request_body
from control_api.flows import stored
from control_api.flows.checking import Checked, checked, document_of, edited
from control_api.flows.stored import Change
from control_api.ports import UtcClock
from control_api.principal import Principal
from flows.load import FlowError
from storage.repositories import flows

Reader = Annotated[Principal, Depends(needs("flows:read"))]
Writer = Annotated[Principal, Depends(needs("flows:write"))]
FlowId = Annotated[str, Path(max_length=100, pattern=PRINTABLE, examples=["f-0192f3c4a5b67c8d9e0f1a2b3c4d5e6f"])]
IfMatch = Annotated[str | None, Header(max_length=100, description="The ETag that the change was made on.")]


def flow_router(clock: UtcClock) -> APIRouter:
    """Return the routes of an account's flows."""
    router = APIRouter(prefix="/v1/flows", tags=["flows"], dependencies=DECLARED)
    _reading(router)
    _writing(router, clock)
    _as_json(router, clock)
    return router


def _reading(router: APIRouter) -> None:
    @router.get("", responses=declared(401, 403))
    async def list_flows(
        who: Reader,
        session: Reading,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=stored.MAX_FLOWS)] = stored.MAX_FLOWS,
        before: Annotated[str | None, Query(max_length=100, pattern=PRINTABLE)] = None,
    ) -> list[FlowItem]:
        """List flows, newest first; a full page names the next one's `before` in `X-Next-Cursor`."""
        found = await flows.page(session, limit, before)
        if len(found) == limit:
            response.headers["X-Next-Cursor"] = found[-1].id
        return [encode.item(each) for each in found]

    @router.post("/validate", responses=declared(401, 403), openapi_extra=request_body(FlowText))
    async def validate(who: Reader, body: Annotated[FlowText, Depends(body_of(FlowText))]) -> Validation:
        """Check a document without keeping it."""
        try:
            document = await checked(body.yaml_content)
        except FlowError as error:
            return Validation(valid=False, id=None, findings=encode.findings(error.findings))
        return Validation(valid=True, id=document.document_id, findings=encode.findings(document.findings))

    @router.get("/{flow_id}", responses=declared(401, 403, 404))
    async def get_flow(flow_id: FlowId, who: Reader, session: Reading, response: Response) -> FlowDetail:
        """Return a flow with its document."""
        found = await stored.read(session, flow_id)
        response.headers["ETag"] = encode.etag(found.flow)
        return encode.detail(found)


def _writing(router: APIRouter, clock: UtcClock) -> None:
    @router.post("", status_code=201, responses=declared(401, 403), openapi_extra=request_body(NewFlow))
    async def upload(who: Writer, session: Writing, body: Annotated[NewFlow, Depends(body_of(NewFlow))]) -> FlowKept:
        """Keep a new flow, if it can run."""
        document = await checked(body.yaml_content)
        return encode.kept(await stored.create(session, who, body.name, document, clock.utc()), document.findings)

    @router.put("/{flow_id}", responses=declared(401, 403, 404, 409), openapi_extra=request_body(FlowText))
    async def replace(
        flow_id: FlowId,
        who: Writer,
        session: Writing,
        body: Annotated[FlowText, Depends(body_of(FlowText))],
        if_match: IfMatch = None,
    ) -> FlowKept:
        """Put another document in its place, if it can run."""
        document = await checked(body.yaml_content)
        change = Change(body.name, document, encode.expected(if_match))
        return encode.kept(await stored.change(session, who, flow_id, change, clock.utc()), document.findings)

    @router.patch("/{flow_id}", responses=declared(401, 403, 404, 409), openapi_extra=request_body(FlowPatch))
    async def patch(
        flow_id: FlowId,
        who: Writer,
        session: Writing,
        body: Annotated[FlowPatch, Depends(body_of(FlowPatch))],
        if_match: IfMatch = None,
    ) -> FlowKept:
        """Change name or document."""
        document = await checked(body.yaml_content) if body.yaml_content is not None else None
        change = Change(body.name, document, encode.expected(if_match))
        changed = await stored.change(session, who, flow_id, change, clock.utc())
        return encode.kept(changed, document.findings if document else ())

    @router.delete("/{flow_id}", status_code=204, responses=declared(401, 403, 404))
    async def delete(flow_id: FlowId, who: Writer, session: Writing) -> Response:
        """Delete a flow and its versions; calls that run go on."""
        await stored.remove(session, flow_id)
        return Response(status_code=204)


def _as_json(router: APIRouter, clock: UtcClock) -> None:
    @router.get("/{flow_id}/json", responses=declared(401, 403, 404))
    async def get_document(flow_id: FlowId, who: Reader, session: Reading, response: Response) -> Document:
        """Return a flow's document as JSON."""
        found = await stored.read(session, flow_id)
        response.headers["ETag"] = encode.etag(found.flow)
        return dict(await document_of(found.text))

    @router.put(
        "/{flow_id}/json",
        status_code=204,
        responses=declared(401, 403, 404, 409),
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    )
    async def put_document(
        flow_id: FlowId,
        who: Writer,
        session: Writing,
        document: Annotated[Document, Depends(json_object)],
        if_match: IfMatch = None,
    ) -> Response:
        """Bring a flow's text up to a JSON document; what did not change keeps its comments and layout."""
        before = await stored.read(session, flow_id)
        new: Checked = await edited(before.text, document)
        expected = encode.expected(if_match) or before.flow.version
        changed = await stored.change(session, who, flow_id, Change(None, new, expected), clock.utc())
        return Response(status_code=204, headers={"ETag": encode.etag(changed.flow)})
