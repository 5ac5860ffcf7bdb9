"""What an edition is frozen in, what happened to it, and what merchants object."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.tables import (
    ID,
    MOMENT,
    SHA256,
    WORD,
    drop_append_only,
    forbid_changing,
    needed,
    optional,
    table,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def added() -> list[sa.Column[object]]:
    """Return the new columns of an edition; no version of the program could write one yet, so the defaults fill nothing."""
    return [
        sa.Column("title", sa.Text, nullable=False, server_default=""),
        sa.Column("year", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tests_from", MOMENT, nullable=False, server_default="2000-01-01 00:00:00+00:00"),
        sa.Column("tests_until", MOMENT, nullable=False, server_default="2000-01-01 00:00:00+00:00"),
        sa.Column("parameters", sa.JSON, nullable=False, server_default="{}"),
        optional("correction", sa.Text),
        optional("tool_version", sa.Text),
        optional("scored_at", MOMENT),
        optional("reviewed_by", sa.Text),
        optional("published_by", sa.Text),
    ]


def upgrade() -> None:
    for column in added():
        op.add_column("edition", column)
    table(
        "edition_file",
        needed("edition_id", ID),
        needed("kind", WORD),
        needed("category", sa.Text),
        needed("evidence", SHA256),
        refers={"edition_id": "edition"},
        unique=[("edition_id", "kind", "category")],
        indexed=[("evidence",)],
    )
    table(
        "edition_event",
        needed("edition_id", ID),
        needed("step", WORD),
        needed("actor", sa.Text),
        needed("at", MOMENT),
        optional("why", sa.Text),
        needed("detail", sa.JSON),
        refers={"edition_id": "edition"},
        indexed=[("edition_id",)],
    )
    table(
        "dispute",
        needed("edition_id", ID),
        needed("merchant_id", ID),
        needed("objection", sa.Text),
        needed("recorded_by", sa.Text),
        needed("recorded_at", MOMENT),
        refers={"edition_id": "edition", "merchant_id": "merchant"},
        indexed=[("edition_id",), ("merchant_id",)],
    )
    forbid_changing("edition_event")
    forbid_changing("dispute")


def downgrade() -> None:
    drop_append_only("dispute")
    drop_append_only("edition_event")
    op.drop_table("edition_file")
    with op.batch_alter_table("edition") as batch:
        for column in added():
            batch.drop_column(column.name)
