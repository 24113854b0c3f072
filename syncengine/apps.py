from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SyncengineConfig(AppConfig):
    name = "syncengine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from syncengine import signals

        post_migrate.connect(_put_triggers_back, sender=self)
        signals.connect()


def _put_triggers_back(**kwargs: object) -> None:
    # The signal also comes when the tables were migrated backwards, out of existence.
    from django.db import connection

    from syncengine import triggers
    from syncengine.models import SyncEvent

    if SyncEvent._meta.db_table in connection.introspection.table_names():
        triggers.install()
