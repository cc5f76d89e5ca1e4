# The two commands of the README: `make demo` and `make test`. Everything they need is set up by themselves.
# PYTHON is the only thing to choose: any Python from 3.11 on.
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3 2>/dev/null))
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready
# The native core (docs/native.md) is built where there is a cargo; without it all works, only slower.
CARGO := $(shell command -v cargo 2>/dev/null)
CRATE := matcher/native
EXTENSION := $(CRATE)/_core.abi3.so

.DEFAULT_GOAL := help
.PHONY: help setup demo test check unit integration acceptance faults bench bench-matching bench-growth bench-peers lock generated clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Set up the environment, as locked
$(READY): $(INSTALLED) $(wildcard $(CRATE)/Cargo.*) $(wildcard $(CRATE)/src/*.rs)
ifneq ($(CARGO),)
	@PYO3_PYTHON=$(abspath $(BIN))/python $(CARGO) build --release --locked --manifest-path $(CRATE)/Cargo.toml \
		2> $(VENV)/native.log && install -m 755 $(CRATE)/target/release/lib_core.so $(EXTENSION) \
		|| { rm -f $(EXTENSION); echo "The native core could not be built ($(VENV)/native.log says why): plain Python is used, which is slower."; }
else
	@echo "There is no cargo to build the native core with: plain Python is used, which is slower."
endif
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Run the main job on real servers with invented people (ONCE=1 stops at the end)
	@$(BIN)/resesignal demo

test: check unit integration acceptance ## Pass all tests

check: $(READY) ## Formatting, lint, types, import contracts, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/resesignal asyncapi --check
	$(BIN)/resesignal schemas check
ifneq ($(CARGO),)
	$(CARGO) fmt --check --manifest-path $(CRATE)/Cargo.toml
	PYO3_PYTHON=$(abspath $(BIN))/python $(CARGO) clippy --quiet --release --locked --manifest-path $(CRATE)/Cargo.toml -- -D warnings
endif

unit: $(READY) ## Pure tests and contracts, with coverage of the pure rooms
	$(BIN)/pytest tests/unit tests/contract --cov --cov-report=term

integration: $(READY) ## Tests on real Kafka and PostgreSQL
	$(BIN)/pytest tests/integration

acceptance: $(READY) ## Whole processes, killed and watched
	$(BIN)/pytest tests/acceptance

faults: $(READY) ## Plant faults one at a time: the tests must notice each
	$(BIN)/python -m tests.planted_faults

bench: $(READY) ## Measure; writes docs/benchmarks.json and docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m deploy.page_tables

bench-matching: $(READY) ## Measure how well identity is decided; writes docs/bench-matching.md (OPTIONS=--without-peer)
	$(BIN)/python -m tests.benchmarks.identity $(OPTIONS)

bench-growth: $(READY) ## Measure how it grows with people, events kept, partitions and instances; writes docs/growth.md
	$(BIN)/python -m tests.benchmarks.growth $(OPTIONS)

bench-peers: $(READY) ## Measure the same join on Kafka Streams and Quix Streams; writes docs/bench-peers.md (OPTIONS=--quick)
	$(BIN)/python -m tests.benchmarks.peers $(OPTIONS)

lock: $(READY) ## Compile requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-annotate --no-header --python-version 3.11 \
		--all-extras --upgrade --quiet pyproject.toml --output-file requirements.lock

generated: $(READY) ## Generate anew what is made from code: AsyncAPI, dashboard, tables of the pages, sounds of names
	$(BIN)/python -m matcher.names.lexicon
	$(BIN)/resesignal asyncapi
	$(BIN)/python -m deploy.dashboard
	$(BIN)/python -m deploy.operation_page
	$(BIN)/python -m deploy.page_tables

clean: ## Remove the environment and all state of the local stack
	-@[ -x $(BIN)/resesignal ] && $(BIN)/resesignal down
	rm -rf $(VENV) .state
