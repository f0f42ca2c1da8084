"""The one place that configures logging: structlog, with the standard library's records led through it."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_KEYS = frozenset({"token", "session_token", "authorization", "api_key", "password", "secret"})


# Without the values of variables, which structlog shows unless told otherwise: they hold passwords and what was said.
_BARE = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
_QUIET = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "websockets",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "openai",
    "anthropic",
    "deepgram",
    "aiosqlite",
    "alembic",
    "psycopg",
    "python_multipart",
    "sqlalchemy",
)


def configure(level: str, *, as_json: bool, stream: TextIO = sys.stderr) -> None:
    """Log records of `level` and above to `stream`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    renderer: list[Processor] = (
        [structlog.processors.ExceptionRenderer(_BARE), structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # uvicorn logs each WebSocket with its whole address, token and query included; `access_log.py` logs requests. The
    # database's drivers log every value that is read or written.
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key in _SECRET_KEYS & event.keys():
        event[key] = "[redacted]"
    return event
