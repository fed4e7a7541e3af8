# Two commands: `make demo` runs the main job end to end, `make test` runs the tests. Both set up what they need.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)
INSTALLED := $(VENV)/.installed
CACHE := .cache
MODEL := $(CACHE)/gemma-3-270m
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test test-slow lint install clean

demo: $(MODEL)/config.json
	$(BIN)/python -m trainer.loop --config recipes/loop/mini.yaml
	$(BIN)/calm report runs/demo --output runs/demo/leaderboard

test: $(MODEL)/config.json lint
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(MODEL)/config.json
	$(BIN)/python -m pytest -m slow

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

install: $(INSTALLED)

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

clean:
	rm -rf $(VENV) $(CACHE) build dist
