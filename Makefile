# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
ONLY ?=
.PHONY: demo dev test test-long bench check clean install

install: $(VENV)/.installed
dev: $(VENV)/.developed

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
$(BIN)/uv: | $(BIN)/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV); echo "Python came without pip: install python3-venv, then run make again."; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
$(VENV)/.installed: pyproject.toml uv.lock | $(BIN)/uv
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --active --quiet --frozen --inexact --compile-bytecode --no-dev --extra embedded
	@$(BIN)/python -m compileall -q src
	@touch $@
$(VENV)/.developed: $(VENV)/.installed
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --active --quiet --frozen --inexact --compile-bytecode --extra embedded
	@touch $@

demo: install
	@$(BIN)/heed demo $(ARGS)

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: dev check
	$(BIN)/python tests/provide.py
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not long' $(ARGS)

test-long: dev
	$(BIN)/python tests/provide.py
	$(BIN)/python -m pytest -m long $(ARGS)

bench: dev
	$(BIN)/python -m bench $(ONLY)

clean:
	rm -rf $(VENV)
