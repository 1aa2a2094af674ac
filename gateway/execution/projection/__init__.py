"""Plain records to output without graphql-core: functions compiled once per document and field.

`plain.py` says what is plain, `generator.py` writes the function, `plans.py` keeps it, `executor.py` uses it. Whatever a
generated function is not sure of, it gives back to graphql-core, whose data and errors it has to equal.
"""
