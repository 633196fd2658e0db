"""Brings a directory's tables to the form that this code needs, or back to that of an older one,
with alembic and without alembic.ini.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.errors import SignpostError

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


class MigrationError(SignpostError):
    """These tables cannot be brought there by this code."""


def migrate(connection: Connection, revision: str | None = None) -> None:
    """Runs the migrations that are missing, or takes back those that came after `revision`, inside
    the connection's own transaction. Raises MigrationError, with nothing changed, for a revision
    that this code does not know, be it the one asked for or that of the tables.
    """
    config = _config(connection)
    script = ScriptDirectory.from_config(config)
    known = [each.revision for each in script.walk_revisions()]  # newest first
    now = MigrationContext.configure(connection).get_current_revision()
    if now is not None and now not in known:
        raise MigrationError(
            f"the tables are of a newer version of the service ({now}): with that version, "
            f"`python -m bot sponsors setup --to {known[0]}` takes them back to this one's"
        )
    wanted = revision or known[0]
    if wanted not in known:
        raise MigrationError(f"{wanted} is not a revision of the tables: there are {known[::-1]}")
    if now is not None and known.index(wanted) > known.index(now):
        command.downgrade(config, wanted)
    else:
        command.upgrade(config, wanted)


def is_current(connection: Connection) -> bool:
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
