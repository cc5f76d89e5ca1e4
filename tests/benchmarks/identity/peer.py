"""nomenklatura's logic-v2 on pairs of people: a program of its own, for an environment that has nomenklatura.

Reads one JSON list of two `[names, birth date]` a line, writes one score a line.
"""

from __future__ import annotations

import json
import sys

from followthemoney import EntityProxy  # type: ignore[import-not-found]
from nomenklatura.matching import get_algorithm  # type: ignore[import-not-found]
from nomenklatura.matching.types import ScoringConfig  # type: ignore[import-not-found]


def main() -> None:
    """Score standard input."""
    algorithm, config = get_algorithm("logic-v2"), ScoringConfig.defaults()

    def entity(number: str, names: list[str], born: str) -> object:
        properties = {"name": names, "birthDate": [born] if born else []}
        return EntityProxy.from_dict({"id": number, "schema": "Person", "properties": properties})

    for number, line in enumerate(sys.stdin):
        one, other = json.loads(line)
        # Ids of their own: the library keeps what it found of an entity by its id.
        seen, known = entity(f"seen-{number}", *one), entity(f"known-{number}", *other)
        result = algorithm.compare(seen, known, config)
        sys.stdout.write(f"{result.score}\n")


if __name__ == "__main__":
    main()
