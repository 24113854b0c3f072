"""What the database itself refuses: to change the log, or to append out of order.

SQLite drops a table's triggers when a migration remakes the table, so they are put back after
every migrate (`install` is called by `post_migrate`) and looked for at start and by `verifylog`.
"""

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
    # Fires before REPLACE and ON CONFLICT look for a collision, so they cannot get past it.
    "syncevent_next_position": f"""
        CREATE TRIGGER syncevent_next_position BEFORE INSERT ON {TABLE}
        WHEN NEW.position IS NOT (SELECT COALESCE(MAX(position), 0) + 1 FROM {TABLE})
        BEGIN SELECT RAISE(ABORT, '{OUT_OF_ORDER}'); END""",
}
_POSTGRESQL_FUNCTIONS = f"""
    CREATE OR REPLACE FUNCTION syncevent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSED}'; END $$;
    CREATE OR REPLACE FUNCTION syncevent_check_position() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.position IS DISTINCT FROM
            (SELECT COALESCE(MAX(position), 0) + 1 FROM {TABLE}) THEN
            RAISE EXCEPTION '{OUT_OF_ORDER}';
        END IF;
        RETURN NEW;
    END $$"""
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
    """Create whichever trigger is not there."""
    absent = missing()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTIONS)
        for name in absent:
            cursor.execute(_wanted()[name])


def missing() -> list[str]:
    """The names of the triggers that are not there, are switched off or say something else."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D'",
                [TABLE],
            )
            present = {name for (name,) in cursor.fetchall()}
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
                [TABLE],
            )
            present = {
                name
                for name, sql in cursor.fetchall()
                if _folded(sql) == _folded(_SQLITE.get(name))
            }
    return sorted(_wanted().keys() - present)


def _wanted() -> dict[str, str]:
    return _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE


def _folded(sql: str | None) -> str:
    return " ".join((sql or "").split())
