"""How rows are read and written: SQLModel's tables, SQLAlchemy's statements and types, and a light session of ours.

What it earns: SQLModel's own session takes so many times as long for what one text does, on the same engine and
without waiting for the disk (least, median and most of 5 rounds on 2 cores, measured 2026-11 with
`python -m tests.benchmarks session`):

                                SQLite               PostgreSQL
    person and address by key    4.8  5.0  5.5       1.4  1.9  2.3
    10 rows added               18.1 20.6 26.2       3.1  3.2  3.7
    conditional UPDATE          11.8 12.4 12.8       0.9  1.8  2.1
    an object changed, flushed   6.2  6.3  6.9       1.2  1.5  1.6
    all of it                   11.3 11.7 11.9       2.3  2.6  3.4

What it costs: about 800 lines, and that it leans on what SQLAlchemy, SQLModel and the drivers do not promise. This is
all of it, by who uses it; each entry has its test in tests/test_store_internals.py, and pyproject.toml keeps out the
next minor version of SQLAlchemy and of SQLModel until those tests have passed on it.

`statements`
- of a compiled statement: `string`, `positional`, `positiontup`, `bind_names`, `binds` with their `type` and
  `required`, `construct_params(_check=False)`: the SQL text, the order of its parameters and the values it has itself
- `sqlalchemy.sql.util.find_tables(include_selects=, include_crud=, check_columns=)`: which tables a statement touches
- `TypeEngine.dialect_impl(dialect)`, and of that `bind_processor(dialect)` and `result_processor(dialect, None)`:
  how a value goes in and comes out; None stands for "as it is", and neither may be needed for NULL
- `DBAPIError.instance`: a driver's exception as SQLAlchemy's of the same name, without the parameters
- `sqlmodel.sql.expression.Select` and `SelectOfScalar`, for the types alone

`rows`
- `UpdateBase._returning`: whether a statement returns rows
- `Select.selected_columns` lists an entity's columns where `column_descriptions` has the entity, in its table's order
- an object made by `object.__new__` works without `_sa_instance_state`: reading an attribute looks into `__dict__`
- SQLModel's `model_fields`: the defaults of new rows

`session`
- `Connection.connection.driver_connection` and `Dialect.loaded_dbapi`: statements go to the driver's own `execute`,
  `executemany` (sqlite3), `pipeline` (psycopg) and `in_transaction` (sqlite3), inside the transaction that SQLAlchemy
  began on the same connection

`types`
- `TypeDecorator.bind_processor` may be overridden; SQLAlchemy's DateTime on SQLite writes
  `2026-03-03 15:00:00.000000`, which is also what ours writes
- `Model.__setattr__` replaces SQLModel's; `__table__` is the bare table

`lists` and `bulk` use public interfaces alone.
"""
