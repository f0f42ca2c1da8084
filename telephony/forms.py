"""What carriers that sign their requests tell of a line's calls, as a form or in the query."""

from dataclasses import dataclass

from starlette.datastructures import ImmutableMultiDict, QueryParams
from starlette.requests import Request

from kit.phone_calls import CarrierCall, LineAccess

_MAX_PARAMETERS = 200
_FORM = "application/x-www-form-urlencoded"
Fields = ImmutableMultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A request that the carrier of a line has signed."""

    line: LineAccess
    told: Fields

    def call(self, *names: str, renames: bool = False) -> CarrierCall:
        """Return the call that it is about; the first of these fields that is there names it."""
        name = next((text for text in map(self.text, names) if text), "")
        return CarrierCall(self.line.provider, name, self.line.id, renames)

    def text(self, name: str) -> str:
        """Return a parameter; empty if it is missing."""
        return str(self.told.get(name, ""))[:_MAX_PARAMETERS]

    def number(self, name: str) -> int | None:
        """Return a count; None if it is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


async def read_form(request: Request) -> tuple[Fields, bytes]:
    """Return the form of a request, empty where it has none, and its body as it came."""
    body = await request.body()
    is_form = request.method == "POST" and request.headers.get("content-type", "").startswith(_FORM)
    return Fields(QueryParams(body.decode("latin-1")).multi_items() if is_form else []), body


def told_in(request: Request, form: Fields) -> Fields:
    """Return what a request tells: its form if it is posted as one, else its query."""
    is_form = request.method == "POST" and request.headers.get("content-type", "").startswith(_FORM)
    return form if is_form else Fields(request.query_params.multi_items())
