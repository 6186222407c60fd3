.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
STAMP := $(VENV)/.ready
PINS := requirements.txt requirements-dev.txt constraints.txt
PIP := $(BIN)/pip --disable-pip-version-check --quiet
DEMO := demo

.PHONY: setup demo test check bench bench-accuracy bench-rivals bench-scale bench-report bundle dist clean distclean help

$(STAMP): $(PINS) setup.py scripts/configure-spark.sh scripts/find-java.sh
	@test -n "$(PYTHON)" || { echo "kembar needs Python 3.11 or newer: install it, or name it with PYTHON=..."; exit 1; }
	@java_home=$$(sh scripts/find-java.sh) \
	&& echo "setting up .venv (about 3.5 GB, some minutes)" \
	&& $(PYTHON) -m venv $(VENV) \
	&& $(PIP) install -c constraints.txt setuptools wheel \
	&& $(PIP) install -c constraints.txt -r requirements.txt -r requirements-dev.txt \
	&& $(PIP) install --no-deps --no-build-isolation --editable . \
	&& sh scripts/configure-spark.sh $(VENV) "$$java_home" $(CURDIR)/conf
	@touch $@

setup: $(STAMP)  ## make the environment in .venv

demo: setup  ## find the product groups of a sample catalogue
	@test -f $(DEMO)/catalogue/train.csv || $(BIN)/python -m kembar.sample --listings 400 --output $(DEMO)/catalogue
	@echo "-- encode: photos and titles to codes"
	@$(BIN)/spark-submit jobs/encode.py --listings $(DEMO)/catalogue/train.csv --images $(DEMO)/catalogue/images --output $(DEMO)/encoded
	@echo "-- match: blocks, decisions, groups"
	@$(BIN)/spark-submit jobs/match.py --encoded $(DEMO)/encoded --output $(DEMO)/matched
	@echo "-- evaluate: against the truth, which a sample catalogue has"
	@$(BIN)/spark-submit jobs/evaluate.py --listings $(DEMO)/catalogue/train.csv --submission $(DEMO)/matched/submission.csv --encoded $(DEMO)/encoded
	@$(BIN)/python -m kembar.sample.show $(DEMO)/catalogue/train.csv $(DEMO)/matched/submission.csv
	@echo "-- report: pages to look at groups and to mark what is wrong"
	@$(BIN)/spark-submit jobs/report.py --matched $(DEMO)/matched --encoded $(DEMO)/encoded --images $(DEMO)/catalogue/images --listings $(DEMO)/catalogue/train.csv --output $(DEMO)/report
	@echo "photos and titles: $(DEMO)/catalogue   groups: $(DEMO)/matched/submission.csv   look closer: notebooks/01_explore_groups.ipynb"
	@echo "open in a browser: $(CURDIR)/$(DEMO)/report/index.html"

test: setup  ## run the tests
	KEMBAR_CHROMIUM="$$(sh scripts/find-chromium.sh)" $(BIN)/python -m pytest

check: setup  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup  ## run every benchmark but the rivals', the report's and the largest (hours) and renew its page
	@set -e; for script in $(filter-out %bench_rivals.py %bench_scale.py %bench_report.py,$(wildcard benchmarks/bench_*.py)); do $(BIN)/python $$script; done

bench-accuracy: setup  ## measure quality by modality, ingredient, size, growth and labels (needs KEMBAR_DATA)
	$(BIN)/python benchmarks/bench_accuracy.py

bench-rivals: setup  ## measure other tools on the same splits, in an environment of their own (hours)
	$(BIN)/python benchmarks/bench_rivals.py

bench-scale: setup  ## measure match to 1,000,000 listings, skew, rivals, workers, and what a cluster would cost (hours)
	$(BIN)/python benchmarks/bench_scale.py all

bench-report: setup  ## measure how long a report of 70,000 listings takes to build and to open (half an hour)
	$(BIN)/python benchmarks/bench_report.py

bundle: setup  ## train the bundle that ships with kembar (needs KEMBAR_DATA)
	$(BIN)/python benchmarks/train_default.py

dist: setup  ## build the wheel, and the zip for spark-submit --py-files
	rm -rf dist build
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	cd dist && for wheel in *.whl; do cp $$wheel $${wheel%.whl}.zip; done

clean:  ## remove what was built, but for the environment
	rm -rf build dist $(DEMO) lib/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean  ## remove the environment too
	rm -rf $(VENV)

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
