"""Django's sessions in the database, asked only for keys that could be one."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """A cookie may hold anything, NUL included, which PostgreSQL refuses to look for."""

    def _validate_session_key(self, key: str | None) -> bool:
        valid = super()._validate_session_key(key)  # type: ignore[misc]  # unknown to the stubs
        return bool(valid) and str(key).isalnum()
