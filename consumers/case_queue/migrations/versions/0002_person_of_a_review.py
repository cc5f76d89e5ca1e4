"""The person whom a traveller may be, beside the possible match: whoever decides compares the two.

Rows that are there get it when their person's reviews are published next.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_ERASED = "ck_identity_review_erased"


def upgrade() -> None:
    op.add_column(
        "identity_review",
        sa.Column(
            "person",
            postgresql.JSONB(),
            nullable=True,
            comment="As in the registry, for whoever compares; null where no row has been seen.",
        ),
    )
    op.drop_constraint(op.f(_ERASED), "identity_review")
    op.create_check_constraint(
        op.f(_ERASED),
        "identity_review",
        "state = 'OPEN' OR (record IS NULL AND person IS NULL AND occurred_at IS NULL AND country IS NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f(_ERASED), "identity_review")
    op.drop_column("identity_review", "person")
    op.create_check_constraint(
        op.f(_ERASED),
        "identity_review",
        "state = 'OPEN' OR (record IS NULL AND occurred_at IS NULL AND country IS NULL)",
    )
