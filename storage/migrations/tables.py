"""How a step of the migrations writes a table down.

These words may be added to and never changed: a step must go on doing what it did on the day it was written.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

ID = sa.String(32)
WORD = sa.String(32)
SHA256 = sa.String(64)
MOMENT = sa.DateTime(timezone=True)
EXACT = sa.Numeric(asdecimal=True).with_variant(sa.String(40), "sqlite")


def table(
    name: str,
    *columns: sa.Column[Any],
    refers: dict[str, str] | None = None,
    belongs_to: dict[str, str] | None = None,
    unique: list[tuple[str, ...]] | None = None,
    indexed: list[tuple[str, ...]] | None = None,
) -> None:
    """Create a table with a key named ``id``.

    *refers* and *belongs_to* map columns to the tables they refer to; rows go with the row they belong to.
    """
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint("id", name=f"pk_{name}")]
    for ondelete, references in ((None, refers or {}), ("CASCADE", belongs_to or {})):
        for column, target in references.items():
            constraints.append(
                sa.ForeignKeyConstraint(
                    [column],
                    [f"{target}.id"],
                    name=f"fk_{name}_{column}",
                    ondelete=ondelete,
                    deferrable=True,
                    initially="DEFERRED",
                )
            )
    constraints += [sa.UniqueConstraint(*group, name=f"uq_{name}_{'_'.join(group)}") for group in unique or []]
    op.create_table(name, needed("id", ID), *columns, *constraints)
    for group in indexed or []:
        op.create_index(f"ix_{name}_{'_'.join(group)}", name, list(group))


def needed(name: str, kind: Any) -> sa.Column[Any]:
    """Return a column that is never empty."""
    return sa.Column(name, kind, nullable=False)


def optional(name: str, kind: Any) -> sa.Column[Any]:
    """Return a column that may be empty."""
    return sa.Column(name, kind, nullable=True)


def forbid_changing(table: str) -> None:
    """Let the database itself refuse to change or delete a row of *table*, whatever program asks."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table}s are only appended'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION refuse_to_change_{table}s() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table}s are only appended' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_to_change_{table}s()"
    )


def drop_append_only(table: str) -> None:
    """Drop *table* and what keeps its rows from being changed."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
        op.execute(f"DROP FUNCTION refuse_to_change_{table}s()")
    # On SQLite a trigger goes with its table.
    op.drop_table(table)
