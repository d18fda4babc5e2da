# Everything a contributor runs; `make help` lists it.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PORT ?= 8080
SITE ?= fixtures/sites/load-balancer/conf.d
PYTEST ?= $(BIN)/pytest
# Workers side by side: the whole is mostly waiting for servers.
JOBS ?= auto
PARALLEL = --numprocesses $(JOBS) --maxprocesses 4 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help serve test check record prove-all bench soak servers setup clean fuzz

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Stamps: a folder is set up once, and again when what it was made from changes.
$(VENV)/.runs: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("make: Python 3.11 or later is needed, e.g. make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: this Python cannot make a venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.develops: $(VENV)/.runs
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

setup: $(VENV)/.develops ## make the venv with everything that development needs

serve: $(VENV)/.runs ## run the load-balancer site on 127.0.0.1:8080 with stub origins
	@echo "try:  curl -H 'Host: example.com' http://127.0.0.1:$(PORT)/"
	$(BIN)/apacheconf serve $(SITE) --listen 80=127.0.0.1:$(PORT) --stub-origins --access-log -

servers: $(VENV)/.develops ## install the real httpd, nginx and HAProxy where that is allowed
	@sh .ci/servers $(BIN)

test: servers check ## set everything up, then check and run all tests of the first ring
	$(PYTEST) $(PARALLEL) --ignore=tests/test_imports.py

check: $(VENV)/.develops ## ruff, mypy --strict, and who imports whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(PYTEST) tests/test_imports.py

# Everything that keeps answers of the real httpd beside the tests.
RECORDERS = tests.support tests.record tests.runtime.contest tests.expand.fixture tests.model.refusals tests.model.htaccess \
	tests.modules.test_expressions tests.modules.test_rewrite_lines tests.program.asked tests.rewriting \
	tests.runtime.checked tests.runtime.handshakes tests.runtime.secure tests.runtime.digests tests.wire

record: servers ## ask the real httpd again and rewrite its recorded answers
	@for recorder in $(RECORDERS); do echo "recording $$recorder"; $(BIN)/python -m $$recorder || exit 1; done

prove-all: servers ## the long ring: everything, live
	APACHECONF_PROVE_ALL=1 $(PYTEST) $(PARALLEL) -m "prove_all or live"

soak: servers ## serve under trouble: members that come and go, slow clients, two million requests
	$(BIN)/python -m tests.soak

bench: servers ## CPU per request, beside httpd, nginx and HAProxy
	$(BIN)/python -m tests.bench

fuzz: setup ## an hour of hostile text for the front end
	$(BIN)/python -m pip install --quiet --only-binary :all: --group fuzz
	nice $(BIN)/python -m tests.fuzz --seconds 3600

clean: ## remove what make and the tools made, but not the venv
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find apacheconf tests -name __pycache__ -type d -prune -exec rm -rf {} +
