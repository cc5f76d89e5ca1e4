"""The case queue at Migrationsverket: PostgreSQL tables, what the sink writes, and what people read.

`store` writes a batch with its offsets in one transaction; `reader` masks; `viewing` logs; `api` and `pages` show.
"""
