# make demo        convert the example page: out/page.svg, .png, .xopp, ...
# make test        run the tests (those of training are skipped without PyTorch)
# make lint        style
# make types       the types of the package and of all that stands beside it
# make check       lint, types and test: what must hold before a change lands
# make release     build the package, install it into an empty environment, run the README's examples there
# make browser     the tracer as a static web page: out/browser (docs/browser.md); needs npm
# make train-env   what training needs; TORCH says which build, e.g. TORCH=torch==2.13.0
#
# Everything lives in .venv; a finished step leaves a stamp there and is not repeated.
# PYTHONHASHSEED: the processes that share the tests have to agree on the order of sets.

PYTHON ?= python3
TORCH ?= torch
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint types check release browser train-env clean

demo: $(VENV)/.installed
	$(BIN)/python examples/demo.py

test: $(VENV)/.installed-dev
	PYTHONHASHSEED=0 OMP_NUM_THREADS=1 OPENCV_FOR_THREADS_NUM=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 \
		--dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

check: lint types test

release: $(VENV)/.installed-dev
	$(BIN)/python -m bench.release

browser: $(VENV)/.installed
	$(BIN)/python -m browser.build

train-env: $(VENV)/.installed-train

clean:
	rm -rf $(VENV) out dist

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
