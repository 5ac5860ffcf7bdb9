"""What Alembic runs for every change of the tables, on the connection that :mod:`storage.schema` gives.

A developer's ``alembic`` command has no such connection and names the database: ``-x url=sqlite:///draft.db``.
"""

from alembic import context
from sqlalchemy import Connection

from storage.database import open_database
from storage.records import Record


def run(connection: Connection) -> None:
    """Run the steps that were asked for, inside the transaction of *connection*."""
    context.configure(
        connection=connection,
        target_metadata=Record.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_database(context.get_x_argument(as_dictionary=True)["url"]) as database, database.engine.begin() as own:
        run(own)
