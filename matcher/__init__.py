"""All deciding, pure: who a traveller may be, what status held then, which rules fire, what candidate follows.

May import `schemas` only; no Kafka, SQL, environment or clock, and no file but its rule sets and the lexicon of names.
The same input gives the same bytes.

Read `examine` for one event, `memory` for its revisions, `fold` for a person's candidate.
"""

# Part of every finding: raise it whenever the same input may give another finding. The sentences of `explain` are part
# of a candidate alone: other words reach those that exist when their person is folded next, and `reconcile` compares
# what is stored.
MATCHER_VERSION = "13"
