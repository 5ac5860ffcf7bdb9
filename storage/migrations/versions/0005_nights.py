"""Jobs that are due at a time, and the batches that a night is read in."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.tables import ID, MOMENT, WORD, needed, optional, table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("run") as batch:
        batch.add_column(optional("due", sa.Text))
        batch.add_column(optional("outcome", sa.JSON))
        batch.create_unique_constraint("uq_run_kind_due", ["kind", "due"])
    table(
        "batch",
        needed("run_id", ID),
        needed("number", sa.Integer),
        needed("retry_pass", sa.Integer),
        needed("merchants", sa.JSON),
        needed("state", WORD),
        optional("claimed_by", sa.Text),
        needed("token", sa.Integer),
        optional("lease_until", MOMENT),
        needed("starts", sa.Integer),
        needed("created_at", MOMENT),
        optional("started_at", MOMENT),
        optional("finished_at", MOMENT),
        optional("ended", sa.Text),
        optional("exit_code", sa.Integer),
        optional("seconds", sa.Double),
        optional("cpu_seconds", sa.Double),
        optional("peak_bytes", sa.BigInteger),
        optional("log", sa.Text),
        refers={"run_id": "run"},
        unique=[("run_id", "number")],
    )


def downgrade() -> None:
    op.drop_table("batch")
    with op.batch_alter_table("run") as batch:
        batch.drop_constraint("uq_run_kind_due", type_="unique")
        batch.drop_column("outcome")
        batch.drop_column("due")
