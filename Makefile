# LPP Signpost. `make run` and `make test` do all set-up themselves; `make help` lists the rest.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080
export HOST PORT
# The interpreter that is here is used; nothing is fetched behind your back.
export UV_PYTHON := $(PYTHON)
export UV_PYTHON_DOWNLOADS := never

# uv from PATH where it is new enough to read our lock; otherwise a pinned one of our own, in .uv.
UV := $(shell uv --version 2>/dev/null | grep -qE '^uv (0\.(1[3-9]|[2-9][0-9])|[1-9])' && command -v uv || echo .uv/bin/uv)
LOCK := uv.lock pyproject.toml $(shell find packages -name '*.py' -o -name '*.pth' -o -name pyproject.toml)
BOT := .venv/bin/python -m bot

.DEFAULT_GOAL := help

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

.uv/bin/uv: tools/uv.txt
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/uv.txt
	@touch $@

# Bytecode is compiled here, once: left to the first start it would cost that start some 17 s.
.venv/.service: $(LOCK) | $(filter .uv/bin/uv,$(UV))
	$(UV) sync --locked --no-dev --inexact --compile-bytecode --reinstall-package rasa-slim
	@touch $@

.venv/.tests: $(LOCK) | $(filter .uv/bin/uv,$(UV))
	$(UV) sync --locked --compile-bytecode --reinstall-package rasa-slim
	@touch .venv/.service $@

.PHONY: run
run: .venv/.service ## set everything up, make the models if they are not current, and serve on http://$HOST:$PORT
	@$(BOT) train --if-stale
	@exec $(BOT) serve

.PHONY: train
train: .venv/.service ## make the models from the released encoders and the content: half a minute
	$(BOT) train

.PHONY: encoder
encoder: .venv/.service ## for maintainers: teach the encoders anew and write packages/signpost-models: half an hour
	nice $(BOT) release all
	$(BOT) train

.PHONY: test
test: .venv/.tests ## check types, style and content, and run the whole suite
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/deptry .
	$(BOT) check
	$(BOT) train --if-stale
	.venv/bin/python -m bot.evaluation.training_data
	.venv/bin/rasa data validate
	.venv/bin/rasa test core --model models/signpost.tar.gz --stories tests/test_stories.yml --out results --fail-on-prediction-errors
	.venv/bin/python -m pytest $(PYTEST_ARGS)

.PHONY: test-each
test-each: ## run `make test` on each of Python 3.11, 3.12 and 3.13 that is here, in a clone of its own
	@for version in 3.11 3.12 3.13; do \
	  python$$version -c "" 2>/dev/null || { echo "Python $$version is not here"; continue; }; \
	  clone=var/python$$version; rm -rf $$clone; git clone --quiet . $$clone; \
	  $(MAKE) --directory $$clone test PYTHON=$$(command -v python$$version) || exit 1; \
	  echo "Python $$version: passed"; \
	done

# MUTATE names what to change: all that pyproject.toml lists (hours), or one function of it.
MUTATE ?=
.PHONY: mutate
mutate: .venv/.tests | $(filter .uv/bin/uv,$(UV)) ## change the code of bot/privacy bit by bit, and tell which changes no test notices
	$(UV) pip install --quiet --python .venv/bin/python --target var/mutmut mutmut==3.8.1
	PYTHONPATH=var/mutmut .venv/bin/python -m mutmut run $(MUTATE)
	PYTHONPATH=var/mutmut .venv/bin/python -m mutmut results

.PHONY: check
check: .venv/.service ## check the content files
	$(BOT) check

.PHONY: format
format: .venv/.tests ## put the code into its one form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

.PHONY: bench
bench: .venv/.tests ## measure the service beside plain Rasa, with the same model
	@$(BOT) train --if-stale
	@.venv/bin/python -m tests.bench

.PHONY: cluster
cluster: .venv/.tests ## two services behind HAProxy that share Redis and PostgreSQL, on this machine, until Ctrl-C
	@$(BOT) train --if-stale
	@.venv/bin/python -m tests.cluster

.PHONY: load
load: .venv/.tests ## PEOPLE (200) at once write to the service for MINUTES (30); fails on a crisis answer that is lost or wrong
	@$(BOT) train --if-stale
	@.venv/bin/python -m tests.load

.PHONY: compare
compare: .venv/.tests ## print size and accessibility of our widget beside two others (needs Chromium and npm)
	@$(BOT) train --if-stale
	@.venv/bin/python -m tests.browser.compare

.PHONY: screenshots
screenshots: .venv/.tests ## make the pictures in docs/img anew (needs Chromium)
	@$(BOT) train --if-stale
	.venv/bin/python -m tests.browser.screenshots

.PHONY: sbom
sbom: .venv/.service ## write results/sbom.json (CycloneDX) and results/licences.tsv: all that the service runs on
	@mkdir -p results
	$(UV) export --quiet --locked --no-dev --no-emit-project --format cyclonedx1.5 -o results/sbom.json
	.venv/bin/python tools/licences.py results/sbom.json >results/licences.tsv

.PHONY: audit
audit: $(filter .uv/bin/uv,$(UV)) ## look up known holes in what the service and its tests run on (asks osv.dev; a mirror: OSV=https://...)
	@$(UV) audit --locked --preview-features audit-command $(if $(OSV),--service-url $(OSV)); code=$$?; \
	case $$code in \
	  0|1) ;; \
	  *) echo "audit: osv.dev gave no answer, so nothing is known of holes: run this where it can be reached" >&2 ;; \
	esac; exit $$code

.PHONY: clean
clean: ## remove the environment, the models and everything else that is made
	rm -rf .venv .uv models results var .rasa .pytest_cache .mypy_cache .ruff_cache .hypothesis
