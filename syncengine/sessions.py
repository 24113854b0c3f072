"""Django's sessions in a table that says whom each has signed in, so that one query tells it of any
number of them (https://docs.djangoproject.com/en/5.2/topics/http/sessions/, "Extending
database-backed session engines"). The `SESSION_ENGINE` of the settings."""

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db

from syncengine.models import Session


class SessionStore(db.SessionStore):
    """A session that a browser's cookie names by its key."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of a session that holds `data`."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        if data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS:
            row.account_id = int(data[SESSION_KEY])
            row.credentials = data.get(HASH_SESSION_KEY, "")
        return row

    def _validate_session_key(self, key: str | None) -> bool:
        # A cookie may hold anything, NUL included, which PostgreSQL refuses to look for.
        valid = super()._validate_session_key(key)  # type: ignore[misc]  # unknown to the stubs
        return bool(valid) and str(key).isalnum()
