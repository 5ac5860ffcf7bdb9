"""What a browser adds: the states of pages, where things stood in them, and what it took to get there."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(32)
WORD = sa.String(32)
SHA256 = sa.String(64)
MOMENT = sa.DateTime(timezone=True)


def added() -> dict[str, list[sa.Column[Any]]]:
    """Return the columns that known tables get, made anew for each use: a column belongs to one table."""
    return {
        "visit": [sa.Column("robots", SHA256)],
        "page": [sa.Column("looked_for", sa.JSON, nullable=False, server_default="[]")],
        "click": [
            sa.Column("box", sa.JSON),
            sa.Column("hovered", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("seconds", sa.Double),
        ],
        "sighting": [
            sa.Column("box", sa.JSON),
            sa.Column("in_header", sa.Boolean),
            sa.Column("fixed", sa.Boolean),
            sa.Column("hovered", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("state_id", ID),
        ],
    }


def upgrade() -> None:
    op.create_table(
        "page_state",
        sa.Column("id", ID, nullable=False),
        sa.Column("visit_id", ID, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("page_url", sa.Text, nullable=False),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("hovered", sa.Boolean, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("http_status", sa.Integer),
        sa.Column("address", sa.Text),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("response_seconds", sa.Double),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("html", SHA256),
        sa.Column("layout", SHA256),
        sa.Column("picture", SHA256),
        sa.Column("consent", sa.JSON),
        sa.Column("age_gate", sa.JSON),
        sa.Column("looked_for", sa.JSON, nullable=False),
        sa.Column("ended", WORD),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_page_state"),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name="fk_page_state_visit_id", ondelete="CASCADE", deferrable=True,
            initially="DEFERRED",
        ),
    )  # fmt: skip
    for column in ("visit_id", "html", "layout", "picture"):
        op.create_index(f"ix_page_state_{column}", "page_state", [column])
    for table, columns in added().items():
        for one in columns:
            op.add_column(table, one)


def downgrade() -> None:
    for table, columns in added().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
    op.drop_table("page_state")
