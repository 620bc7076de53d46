# Everything installs into .venv; nothing but python3 (3.11 or newer) and make is needed.
.DEFAULT_GOAL := help
.PHONY: help demo resource-server test lint matrix bench compare screenshots docs messages constraints clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export UV_PYTHON_DOWNLOADS = never
unexport DJANGO_SETTINGS_MODULE

help:  ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 22

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("python3 is %d.%d here; 3.11 or newer is needed (set PYTHON=)" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[demo]' --group dev
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt --group bench
	@touch $@

demo: $(VENV)/.installed  ## Start the demo on 127.0.0.1:8000
	@exec $(BIN)/python -m demo_project.serve

resource-server: $(VENV)/.installed  ## Start the demo's second service alone, on the next port
	@exec $(BIN)/python -m demo_project.resource_server

test: $(VENV)/.installed  ## Run every test
	@$(BIN)/python -m tests.harness.jose
	$(BIN)/python -m pytest -n 2 -m "not serial"
	$(BIN)/python -m pytest -m serial
	$(BIN)/python -m tests.harness.requirements check

lint: $(VENV)/.installed  ## Check format, types, import contracts, migrations, settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m tests.harness.tree
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	DJANGO_SETTINGS_MODULE=tests.settings_production $(BIN)/python manage.py check --deploy --fail-level WARNING

matrix: $(VENV)/.installed  ## Run the tests on every supported Python and Django
	@$(BIN)/python -m tests.harness.jose
	$(BIN)/python -m tests.harness.matrix

bench: $(VENV)/.installed-bench  ## Measure both apps against budgets and peers (JSON=FILE, WITHOUT=scale)
	@exec $(BIN)/python -m benchmarks $(PROGRAMS) $(if $(JSON),--json $(JSON)) $(addprefix --without ,$(WITHOUT))

compare: $(VENV)/.installed  ## Measure both schemes over HTTP, side by side (ARGS="--quick --json FILE")
	@exec $(BIN)/python -m demo_project.compare $(ARGS)

screenshots: $(VENV)/.installed  ## Take pictures of every page, into build/screenshots
	@$(BIN)/python -m tests.e2e.screenshots

docs: $(VENV)/.installed  ## Regenerate the generated pages of docs/, and the figures in every page
	$(BIN)/python -m tests.harness.figures write
	$(BIN)/python -m tests.harness.requirements write

messages: $(VENV)/.installed  ## Bring the message catalogues up to date and compile them
	$(BIN)/python -m tests.harness.messages

constraints: $(VENV)/.installed  ## Resolve constraints.txt anew
	$(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --no-emit-package django --python-version 3.11 --all-extras --group dev --group bench pyproject.toml -o constraints.txt

clean:  ## Remove what was built here (the demo's data stays)
	rm -rf $(VENV) .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
