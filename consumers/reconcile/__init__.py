"""Proves that nothing vanished: every record has exactly one outcome, and the queue holds what Kafka holds.

`reconcile` gathers (gather.py, positions.py, database.py); what compares is pure (books.py, letters.py, matches.py,
queue.py).
"""

from consumers.reconcile.gather import reconcile
from consumers.reconcile.positions import await_handled
from consumers.reconcile.result import Difference, Problem, Reconciliation

__all__ = ["Difference", "Problem", "Reconciliation", "await_handled", "reconcile"]
