"""The templates of the pages, with everything escaped unless a template says otherwise (none does)."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from consumers.case_queue.comparison import detail, verdict
from consumers.case_queue.words import FILTERS, WORDS


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("consumers.case_queue", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(WORDS, detail=detail, verdict=verdict)
    return environment


def render(template: str, **context: Any) -> str:
    """A page as HTML."""
    return _environment().get_template(template).render(context)
