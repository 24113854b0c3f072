"""Single rows of a table by their keys, in statements whose SQL is put together once.

Appending an event is a handful of these. The ORM makes the SQL of each query anew, which takes
several times as long as the database needs to carry it out.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model

M = TypeVar("M", bound=Model)
AnyField = Any  # of a model: a Field of any two types
Statement = tuple[str, list[Any]]  # its SQL and its values
Convert = Callable[[Any], Any]


def read(model: type[M], key: Any, *, lock: bool = False) -> M | None:
    """The row with this key, None where there is none. With `lock` it is this transaction's until
    its end, as by `select_for_update`."""
    sql, names, converters = _select(model, lock)
    with connection.cursor() as cursor:
        cursor.execute(sql, [model._meta.pk.get_db_prep_value(key, connection)])
        found = cursor.fetchone()
    if found is None:
        return None
    values = list(found)
    for place, convert in converters:
        values[place] = convert(values[place])
    return model.from_db(connection.alias, names, values)


def insertion(row: Model) -> Statement:
    """The statement that stores a new row. A key that the database gives is not read back."""
    sql, fields = _insert(type(row))
    return sql, _values(row, fields)


def change(row: Model, /, **columns: Any) -> Statement:
    """Give these columns of a stored row other values: here, and by the statement returned."""
    for name, value in columns.items():
        setattr(row, name, value)
    sql, fields = _update(type(row), tuple(columns))
    return sql, _values(row, fields)


def carry_out(statements: Iterable[Statement]) -> None:
    """Let the database do these in order, on PostgreSQL in one round trip. Where one fails, nothing
    of the transaction is kept."""
    # Django's features know `uses_server_side_binding` on PostgreSQL only: it allows one at a time.
    if not getattr(connection.features, "uses_server_side_binding", True):
        together = list(statements)
        sql = "; ".join(sql for sql, _ in together)
        statements = [(sql, [value for _, values in together for value in values])]
    with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
        for sql, values in statements:
            cursor.execute(sql, values)


@lru_cache
def _select(model: type[Model], lock: bool) -> tuple[str, list[str], list[tuple[int, Convert]]]:
    fields = model._meta.concrete_fields
    columns = ", ".join(map(_name, fields))
    sql = f"SELECT {columns} FROM {_table(model)} WHERE {_name(model._meta.pk)} = %s"
    if lock and connection.features.has_select_for_update:
        sql += f" {connection.ops.for_update_sql()}"
    converters = [
        (place, convert) for place, field in enumerate(fields) for convert in _converters(field)
    ]
    return sql, [field.attname for field in fields], converters


@lru_cache
def _insert(model: type[Model]) -> tuple[str, list[AnyField]]:
    fields = [field for field in model._meta.concrete_fields if not field.db_returning]
    columns = ", ".join(map(_name, fields))
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {_table(model)} ({columns}) VALUES ({places})", fields


@lru_cache
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[AnyField]]:
    fields = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f"{_name(field)} = %s" for field in fields)
    sql = f"UPDATE {_table(model)} SET {columns} WHERE {_name(model._meta.pk)} = %s"
    return sql, [*fields, model._meta.pk]


def _converters(field: AnyField) -> list[Convert]:
    """From what the database gives to what the model holds, as a query of the ORM has them."""
    column = field.get_col(field.model._meta.db_table)
    converters = connection.ops.get_db_converters(column) + column.get_db_converters(connection)

    def bound(converter: Callable[..., Any]) -> Convert:
        return lambda value: converter(value, column, connection)

    return [bound(converter) for converter in converters]


def _values(row: Model, fields: Iterable[AnyField]) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _name(field: AnyField) -> str:
    return connection.ops.quote_name(field.column)
