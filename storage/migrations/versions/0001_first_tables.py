"""The first tables: panel, visits, campaigns, editions.

Types are written out here and not taken from the records: a step must go on doing what it did on the day it was
written.
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.tables import EXACT, ID, MOMENT, SHA256, WORD, needed, optional, table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_panel()
    create_visits()
    create_campaigns()
    create_editions()
    forbid_changing_events()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER event_is_append_only ON event")
        op.execute("DROP FUNCTION refuse_to_change_events()")
    # On SQLite a trigger goes with its table.
    for name in (
        "review", "mark", "edition", "reply", "event", "attempt", "campaign",
        "sighting", "click", "page", "visit", "run", "opt_out", "merchant",
    ):  # fmt: skip
        op.drop_table(name)


def create_panel() -> None:
    table(
        "merchant",
        needed("key", sa.Text),
        needed("name", sa.Text),
        needed("url", sa.Text),
        optional("category", sa.Text),
        needed("country", sa.Text),
        optional("language", sa.Text),
        optional("email", sa.Text),
        optional("phone", sa.Text),
        optional("x", sa.Text),
        optional("facebook", sa.Text),
        optional("hours", sa.Text),
        optional("logo", sa.Text),
        needed("entered", sa.Boolean),
        optional("sample_order", sa.Integer),
        needed("created_at", MOMENT),
        needed("updated_at", MOMENT),
        unique=[("key",)],
        indexed=[("category",)],
    )
    table(
        "opt_out",
        needed("kind", WORD),
        needed("value", sa.Text),
        optional("reason", sa.Text),
        optional("recorded_by", sa.Text),
        needed("recorded_at", MOMENT),
        unique=[("kind", "value")],
    )


def create_visits() -> None:
    table(
        "run",
        needed("kind", sa.Text),
        needed("state", WORD),
        needed("started_at", MOMENT),
        optional("finished_at", MOMENT),
        needed("parameters", sa.JSON),
        optional("tool_version", sa.Text),
        optional("claimed_by", sa.Text),
        needed("token", sa.Integer),
        optional("lease_until", MOMENT),
        indexed=[("state",)],
    )
    table(
        "visit",
        optional("run_id", ID),
        optional("merchant_id", ID),
        needed("url", sa.Text),
        optional("final_url", sa.Text),
        needed("profile", WORD),
        needed("country", sa.Text),
        optional("language", sa.Text),
        optional("status", WORD),
        optional("status_reason", WORD),
        needed("started_at", MOMENT),
        optional("finished_at", MOMENT),
        optional("tool_version", sa.Text),
        optional("browser", sa.Text),
        optional("user_agent", sa.Text),
        needed("pages_read", sa.Integer),
        needed("pages_rendered", sa.Integer),
        needed("bytes", sa.BigInteger),
        needed("cpu_seconds", sa.Double),
        needed("search", sa.JSON),
        needed("warnings", sa.JSON),
        refers={"run_id": "run", "merchant_id": "merchant"},
        unique=[("run_id", "merchant_id", "profile")],
        indexed=[("merchant_id",), ("finished_at",)],
    )
    table(
        "page",
        needed("visit_id", ID),
        needed("url", sa.Text),
        needed("depth", sa.Integer),
        optional("http_status", sa.Integer),
        optional("content_type", sa.Text),
        needed("bytes", sa.BigInteger),
        optional("template", sa.Text),
        optional("evidence", SHA256),
        needed("fetched_at", MOMENT),
        optional("failure", WORD),
        needed("rendered", sa.Boolean),
        belongs_to={"visit_id": "visit"},
        indexed=[("visit_id",), ("evidence",)],
    )
    table(
        "click",
        needed("visit_id", ID),
        needed("from_url", sa.Text),
        needed("to_url", sa.Text),
        needed("action", WORD),
        needed("label", sa.Text),
        optional("selector", sa.Text),
        needed("position", sa.Integer),
        belongs_to={"visit_id": "visit"},
        indexed=[("visit_id",)],
    )
    table(
        "sighting",
        needed("visit_id", ID),
        needed("page_url", sa.Text),
        needed("depth", sa.Integer),
        needed("channel", WORD),
        needed("value", sa.Text),
        needed("display", sa.Text),
        needed("readable", sa.Boolean),
        needed("context", sa.Text),
        needed("confidence", sa.Double),
        optional("price_class", WORD),
        optional("max_eur_per_min", EXACT),
        optional("max_eur_per_call", EXACT),
        optional("kind", WORD),
        optional("automatic", sa.Boolean),
        optional("set_aside", WORD),
        belongs_to={"visit_id": "visit"},
        indexed=[("visit_id",)],
    )


def create_campaigns() -> None:
    table(
        "campaign",
        needed("name", sa.Text),
        needed("channel", WORD),
        needed("scenario", sa.Text),
        needed("parameters", sa.JSON),
        needed("created_at", MOMENT),
        optional("released_by", sa.Text),
        optional("released_at", MOMENT),
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
        optional("scenario", sa.Text),
        optional("reply_address", sa.Text),
        optional("message_id", sa.Text),
        optional("planned_for", MOMENT),
        optional("t0", MOMENT),
        optional("blocked_by", sa.Text),
        needed("created_at", MOMENT),
        refers={"campaign_id": "campaign", "merchant_id": "merchant"},
        unique=[("reply_address",), ("message_id",)],
        indexed=[("campaign_id",), ("merchant_id", "channel"), ("state",), ("planned_for",)],
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
        indexed=[("evidence",)],
    )
    table(
        "reply",
        optional("attempt_id", ID),
        needed("kind", WORD),
        needed("rule", sa.Text),
        needed("received_at", MOMENT),
        needed("evidence", SHA256),
        optional("matched_by", sa.Text),
        optional("permanent", sa.Boolean),
        refers={"attempt_id": "attempt"},
        unique=[("evidence",)],
        indexed=[("attempt_id",)],
    )


def create_editions() -> None:
    table(
        "edition",
        needed("name", sa.Text),
        needed("revision", sa.Integer),
        needed("state", WORD),
        needed("grid", sa.Text),
        needed("grid_hash", SHA256),
        needed("created_at", MOMENT),
        optional("reviewed_at", MOMENT),
        optional("published_at", MOMENT),
        unique=[("name", "revision")],
    )
    table(
        "mark",
        needed("edition_id", ID),
        needed("merchant_id", ID),
        needed("criterion", sa.Text),
        optional("value", EXACT),
        optional("reason", sa.Text),
        needed("rater", sa.Text),
        needed("given_at", MOMENT),
        refers={"edition_id": "edition", "merchant_id": "merchant"},
        unique=[("edition_id", "merchant_id", "criterion", "rater")],
        indexed=[("merchant_id",)],
    )
    table(
        "review",
        optional("edition_id", ID),
        needed("subject", sa.Text),
        needed("subject_id", sa.Text),
        needed("verdict", WORD),
        optional("replacement", sa.Text),
        needed("why", sa.Text),
        needed("reviewer", sa.Text),
        needed("reviewed_at", MOMENT),
        refers={"edition_id": "edition"},
        indexed=[("edition_id",), ("subject", "subject_id")],
    )


def forbid_changing_events() -> None:
    """Let the database itself refuse to rewrite history, whatever program asks.

    A later step that rebuilds the table on SQLite must create these triggers again.
    """
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_refuses_{verb.lower()} BEFORE {verb} ON event "
                "BEGIN SELECT RAISE(ABORT, 'events are only appended'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are only appended' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_events()"
    )
