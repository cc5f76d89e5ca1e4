"""nomenklatura's logic-v2 on pairs of names: a program of its own, for an environment that has nomenklatura.

Reads one JSON list `[name, birth date, name, birth date]` a line, writes one score a line; exits with 3 where the
library is not there.
"""

from __future__ import annotations

import json
import sys


def main() -> int:
    """Score standard input."""
    try:
        from followthemoney import EntityProxy  # type: ignore[import-not-found]
        from nomenklatura.matching import get_algorithm  # type: ignore[import-not-found]
        from nomenklatura.matching.types import ScoringConfig  # type: ignore[import-not-found]
    except ImportError:
        return 3
    algorithm, config = get_algorithm("logic-v2"), ScoringConfig.defaults()

    def entity(number: str, name: str, born: str) -> object:
        properties = {"name": [name], "birthDate": [born] if born else []}
        return EntityProxy.from_dict({"id": number, "schema": "Person", "properties": properties})

    for number, line in enumerate(sys.stdin):
        one, one_born, other, other_born = json.loads(line)
        # Ids of their own: the library keeps what it found of an entity by its id.
        seen, known = entity(f"seen-{number}", one, one_born), entity(f"known-{number}", other, other_born)
        result = algorithm.compare(seen, known, config)
        sys.stdout.write(f"{result.score}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
