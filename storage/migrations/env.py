"""Alembic's entry: runs steps on the connection that `storage.schema` gives it."""

from typing import Any, Literal

from alembic import context

from storage.schema import metadata
from storage.tables.base import UtcTime


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write what SQL knows, so that a step does not change when our code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    compare_type=True,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()
