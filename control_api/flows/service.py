"""List flows."""

import dataclasses

from control_api.flows.schemas import FlowItem, FlowList
from control_api.ports import FlowCatalogue


def list_flows(catalogue: FlowCatalogue) -> FlowList:
    """Return every flow there is; a broken one only by its name."""
    items = [FlowItem(**dataclasses.asdict(each)) for each in catalogue.summaries()]
    return FlowList(flows=list(catalogue.names()), items=items)
