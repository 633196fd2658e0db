"""JSON logs without people in them: no message text, no id of a conversation, no address, at any
level.
"""

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.lines import Lines, LinesHandler


def configure(level: str) -> None:
    """Sends our own and every library's log to stderr, one JSON object a line."""
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        stamp,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = LinesHandler(Lines(sys.stderr))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, without_values],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("aiohttp.access").disabled = True  # addresses, and ids in paths


def without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Of a library's record, only its template and where an exception came from: aiohttp logs
    addresses and bytes it could not parse.
    """
    record: logging.LogRecord = event["_record"]
    # The first line: asyncio adds what a task held in those below.
    event["event"] = (
        record.msg.partition("\n")[0] if isinstance(record.msg, str) else type(record.msg).__name__
    )
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, tuple) and exc_info[0] is not None:
        event["error"] = exc_info[0].__name__
        event["where"] = [
            f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(exc_info[2])
        ][-3:]
    event.pop("positional_args", None)
    return event
