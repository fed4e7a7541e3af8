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

.PHONY: help demo test test-slow lint install clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(MODEL)/config.json ## evaluate a real model in eight languages, align it, evaluate again, make a leaderboard
	$(BIN)/python -m trainer.loop --config recipes/loop/mini.yaml
	$(BIN)/calm report runs/demo --output runs/demo/leaderboard

test: $(MODEL)/config.json lint ## lint, then all tests but the slow ones; says which ten took longest
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" --durations=10 -n logical --maxprocesses=4 --dist=loadfile

test-slow: $(MODEL)/config.json ## whole loops, scale, fault injection
	$(BIN)/python -m pytest -m slow

lint: $(INSTALLED) ## format, lint, types, and which way imports run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(INSTALLED) ## set up .venv with the versions of constraints.txt

# Without an NVIDIA GPU the CPU build of torch: a few hundred megabytes instead of several gigabytes.
$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	if command -v nvidia-smi >/dev/null || [ "$$(uname -s)" != Linux ]; then \
	  $(BIN)/pip install torch==$(TORCH); \
	else \
	  $(BIN)/pip install -q torch==$(TORCH)+cpu 2>/dev/null || \
	  $(BIN)/pip install torch==$(TORCH)+cpu --index-url https://download.pytorch.org/whl/cpu; \
	fi
	$(BIN)/pip install -e '.[offline,dev]' -c constraints.txt
	touch $@

$(MODEL)/config.json: | $(INSTALLED)
	$(BIN)/calm offline-model $(MODEL)

clean: ## remove what make made
	rm -rf $(VENV) $(CACHE) build dist
