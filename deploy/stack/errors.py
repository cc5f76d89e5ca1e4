"""What can go wrong while servers are fetched, started and stopped."""

from __future__ import annotations


class StackError(Exception):
    """A server or service cannot be had.

    `code` is stable and meant for programs (`jar-hash-mismatch`, `no-network`, `port-taken`, ...); the sentence is for
    the person at the terminal and says what to do.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return f"{self.sentence} [{self.code}]"
