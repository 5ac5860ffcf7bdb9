"""Which revisions of the tables this version of the program knows."""

from alembic.script import ScriptDirectory

from storage import schema


def known_revisions() -> frozenset[str]:
    """Return every revision that the tables may be at, the newest among them."""
    scripts = ScriptDirectory.from_config(schema._config())
    return frozenset(script.revision for script in scripts.walk_revisions())
