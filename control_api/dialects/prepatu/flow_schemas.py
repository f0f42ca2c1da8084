"""Bodies of the routes under `/v1/flows`."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from control_api.dialects.prepatu.errors import FlowFinding

EXAMPLE_YAML = 'id: greet\nversion: "1.0.0"\ninitial_state: hello\nstates:\n  hello:\n    say: Hello!\n'
_NAME_EXAMPLE = "My Booking Flow"

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: names go into listings and logs."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]
Yaml = Annotated[str, Field(min_length=1, max_length=1024 * 1024)]


class NewFlow(BaseModel):
    """A flow to keep."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": _NAME_EXAMPLE, "yaml_content": EXAMPLE_YAML}]})

    name: Name
    yaml_content: Yaml


class FlowText(BaseModel):
    """A document, and perhaps another name for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"yaml_content": EXAMPLE_YAML}]})

    yaml_content: Yaml
    name: Name | None = None


class FlowPatch(BaseModel):
    """What shall change; what is left out or null stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": _NAME_EXAMPLE}]})

    name: Name | None = None
    yaml_content: Yaml | None = None


class FlowItem(BaseModel):
    """A flow in a listing; times are seconds since 1970."""

    id: str
    name: str
    created_at: float
    updated_at: float
    version: int


class FlowDetail(FlowItem):
    """A flow with its newest document."""

    yaml_content: str


class FlowKept(FlowDetail):
    """A flow that was just written, and what its check warns of."""

    warnings: list[FlowFinding]


class Validation(BaseModel):
    """What a check found.

    Attributes:
        valid: It can run; there may be warnings.
        id: Of the document, if it can run.
    """

    valid: bool
    id: str | None
    findings: list[FlowFinding]


class VersionItem(BaseModel):
    """One version of a flow in a listing.

    Attributes:
        author: Id of the user or key that wrote it; empty for this machine's own user.
        note: Why there is this version.
    """

    version: int
    created_at: float
    author: str
    note: str
    size_bytes: int


class VersionDetail(VersionItem):
    """One version with its document."""

    yaml_content: str


class VersionDiff(BaseModel):
    """What changed from one version to another, as a unified diff; empty if nothing did."""

    from_version: int
    to_version: int
    diff: str


Document = dict[str, Any]
"""A flow as JSON values; a PUT of what a GET gave changes nothing."""
