"""What probes keep: whole plans, where messages go and what came back, stamps and ratings of people."""

from importlib import import_module

import sqlalchemy as sa
from alembic import op

from storage.migrations.tables import (
    EXACT,
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

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No version of the program could write to these tables yet, so they are made anew rather than patched.
    drop_campaigns()
    create_campaigns()
    create_replies()
    create_watches()
    create_desk()


def downgrade() -> None:
    op.drop_table("rating")
    drop_append_only("stamp")
    op.drop_table("target_check")
    op.drop_table("mailbox_position")
    drop_campaigns()
    first = import_module("storage.migrations.versions.0001_first_tables")
    first.create_campaigns()
    first.forbid_changing_events()


def drop_campaigns() -> None:
    op.drop_table("reply")
    drop_append_only("event")
    op.drop_table("attempt")
    op.drop_table("campaign")


def create_campaigns() -> None:
    table(
        "campaign",
        needed("name", sa.Text),
        needed("parameters", sa.JSON),
        needed("starts_at", MOMENT),
        needed("ends_at", MOMENT),
        needed("contest", sa.Boolean),
        needed("created_at", MOMENT),
        optional("released_by", sa.Text),
        optional("released_at", MOMENT),
        optional("stopped_by", sa.Text),
        optional("stopped_at", MOMENT),
        optional("closed_at", MOMENT),
        unique=[("name",)],
    )
    table(
        "attempt",
        needed("campaign_id", ID),
        needed("merchant_id", ID),
        needed("channel", WORD),
        needed("state", WORD),
        optional("target", sa.Text),
        optional("target_source", sa.Text),
        needed("scenario", sa.Text),
        needed("language", sa.Text),
        needed("variant", sa.Integer),
        optional("subject", sa.Text),
        needed("body", sa.Text),
        needed("token", sa.Text),
        optional("reply_address", sa.Text),
        optional("message_id", sa.Text),
        optional("link", sa.Text),
        needed("assisted", sa.Boolean),
        needed("planned_for", MOMENT),
        needed("window_seconds", sa.Integer),
        optional("t0", MOMENT),
        optional("blocked_by", WORD),
        optional("reminder_of", ID),
        needed("created_at", MOMENT),
        refers={"campaign_id": "campaign", "merchant_id": "merchant", "reminder_of": "attempt"},
        unique=[("token",), ("reply_address",), ("message_id",)],
        indexed=[("campaign_id",), ("merchant_id", "channel"), ("state",), ("planned_for",), ("reminder_of",)],
    )
    table(
        "event",
        needed("attempt_id", ID),
        needed("sequence", sa.Integer),
        needed("state", WORD),
        needed("at", MOMENT),
        optional("actor", sa.Text),
        optional("detail", sa.Text),
        optional("evidence", SHA256),
        refers={"attempt_id": "attempt"},
        unique=[("attempt_id", "sequence")],
        indexed=[("evidence",), ("at",)],
    )
    forbid_changing("event")


def create_replies() -> None:
    table(
        "reply",
        optional("attempt_id", ID),
        needed("kind", WORD),
        needed("rule", sa.Text),
        needed("received_at", MOMENT),
        needed("kept_at", MOMENT),
        needed("source", sa.Text),
        needed("evidence", SHA256),
        optional("matched_by", sa.Text),
        needed("candidates", sa.JSON),
        optional("message_id", sa.Text),
        optional("text", sa.Text),
        optional("fingerprint", SHA256),
        optional("permanent", sa.Boolean),
        optional("purged_at", MOMENT),
        refers={"attempt_id": "attempt"},
        unique=[("evidence",)],
        indexed=[("attempt_id",), ("message_id",), ("fingerprint",)],
    )


def create_watches() -> None:
    table(
        "mailbox_position",
        needed("mailbox", sa.Text),
        optional("validity", sa.Text),
        optional("position", sa.Text),
        needed("updated_at", MOMENT),
        unique=[("mailbox",)],
    )
    table(
        "target_check",
        needed("channel", WORD),
        needed("target", sa.Text),
        needed("good", sa.Boolean),
        optional("why", sa.Text),
        needed("checked_at", MOMENT),
        unique=[("channel", "target")],
    )


def create_desk() -> None:
    table(
        "stamp",
        needed("attempt_id", ID),
        needed("sequence", sa.Integer),
        needed("kind", WORD),
        needed("at", MOMENT),
        needed("actor", sa.Text),
        optional("note", sa.Text),
        optional("undoes", sa.Integer),
        refers={"attempt_id": "attempt"},
        unique=[("attempt_id", "sequence")],
    )
    forbid_changing("stamp")
    table(
        "rating",
        needed("attempt_id", ID),
        needed("criterion", sa.Text),
        needed("rater", sa.Text),
        optional("value", EXACT),
        optional("why", sa.Text),
        needed("given_at", MOMENT),
        refers={"attempt_id": "attempt"},
        indexed=[("attempt_id", "criterion", "rater")],
    )
