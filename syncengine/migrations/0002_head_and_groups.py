"""Begin the log, and make the groups that give rights."""

import json
import secrets

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GROUPS = ("Catalog admins", "Auditors")


def begin(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    log_id = secrets.token_hex(32)
    status = {"position": 0, "hash": log_id, "last_synced_at": None, "operation": None}
    apps.get_model("syncengine", "LogHead").objects.create(
        log_id=log_id, hash=log_id, status=json.dumps(status)
    )
    for name in GROUPS:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("syncengine", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
