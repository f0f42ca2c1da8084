"""A document as plain JSON values, for editors and for `GET /flows/{name}`."""

from typing import Any

from flows.load import FlowError
from flows.tree import TreeError, plain, read


def to_json(text: str) -> dict[str, Any]:
    """The document as dicts, lists and scalars, every key kept and in order.

    Raises:
        FlowError: Not a document, or not a mapping.
    """
    try:
        document = plain(read(text))
    except TreeError as error:
        raise FlowError("Flow configuration error.", (error.finding,)) from error
    if not isinstance(document, dict):
        raise FlowError("A flow is a mapping of keys.", ())
    return document
