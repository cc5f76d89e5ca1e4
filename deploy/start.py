"""Where the program begins. A service starts without what only other commands need, which takes longer than its own.

What is not exactly `run` with such a service goes to `deploy.cli`, where every command is.
"""

from __future__ import annotations

import sys

_LIGHT = ("matching", "candidates")


def main() -> None:
    """Run the command line."""
    match sys.argv[1:]:
        case ["run", service] if service in _LIGHT:
            _run(service)
        case _:
            from deploy.cli import main as run_command

            run_command()


def _run(service: str) -> None:
    from consumers.completeness import RulesOlderError
    from consumers.schema_registry import RegistryError
    from deploy.services import run_candidates, run_matching
    from deploy.settings import SettingsError, read_settings
    from deploy.topics import TopicError
    from matcher.rules_faults import RuleSetError

    try:
        run = {"matching": run_matching, "candidates": run_candidates}[service]
        run(read_settings())
    except (SettingsError, RuleSetError, RulesOlderError, RegistryError, TopicError) as error:
        from rich.console import Console

        # As `deploy.cli.main`: what an operator can cause is one sentence.
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
        sys.exit(2)
