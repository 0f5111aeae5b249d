# make demo: the main job, end to end. make test: the whole suite. make check: what CI wants.
# make soak: two years of simulated life. make mail-check: the mails, by mail servers and a browser.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test soak mail-check check lint types format clean

demo: .venv/run
	@$(BIN)/litwatch demo

test: .venv/dev
	$(BIN)/pytest -n auto

soak: .venv/dev
	$(BIN)/pytest -m soak -s

mail-check: .venv/dev
	@sh tests/mailcheck/install.sh
	$(BIN)/pytest -m mail_check -s -rs tests/mailcheck

check: lint types test

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/bin/python:
	@$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ .venv/run

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache litwatch-demo
