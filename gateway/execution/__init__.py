"""One GraphQL request's phases, in the order that `pipeline.py` lists."""
