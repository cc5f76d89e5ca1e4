"""The log as services use it. Fields are counts, names and reason codes; never anything of a record or a person."""

from __future__ import annotations

from typing import Any, Protocol


class Log(Protocol):
    """A structured logger, such as structlog's."""

    def info(self, event: str, **fields: Any) -> Any:
        """Something an operator may want to know."""

    def warning(self, event: str, **fields: Any) -> Any:
        """Something an operator should look at if it goes on."""

    def error(self, event: str, **fields: Any) -> Any:
        """Something an operator must look at."""
