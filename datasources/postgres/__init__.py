"""The gateway's own PostgreSQL: tables, migrations, the pool, one repository per stem."""
