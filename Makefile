# tieout's commands. `make` alone lists them, from the comments behind their names.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ENGINE ?= sail
SIZE ?= 1m
SCENARIOS ?= 20000
TRADES ?= 1000000
FILES ?= 2000
SEED ?= 1

BIN := .venv/bin
UV := $(BIN)/uv
JAVA := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/java,java)
JAVA_MAJOR = $(shell $(JAVA) -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
HAS_JDK = test "0$(JAVA_MAJOR)" -ge 17

# What every program of ours is started with: the jobs' environment first, workers from it too.
RUN := PATH="$(CURDIR)/$(BIN):$$PATH" PYSPARK_PYTHON="$(CURDIR)/$(BIN)/python" \
       SPARK_LOCAL_IP=127.0.0.1
PYTEST := $(BIN)/python -m pytest
REPORTS := build/test
JOBS = $(RUN) TIEOUT_ENGINE=
# Of ours alone: what an environment calls so is no option of pytest.
COVERAGE :=

.PHONY: help env airflow-env jars jdk demo demo-month airflow staging notebooks test test-sail test-programs test-spark test-airflow test-lint jars-if-jdk coverage check \
        nightly soak fuzz \
        lint types format rows golden mutants bench bench-ingest bench-match bench-explain bench-history bench-labels \
        lock wheel zip clean

help: ## list the targets
	@echo "usage: make TARGET [PYTHON=python3.12] [ENGINE=sail|spark] [SIZE=1m|10m]"; echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | \
	  while IFS=$$'\t' read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done

# ---- environments: made from the locks, made again when a lock changes ----------------------

env: .venv/.tieout ## make .venv, the environment of the jobs

airflow-env: .venv-airflow/.synced ## make .venv-airflow, Airflow's own environment

define usable_venv
$(1)/bin/python -m pip -V >/dev/null 2>&1 || { \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
  echo "tieout needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1);" \
       "name another one: make PYTHON=python3.12" >&2; exit 1; }; \
echo "making $(1) (the first time takes minutes: it downloads a lot)"; \
$(PYTHON) -m venv --clear $(1) || { rm -rf $(1); \
  echo "$(PYTHON) cannot make environments; on Debian: sudo apt-get install python3-venv" >&2; \
  exit 1; }; }
endef

.venv/.uv: requirements-bootstrap.lock
	@$(call usable_venv,.venv)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.synced: requirements.lock .venv/.uv
	@$(UV) pip sync -q --require-hashes -p $(BIN)/python $<
	@touch $@

# The build backend is in the lock: an editable install asks no registry.
.venv/.tieout: pyproject.toml .venv/.synced
	@$(UV) pip install -q -p $(BIN)/python --offline --no-deps --no-build-isolation -e .
	@touch $@

.venv-airflow/.synced: requirements-airflow.lock .venv/.uv
	@$(call usable_venv,.venv-airflow)
	@$(UV) pip sync -q --require-hashes -p .venv-airflow/bin/python $<
	@touch $@

jdk:
	@$(HAS_JDK) || { echo "Spark needs a JDK 17 or newer, and there is none on the PATH or" \
	  "in JAVA_HOME: sudo apt-get install openjdk-17-jre-headless" >&2; exit 1; }

jars: jdk env ## fetch the two Delta jars for Spark into .jars, once
	@$(RUN) $(BIN)/python -m jobs.engine.delta_jars
	@$(MAKE) -s .jars/.archived

