.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
STAMP := $(VENV)/.ready
PINS := requirements.txt requirements-dev.txt requirements-build.txt constraints.txt
LOCKS := requirements.lock requirements-build.lock
PIP := $(BIN)/pip --disable-pip-version-check --quiet
SHARED := -n 2 --no-loadscope-reorder
LOCKING := --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate --no-header
DEMO := demo

.PHONY: setup demo test test-fast check coverage docs readme notebooks lock audit bench bench-accuracy bench-rivals bench-scale bench-report \
	bundle dist pack clean distclean help

$(STAMP): $(LOCKS) setup.py scripts/configure-spark.sh scripts/spark-checks.sh scripts/find-java.sh
	@test -n "$(PYTHON)" || { echo "kembar needs Python 3.11 or newer: install it, or name it with PYTHON=..."; exit 1; }
	@java_home=$$(sh scripts/find-java.sh) \
	&& echo "setting up .venv (about 4 GB, some minutes)" \
	&& $(PYTHON) -m venv $(VENV) \
	&& $(PIP) install --require-hashes -r requirements-build.lock \
	&& $(PIP) install --require-hashes --no-build-isolation -r requirements.lock \
	&& $(PIP) install --no-deps --no-build-isolation --editable . \
	&& echo "$(CURDIR)/lib" >"$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/kembar-lib.pth" \
	&& sh scripts/configure-spark.sh $(VENV) "$$java_home" $(CURDIR)/conf
	@touch $@

setup: $(STAMP)  ## make the environment in .venv

demo: setup  ## find the product groups of a sample catalogue
	@test -f $(DEMO)/catalogue/train.csv || $(BIN)/python -m kembar.synthetic --listings 400 --output $(DEMO)/catalogue
	@echo "-- encode: photos and titles to codes"
	@$(BIN)/spark-submit jobs/encode.py --listings $(DEMO)/catalogue/train.csv --images $(DEMO)/catalogue/images --output $(DEMO)/encoded
	@echo "-- match: blocks, decisions, groups"
	@$(BIN)/spark-submit jobs/match.py --encoded $(DEMO)/encoded --output $(DEMO)/matched
	@echo "-- evaluate: against the truth, which a sample catalogue has"
	@$(BIN)/spark-submit jobs/evaluate.py --listings $(DEMO)/catalogue/train.csv --submission $(DEMO)/matched/submission.csv --encoded $(DEMO)/encoded
	@$(BIN)/python -m kembar.synthetic.show $(DEMO)/catalogue/train.csv $(DEMO)/matched/submission.csv
	@echo "-- report: pages to look at groups and to mark what is wrong"
	@$(BIN)/spark-submit jobs/report.py --matched $(DEMO)/matched --encoded $(DEMO)/encoded --images $(DEMO)/catalogue/images --listings $(DEMO)/catalogue/train.csv --output $(DEMO)/report
	@echo "photos and titles: $(DEMO)/catalogue   groups: $(DEMO)/matched/submission.csv   look closer: notebooks/01_explore_groups.ipynb"
	@echo "open in a browser: $(CURDIR)/$(DEMO)/report/index.html"

test: setup  ## run the tests, in two processes
	KEMBAR_CHROMIUM="$$(sh scripts/find-chromium.sh)" $(BIN)/python -m pytest $(SHARED)

test-fast: setup  ## run the tests that need neither Spark nor a browser
	$(BIN)/python -m pytest -m "not slow and not spark"

check: setup  ## lint, format, types, imports and phrases
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir build/import_linter
	$(BIN)/python scripts/check_phrases.py

coverage: setup  ## run the tests and report which lines of lib and udfs none of them reached
	KEMBAR_CHROMIUM="$$(sh scripts/find-chromium.sh)" $(BIN)/python -m pytest $(SHARED) --cov --cov-report=term-missing:skip-covered --cov-report=html:build/coverage

docs: setup  ## build the documentation into build/docs/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --clean --quiet
	@echo "build/docs/index.html"

readme: setup  ## run the demo and write what it prints into README.md
	$(BIN)/python -m docs.generate.demo

notebooks: setup  ## run the notebooks on the demo's result and keep their outputs
	$(BIN)/python scripts/run_notebooks.py

lock:  ## pin what the requirements bring along by its hashes, for every system that it comes for
	$(PYTHON) -m venv build/lock && build/lock/bin/pip --quiet install uv==0.13.9
	build/lock/bin/uv pip compile $(LOCKING) -c constraints.txt requirements-build.txt -o requirements-build.lock
	build/lock/bin/uv pip compile $(LOCKING) -c constraints.txt $(filter-out constraints.txt,$(PINS)) -o requirements.lock

audit:  ## look all pinned packages up in a database of known vulnerabilities (needs the internet)
	$(PYTHON) -m venv build/audit && build/audit/bin/pip --quiet install pip-audit==2.10.1
	build/audit/bin/pip-audit --require-hashes --disable-pip -r requirements.lock

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
	rm -rf dist build/lib build/bdist.*
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	cd dist && for wheel in *.whl; do cp $$wheel $${wheel%.whl}.zip; done

pack: dist  ## build what a cluster needs: the zip for --py-files, and the environment for --archives (minutes)
	$(BIN)/python scripts/pack_env.py

clean:  ## remove what was built, but for the environment
	rm -rf build dist $(DEMO) lib/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean  ## remove the environment too
	rm -rf $(VENV)

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
