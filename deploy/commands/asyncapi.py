"""`resesignal asyncapi`: write the AsyncAPI document, or check that the committed one is right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.asyncapi import FILE, to_json, to_yaml


def asyncapi(
    file: Annotated[
        Path, typer.Argument(dir_okay=False, help="Where the document goes; as JSON where the name ends in .json.")
    ] = FILE,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 if the file differs.")] = False,
) -> None:
    """Generate the AsyncAPI document of all topics from the table and the schemas.

    Example: resesignal asyncapi --check
    """
    text = to_json() if file.suffix == ".json" else to_yaml()
    console = Console(soft_wrap=True, highlight=False)
    current = file.read_text("utf-8") if file.is_file() else None
    if current == text:
        console.print(f"{file} is up to date.")
    elif check:
        console.print(f"{file} differs from the table and the schemas; run `resesignal asyncapi` and commit it.")
        raise typer.Exit(1)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        console.print(f"Wrote {file}.")
