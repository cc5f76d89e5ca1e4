"""What can go wrong with the case queue and its database, each with a stable reason code.

None of the texts holds anything of a record: database errors quote parameters and rows, so only their kind is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import exc


class QueueError(Exception):
    """Base of the faults of the case queue.

    Attributes:
        code: stable reason code.
    """

    code = "queue-error"


class QueueUnavailable(QueueError):  # noqa: N818 - it reads as what happened
    """The database does not answer, answers too slowly, or gave up the transaction: the same call may succeed later."""

    code = "queue-unavailable"


class StalePosition(QueueError):  # noqa: N818 - as above
    """Another instance has moved the position since: this one no longer owns the partition, and nothing was written."""

    code = "queue-stale-position"

    def __init__(self, topic: str, partition: int) -> None:
        super().__init__(f"{topic}/{partition} was moved by another instance")
        self.topic = topic
        self.partition = partition


class RecordsUnfit(QueueError):  # noqa: N818 - as above
    """The database refuses the content of the batch; nothing was written. Apply one by one to find it."""

    code = "queue-records-unfit"


class RecordUnreadable(QueueError):  # noqa: N818 - as above
    """A stored record does not fit its model: it was written by a version that this one cannot read."""

    code = "queue-record-unreadable"


class NotLoopback(ValueError):  # noqa: N818 - it reads as what happened
    """The address is reachable from other machines."""

    code = "web-not-loopback"


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn what SQLAlchemy and psycopg raise into the errors above; faults of the program pass through.

    `from None` throughout: the original's text may quote rows.
    """
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise QueueUnavailable(_kind(error)) from None
    except (exc.DataError, exc.IntegrityError) as error:
        raise RecordsUnfit(_kind(error)) from None
    except exc.DBAPIError as error:
        # After a fail-over the old primary answers, but only reads.
        if error.connection_invalidated or isinstance(error.orig, ReadOnlySqlTransaction):
            raise QueueUnavailable(_kind(error)) from None
        raise


def _kind(error: BaseException) -> str:
    """The kind of error and its SQLSTATE, such as `QueryCanceled 57014`."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    return f"{type(original).__name__}{f' {state}' if state else ''}"
