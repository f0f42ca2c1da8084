"""Bodies of the flow routes."""

from pydantic import BaseModel


class FlowItem(BaseModel):
    """One flow that can be called."""

    name: str
    id: str
    title: str
    description: str
    states: int


class FlowList(BaseModel):
    """All flows: the file stems, as older clients read them, and those that can be called in detail."""

    flows: list[str]
    items: list[FlowItem]
