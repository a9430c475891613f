"""One log line per event, with ids only: never an address, a number, a text or an IP.

``configure`` is called once by each process; every room then calls
``structlog.get_logger()`` and names its events ``noun.verb``, e.g. ``message.accepted``.
"""

import logging
import sys

import structlog


def configure(log_format: str = "json") -> None:
    """Write events to standard error: JSON lines, or coloured text on a terminal."""
    render: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=True)
    if log_format == "console":
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, _fault_without_values, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _library_without_values,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                render,
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _library_without_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Reduce a library's record to its origin: its text may quote what a person wrote."""
    record: logging.LogRecord = event["_record"]
    event["event"] = f"library.{record.name}"
    event["at"] = f"{record.module}:{record.lineno}"
    event.pop("exception", None)
    # The formatter took the exception from the record into the event; it must not be printed.
    error = event.pop("exc_info", None) or record.exc_info
    record.exc_info = record.exc_text = None
    if isinstance(error, tuple) and error[0]:
        event["fault"] = error[0].__name__
    return event


def _fault_without_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Reduce an exception to its class and the lines it passed: its text may quote a person."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        event["fault"] = type(error).__name__
        frames = []
        trace = error.__traceback__
        while trace:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}:{code.co_name}")
            trace = trace.tb_next
        event["passed"] = frames[-6:]
    return event
