# Every target is one line that can be typed as well.
PYTHON ?= python3
UV ?= uv
LOCK_OPTIONS = --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
LOCK = $(UV) pip compile $(LOCK_OPTIONS) --all-extras pyproject.toml

.PHONY: demo test bench serve lint format types schema lock web clean

demo test bench serve:
	$(PYTHON) run.py $@ $(ARGS)

schema:
	$(PYTHON) run.py schema > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

lint:
	.venv/bin/ruff check .
	.venv/bin/lint-imports --no-cache

format:
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .

types:
	.venv/bin/mypy

# No address of an index ends up in the locks.
lock:
	$(LOCK) --output-file requirements.txt
	$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt
	cd deploy/shop && $(UV) pip compile $(LOCK_OPTIONS) --constraint ../../requirements.txt requirements.in --output-file requirements.txt

web:
	cd web && npm ci && npm run build

clean:
	rm -rf .venv .data .coverage htmlcov .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
