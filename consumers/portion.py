"""How many records are taken at once, so that none of them makes a transaction outlast its time.

A thousand records are decided in some milliseconds. A sender whose travellers all have the name and birth date of
hundreds of people makes that a minute. The broker would abort a transaction that lasted so long, and the same records
would be taken again, in vain and for ever.
"""

from __future__ import annotations


class Portion:
    """At most so many records, and fewer after some that took long.

    Attributes:
        size: how many are to be taken next.
    """

    def __init__(self, most: int, seconds: float) -> None:
        """Begin with `most` records, which is never exceeded; a portion should take no longer than `seconds`."""
        self.size = self._most = most
        self._seconds = seconds

    def took(self, records: int, seconds: float) -> None:
        """Learn how long so many records took."""
        if seconds > self._seconds:
            self.size = max(1, min(self.size, int(records * self._seconds / seconds)))
        elif self.size < self._most and seconds * 4 < self._seconds:
            self.size = min(self._most, 2 * self.size)