# Made anew with the environment and the jars: the JVM passes over an archive of other jars.
.jars/.archived: .venv/.synced jobs/engine/jvm_class_archive.py $(wildcard .jars/*.jar)
	@echo "keeping Spark's classes in an archive, once (half a minute)"
	@mkdir -p $(@D)
	@$(RUN) $(BIN)/python -m jobs.engine.jvm_class_archive 2>$(@D)/archive.log || { cat $(@D)/archive.log; exit 1; }
	@touch $@

# ---- running --------------------------------------------------------------------------------

demo: $(if $(filter spark,$(ENGINE)),jars,env) ## five labelled days through every step [ENGINE=sail|spark]
	@case "$(ENGINE)" in sail|spark) ;; *) \
	  echo "ENGINE is sail or spark, not '$(ENGINE)'" >&2; exit 2;; esac
	@$(JOBS)$(ENGINE) $(BIN)/python -m demo --engine $(ENGINE)

demo-month: TRADES = 5000
demo-month: $(if $(filter spark,$(ENGINE)),jars,env) ## a labelled month, day by day; precision and recall by class [TRADES=5000] [ENGINE=sail|spark]
	@case "$(ENGINE)" in sail|spark) ;; *) \
	  echo "ENGINE is sail or spark, not '$(ENGINE)'" >&2; exit 2;; esac
	@$(JOBS)$(ENGINE) $(BIN)/python -m demo.month --engine $(ENGINE) --trades $(TRADES)

airflow: env airflow-env ## Airflow on this machine with the demo's channels, until Ctrl-C
	@$(JOBS)sail $(BIN)/python -m demo.airflow

staging: jars zip ## a standalone Spark cluster and an object store with the demo's files, until Ctrl-C
	@$(RUN) $(BIN)/python -m demo.staging

notebooks: env ## every notebook on the demo's lake, as a page in build/notebooks
	@test -d demo-data/lake || { echo "run make demo first: the notebooks show its lake" >&2; exit 2; }
	@$(RUN) $(BIN)/python -m tests.support.notebook_pages build/notebooks

bench: env ## the whole job and its peers, timed; appends to the results [SIZE=1m|10m]
	@if $(HAS_JDK); then $(MAKE) jars; fi
	@$(RUN) $(BIN)/python -m benchmarks.speed --size $(SIZE)

bench-ingest: env ## landing by itself: large, 144 parts, one line, banks' of 100 MB [SIZE=1m|10m]
	@if $(HAS_JDK); then $(MAKE) jars; fi
	@$(RUN) $(BIN)/python -m benchmarks.landing --size $(SIZE)

bench-match: env ## the match alone: a hot amount, a look-back over days as large [SIZE=1m|10m]
	@$(RUN) $(BIN)/python -m benchmarks.matching --size $(SIZE)

bench-explain: env ## one reference's story from a lake of 30 days [SIZE=1m]
	@$(RUN) $(BIN)/python -m benchmarks.explain --size $(SIZE)

bench-history: env ## a small day after 1, 100 and 400 days of history
	@$(RUN) $(BIN)/python -m benchmarks.history

bench-labels: env ## a labelled day matched, and precision and recall by class [TRADES=1000000]
	@$(RUN) $(BIN)/python -m benchmarks.labels --trades $(TRADES)

# ---- keeping it right -----------------------------------------------------------------------

check: env lint types ## the inner loop: lint, types, quick tests on the embedded engine
	@$(JOBS)sail $(PYTEST) -q

soak: env ## the match against its oracle on many drawn scenarios [SCENARIOS=20000]
	@$(JOBS)sail $(BIN)/python -m tests.oracle.soak --scenarios $(SCENARIOS)

mutants: env ## faults made by hand in the match, one by one: does a test catch each? (minutes)
	@$(JOBS)sail $(BIN)/python -m tests.faults.run_faults

fuzz: env ## damaged statements of every dialect: right lines or refused by name [FILES=2000]
	@$(RUN) $(BIN)/python -m tests.fuzz --files $(FILES) --seed $(SEED)

lint: env ## ruff: rules and format
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check . || { echo "run: make format" >&2; exit 1; }

types: env ## mypy, strict on jobs and schemas
	@$(BIN)/mypy

format: env ## put the code into the house's format
	@$(BIN)/ruff check -q --fix-only .
	@$(BIN)/ruff format -q .

# Lanes run two at a time, the longest first, so that no core waits; a lane that fails stops no
# other. Each leaves its exit status and its report, and the closing line adds them up.
LANES := spark sail airflow programs lint
LANES_AT_ONCE ?= 2

test: env ## everything, on both engines (with CI=true a JDK is a must)
	@rm -rf $(REPORTS); mkdir -p $(REPORTS)
	@$(MAKE) -k -j$(LANES_AT_ONCE) --output-sync=target $(LANES:%=lane-%) || true
	@$(BIN)/python -m tests.support.sum_up $(REPORTS)

lane-%: env
	@status=0; $(MAKE) test-$* || status=$$?; echo $$status > $(REPORTS)/$*.exit

lane-spark lane-airflow: lane-%: jars-if-jdk
	@if $(HAS_JDK); then \
	  status=0; $(MAKE) test-$* || status=$$?; echo $$status > $(REPORTS)/$*.exit; \
	else \
	  echo "SKIPPED by name: $* tests (no JDK 17+)"; echo absent > $(REPORTS)/$*.exit; \
	fi

lane-airflow: airflow-env

# The short lanes come last: they wait for what the long ones need, so that a core is left for these.
lane-programs lane-lint: | jars-if-jdk airflow-env

jars-if-jdk: env
	@if $(HAS_JDK); then $(MAKE) jars; fi

test-lint: lint types

test-sail: env ## the half of the tests on Sail
	@echo "== Sail half"
	@$(JOBS)sail $(PYTEST) -m "not spark and not airflow and not nightly and not programs" \
	  $(COVERAGE) --junitxml=$(REPORTS)/sail.xml

coverage: env ## the same, and which lines it runs (a quarter slower)
	@$(MAKE) test-sail COVERAGE="--cov --cov-report=term"

test-programs: env ## what the docs tell a person to type, on Sail
	@echo "== Programs"
	@$(JOBS)sail $(PYTEST) -m "programs and not nightly" --junitxml=$(REPORTS)/programs.xml

test-spark: jars ## the half of the tests on Spark
	@echo "== Spark half"
	@$(JOBS)spark $(PYTEST) -m "not airflow and not nightly and not sail_only" \
	  --junitxml=$(REPORTS)/spark.xml

test-airflow: jars airflow-env ## the DAGs, run by Airflow itself
	@echo "== Airflow"
	@$(JOBS)spark $(PYTEST) -m "airflow and not nightly" --junitxml=$(REPORTS)/airflow.xml

nightly: jars airflow-env ## tests of minutes each: killed jobs, full disks, object store, 100 MB files
	@$(JOBS)sail $(PYTEST) -m "nightly and not airflow and not spark"
	@$(JOBS)spark $(PYTEST) -m "nightly and (airflow or spark)"

rows: $(if $(filter spark,$(ENGINE)),jars,env) ## hash all rows of the demo and of 300 scenarios: same as before? [ENGINE=sail|spark]
	@$(JOBS)$(ENGINE) $(BIN)/python -m tests.support.row_hashes

golden: env ## write the golden files anew and show what changed
	@$(JOBS)sail $(BIN)/python -m tests.support.golden

# ---- releasing ------------------------------------------------------------------------------

COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
          --no-annotate $(UPGRADE)

lock: .venv/.uv ## compile the locks again (newer versions: UPGRADE=--upgrade)
	@$(COMPILE) --all-extras pyproject.toml requirements.in -o requirements.lock
	@$(COMPILE) requirements-airflow.in -o requirements-airflow.lock
	@echo uv | $(COMPILE) - -o requirements-bootstrap.lock

wheel: env ## build the wheel into dist/
	@rm -rf dist && $(BIN)/python -m hatchling build -t wheel -d dist

zip: wheel ## build dist/tieout.zip, for spark-submit --py-files
	@cp dist/tieout-*.whl dist/tieout.zip && echo dist/tieout.zip

clean: ## remove what make made, environments and jars apart
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
