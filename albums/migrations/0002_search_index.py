"""An index that SQLite searches and sorts the catalog in.

Without it every search reads the table, and most of that is tracks: with it a page out of 10,000
albums of twelve tracks takes a quarter of the time. PostgreSQL keeps long tracks apart from the
table by itself, and would refuse an album whose names do not fit into an entry of an index.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Everything that `catalog.browse` filters and sorts by.
CREATE = """CREATE INDEX album_browse ON albums_album (archived, sort_artist, year, sort_title, id,
    added_at, label, genre_list, search_text)"""
DROP = "DROP INDEX album_browse"


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(CREATE)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("albums", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
