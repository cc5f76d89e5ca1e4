"""Tables and lines on a screen, in a pipe or in a file: of a name, a number or an address nothing is ever cut.

Stands in for Rich's own two, which cut what does not fit into 80 columns, also where nothing is that narrow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Row
from rich.table import Table as RichTable
from rich.text import Text

# Without a terminal there is no width to keep to; wider than anything that is written.
_UNLIMITED = 100_000
_INDENT = 2


def tell(sentence: str, style: str) -> None:
    """Say a sentence on stderr, whole."""
    Console(stderr=True, highlight=False).print(sentence, style=style, markup=False, soft_wrap=True)


class Console(RichConsole):
    """Rich's console, which limits the width only where there is a terminal, or COLUMNS says how wide it is to be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not self.is_terminal and "width" not in options and not os.environ.get("COLUMNS", "").isdigit():
            self.width = _UNLIMITED


class Table(RichTable):
    """Rich's table, which cuts nothing. Only columns with `overflow="fold"` hold prose, and are wrapped.

    Where the others do not fit side by side, each row becomes a paragraph: what its first column says, and below it
    the values with the names of their columns.
    """

    def __rich_console__(self, console: RichConsole, options: ConsoleOptions) -> RenderResult:
        """As a table, or turned."""
        for column in self.columns:
            column.no_wrap = column.overflow != "fold"
        # Each column has a blank on both sides and a line before it; the last one also behind it.
        needed = sum(self._needs(console, options, column) + 3 for column in self.columns) + 1
        if needed <= options.max_width:
            yield from super().__rich_console__(console, options)
        else:
            yield from self._turned(console, options)

    def _needs(self, console: RichConsole, options: ConsoleOptions, column: Column) -> int:
        wide = options.update(width=_UNLIMITED)
        held = [*column.cells, *([column.header] if self.show_header else [])]
        measured = [Measurement.get(console, wide, one) for one in held]
        return max((one.minimum if column.overflow == "fold" else one.maximum for one in measured), default=0)

    def _turned(self, console: RichConsole, options: ConsoleOptions) -> Iterator[RenderableType]:
        if self.title:
            yield Text.assemble((_plain(console, self.title), "bold"))
        for row, *cells in zip(self.rows, *(column.cells for column in self.columns), strict=True):
            yield from self._paragraph(console, options, row, [_plain(console, cell) for cell in cells])
        if self.caption:
            yield Text(_plain(console, self.caption))

    def _paragraph(
        self, console: RichConsole, options: ConsoleOptions, row: Row, values: list[str]
    ) -> Iterator[RenderableType]:
        style = row.style or self.style or ""
        names = [_plain(console, column.header) for column in self.columns]
        yield Text(values[0], style=style, overflow="fold")
        line = ""
        for name, value, column in zip(names[1:], values[1:], self.columns[1:], strict=True):
            if not value:
                continue
            told = f"{name} {value}".strip()
            if line and (column.overflow == "fold" or _INDENT + cell_len(f"{line}, {told}") > options.max_width):
                yield Padding.indent(Text(line, style=style, overflow="fold"), _INDENT)
                line = ""
            line = f"{line}, {told}" if line else told
        if line:
            yield Padding.indent(Text(line, style=style, overflow="fold"), _INDENT)


def _plain(console: RichConsole, cell: RenderableType) -> str:
    return console.render_str(cell).plain if isinstance(cell, str) else str(cell)
