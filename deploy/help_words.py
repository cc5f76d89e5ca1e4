"""`--help` in words: what an option takes is called NUMBER or DATE; a flag takes nothing, so nothing is said."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

_WORDS = {
    "bool": "",
    "int": "NUMBER",
    "int range": "NUMBER",
    "float": "NUMBER",
    "float range": "NUMBER",
    "path": "PATH",
    "file": "FILE",
    "dir": "DIR",
    "str": "TEXT",
    "text": "TEXT",
    "%Y-%m-%d": "DATE",
}


class WordedGroup(TyperGroup):
    """The group of all commands. Typer shows a type's name or format, such as <bool>; their options get words."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        _put_in_words(self)


def _put_in_words(command: Any) -> None:
    context = typer.Context(command)
    for option in (*command.params, command.get_help_option(context)):
        if isinstance(option, TyperOption) and option.metavar is None:
            shown = (option.display_type(context) or "").removeprefix("<").removesuffix(">")
            option.metavar = _WORDS.get(shown)
    if isinstance(command, TyperGroup):
        for one in command.commands.values():
            _put_in_words(one)
