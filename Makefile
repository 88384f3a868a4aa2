# One command each; the first makes .venv and installs into it, later ones start at once, without a network.
#   make chat    talk in the terminal (or: printf 'message\n' | make chat)
#   make ui      the same on a web page
#   make test    the test suite
#   make check   formatting, lint and types
#   make clean   delete .venv and caches
# PYTHON=python3.12 chooses the Python, VENV=folder where it goes, ARGS='--catalog books.csv' is passed on.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
# An index that has torch builds without CUDA saves gigabytes on a machine without an NVIDIA GPU: name yours
# here (make chat TORCH_INDEX=...). Empty: from wherever pip is set up to look.
TORCH_INDEX ?=
TORCH := torch>=2.4,<2.14

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install
LOG = $(VENV)/install.log
# All of pip's talk goes to the log; standard output is the chat's alone.
FAILED = { tail -n 20 $(LOG) >&2; echo "The installation failed; all of it is in $(LOG)." >&2; exit 1; }

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help chat ui test check clean

help:
	@sed -n 's/^#   //p' Makefile

chat: $(VENV)/.installed
	@$(BIN)/wherefore chat $(ARGS)

ui: $(VENV)/.installed-ui
	@$(BIN)/wherefore ui $(ARGS)

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(VENV)/.installed-dev
	@failed=; for step in "ruff check ." "ruff format --check ." "mypy"; do \
	  echo "-- $$step"; $(BIN)/$$step || failed="$$failed [$$step]"; \
	done; test -z "$$failed" || { echo "Failed:$$failed" >&2; exit 1; }

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# A stamp is a copy of the pyproject.toml that was installed: one with a new date and the same words, as
# after a git checkout, installs nothing.
$(VENV)/.installed: pyproject.toml | $(VENV)/.made
	@cmp -s $< $@ || { \
	  echo "Installing into $(VENV): a few minutes, once. Progress is in $(LOG)." >&2; \
	  { { test -n "$(TORCH_INDEX)" && $(PIP) --no-deps --index-url "$(TORCH_INDEX)" --timeout 15 --retries 0 "$(TORCH)"; } \
	    || $(PIP) "$(TORCH)"; } >>$(LOG) 2>&1 </dev/null || $(FAILED); \
	  $(PIP) -e . >>$(LOG) 2>&1 </dev/null || $(FAILED); }
	@cp $< $@

$(VENV)/.installed-%: pyproject.toml $(VENV)/.installed
	@cmp -s $< $@ || { \
	  echo "Installing what $* needs. Progress is in $(LOG)." >&2; \
	  $(PIP) -e '.[$*]' >>$(LOG) 2>&1 </dev/null || $(FAILED); }
	@cp $< $@

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
