# make demo        convert the example page: out/page.svg, .png, .xopp, ...
# make test        run the tests (those of training are skipped without PyTorch)
# make lint        style and types
# make browser     the tracer as a static web page: out/browser (docs/browser.md); needs npm
# make train-env   what training needs; TORCH says which build, e.g. TORCH=torch==2.13.0
#
# Everything lives in .venv; a finished step leaves a stamp there and is not repeated.

PYTHON ?= python3
TORCH ?= torch
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint browser train-env clean

demo: $(VENV)/.installed
	$(BIN)/python examples/demo.py

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser: $(VENV)/.installed
	$(BIN)/python -m browser.build

train-env: $(VENV)/.installed-train

clean:
	rm -rf $(VENV) out

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "inksight needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(INSTALL) -e '.[dev]'
	@touch $@

$(VENV)/.installed-train: $(VENV)/.installed-dev train/requirements.txt
	$(INSTALL) '$(TORCH)' -r train/requirements.txt
	@touch $@
