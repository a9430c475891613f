# Relais. Everything here works from a fresh clone with Python >= 3.11, make and git.
#   make demo          the relay at work, with a web inbox     (ONCE=1: one message, then stop)
#   make test          every test, browser tests included
#   make check         format, lint, types, imports, dependencies
#   make sbom          the bill of materials, CycloneDX, to stdout
#   make bench         ratios against bare aiohttp, aiosmtplib and Postfix
#   make pictures      the console's pictures in docs/images, taken anew
#   make schema        sql/schema.sql, the picture of all migrations

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check fix bench pictures schema assurance lock sbom clean

demo: .venv/installed-run
	@$(BIN)/relay demo $(if $(ONCE),--once --json)

test: .venv/installed-dev
	@$(BIN)/python tests/browser/install.py
	$(BIN)/pytest -n 3 --dist loadfile $(ARGS)

check: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m tests.assurance --check
	$(BIN)/python .ci/audit.py

fix: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed-dev
	$(BIN)/python -m bench $(ARGS)

pictures: .venv/installed-dev
	@$(BIN)/python tests/browser/install.py
	$(BIN)/pytest -q -p no:randomly tests/browser/pictures.py

schema: .venv/installed-dev
	@$(BIN)/python -m tests.schema

assurance: .venv/installed-dev
	$(BIN)/python -m tests.assurance

lock:
	lock/renew

sbom: .venv/installed-dev
	@$(BIN)/python .ci/sbom.py

clean:
	rm -rf .venv .browser .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/installed-%: lock/%.txt pyproject.toml .ci/install
	@PYTHON="$(PYTHON)" .ci/install lock/$*.txt
	@touch $@ $(if $(filter dev,$*),.venv/installed-run)
