# `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test soak check bench screenshots sbom audit codemirror clean browser

help: ## List what make can do
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/run.stamp ## Serve the catalog on PORT (default 8080); Ctrl-C ends it
	@exec $(BIN)/python -m app.serve

test: $(VENV)/dev.stamp browser ## Run all tests, against TEST_DATABASE_URL or an embedded PostgreSQL
	$(BIN)/python -m pytest -m "not soak" -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/dev.stamp ## Run the long tests: crashes and thousands of changes, some minutes
	$(BIN)/python -m pytest -m soak $(ARGS)

check: $(VENV)/dev.stamp ## Lint, format, types and the arrows between modules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp ## Measure against a baseline, in one run
	$(BIN)/python -m bench $(ARGS)

screenshots: $(VENV)/dev.stamp browser ## Take the pictures of docs/screenshots; ARGS="list tool" takes some of them
	$(BIN)/python docs/screenshots.py $(ARGS)

sbom: $(VENV)-audit/stamp ## List what the product is made of, as CycloneDX, in sbom.cdx.json
	@$(VENV)-audit/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible -o sbom.cdx.json
	@echo "sbom.cdx.json"

audit: $(VENV)-audit/stamp ## Look the locked packages up among known holes; says so when no source answers
	@supply/audit

codemirror: ## Bundle the text editor anew, from supply/codemirror; needs node and npm
	@supply/codemirror/build

browser:
	@tests/e2e/install-browser

clean: ## Remove what make made, but not the data
	rm -rf $(VENV) $(VENV)-audit .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Tools that look at the packages live apart from them.
$(VENV)-audit/stamp: supply/requirements.lock
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/pip install --quiet --disable-pip-version-check --requirement supply/requirements.lock
	@touch $@

$(VENV)/run.stamp: requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock
	@touch $@
