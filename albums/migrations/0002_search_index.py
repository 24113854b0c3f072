"""An index that SQLite searches and sorts the catalog in.

Without it every search reads the table twice, to count and to sort, and most of what it reads are
tracks: for 10,000 albums of twelve tracks that takes five times as long. PostgreSQL keeps long
tracks apart from the table by itself, and would refuse an album whose names do not fit into an
entry of an index.

A migration that alters a field of Album makes the table anew on SQLite, without this index: it must
create it again, as `Meta.indexes` does for its own.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# All that `catalog.browse` filters and sorts by, in its usual order; also `archived`, which is the
# same in every entry, but which SQLite would otherwise look for in the table.
CREATE = """CREATE INDEX album_browse ON albums_album (sort_artist, year, sort_title, id, added_at,
    label, genre_list, search_text, archived) WHERE NOT archived"""
DROP = "DROP INDEX IF EXISTS album_browse"


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(CREATE)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("albums", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
