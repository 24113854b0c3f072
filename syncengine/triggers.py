"""What the database itself refuses: to change the log, or to append out of order.

SQLite drops a table's triggers when a migration remakes the table, so they are put back after
every migrate (`install` is called by `post_migrate`) and looked for at start and by `verifylog`.
"""

import re

from django.db import connection

TABLE = "syncengine_syncevent"
REFUSED = "the sync log is append-only"
OUT_OF_ORDER = "the sync log takes only the next position"

_SQLITE = {
    "syncevent_no_update": f"""
        CREATE TRIGGER syncevent_no_update BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    "syncevent_no_delete": f"""
        CREATE TRIGGER syncevent_no_delete BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    # Fires before REPLACE and ON CONFLICT look for a collision, so they cannot get past it. The
    # hidden rowid is a second key: a REPLACE that names one deletes its row without a trigger.
    "syncevent_next_position": f"""
        CREATE TRIGGER syncevent_next_position BEFORE INSERT ON {TABLE}
        WHEN NEW.position IS NOT (SELECT COALESCE(MAX(position), 0) + 1 FROM {TABLE})
            OR EXISTS (SELECT 1 FROM {TABLE} WHERE rowid = NEW.rowid)
        BEGIN SELECT RAISE(ABORT, '{OUT_OF_ORDER}'); END""",
}
_POSTGRESQL_FUNCTIONS = {
    "syncevent_refuse": f"""
        BEGIN RAISE EXCEPTION '{REFUSED}'; END""",
    "syncevent_check_position": f"""
        BEGIN
            IF NEW.position IS DISTINCT FROM
                (SELECT COALESCE(MAX(position), 0) + 1 FROM {TABLE}) THEN
                RAISE EXCEPTION '{OUT_OF_ORDER}';
            END IF;
            RETURN NEW;
        END""",
}
_POSTGRESQL = {
    "syncevent_no_update": f"""
        CREATE TRIGGER syncevent_no_update BEFORE UPDATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION syncevent_refuse()""",
    "syncevent_no_delete": f"""
        CREATE TRIGGER syncevent_no_delete BEFORE DELETE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION syncevent_refuse()""",
    "syncevent_no_truncate": f"""
        CREATE TRIGGER syncevent_no_truncate BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION syncevent_refuse()""",
    "syncevent_next_position": f"""
        CREATE TRIGGER syncevent_next_position BEFORE INSERT ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION syncevent_check_position()""",
}


def install() -> None:
    """Create whichever trigger is not there, and anew whichever is not as it was."""
    absent = missing()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and absent:
            for name, body in _POSTGRESQL_FUNCTIONS.items():
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger"
                    f" LANGUAGE plpgsql AS $${body}$$"
                )
        for name in absent:
            on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")
            cursor.execute(_wanted()[name])
            if connection.vendor == "postgresql":
                # In a session with session_replication_role = replica others do not fire.
                cursor.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name}")


def missing() -> list[str]:
    """The names of the triggers that are not there, are switched off or say something else."""
    present = (
        _present_on_postgresql() if connection.vendor == "postgresql" else _present_on_sqlite()
    )
    return sorted(_wanted().keys() - present)


def _present_on_sqlite() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE]
        )
        return {
            name for name, sql in cursor.fetchall() if _folded(sql) == _folded(_SQLITE.get(name))
        }


def _present_on_postgresql() -> set[str]:
    """Those that fire always ('A'), at the moment and for the statement that was wanted, without
    a condition, and run a function with the wanted body."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT tgname, pg_get_triggerdef(pg_trigger.oid), proname, prosrc
            FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE tgrelid = %s::regclass AND tgenabled = 'A'
            """,
            [TABLE],
        )
        return {
            name
            for name, definition, function, body in cursor.fetchall()
            if _unqualified(definition) == _folded(_POSTGRESQL.get(name))
            and _folded(body) == _folded(_POSTGRESQL_FUNCTIONS.get(function))
        }


def _wanted() -> dict[str, str]:
    return _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE


def _folded(sql: str | None) -> str:
    return " ".join((sql or "").split())


def _unqualified(definition: str) -> str:
    """A definition as PostgreSQL writes it, without the schema before the table."""
    return re.sub(rf" ON \S+\.{TABLE} ", f" ON {TABLE} ", definition)
