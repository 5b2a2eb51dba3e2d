# make demo | test | run - each sets up what it needs. PYTHON=python3.12 chooses an interpreter (3.11 to 3.13).
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

QT_PACKAGES := libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0 \
	libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 fonts-dejavu-core
TEST_PACKAGES := $(QT_PACKAGES) gimp krita xvfb imagemagick

.PHONY: demo run test coverage bench screenshots clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.program $(VENV)/.models
	@mkdir -p out
	$(BIN)/unflatten decompose resources/samples/poster.png -o out/poster.psd --png out/poster-layers --overwrite

run: $(VENV)/.program $(VENV)/.models
	$(BIN)/unflatten

test: $(VENV)/.dev $(VENV)/.models
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not bench"

coverage: $(VENV)/.dev $(VENV)/.models
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not bench" --cov --cov-report=term:skip-covered --cov-report=html:out/coverage

bench: $(VENV)/.dev $(VENV)/.models
	$(BIN)/python -m pytest -m bench -s tests/bench

screenshots: $(VENV)/.dev $(VENV)/.models
	$(BIN)/python tools/screenshots.py docs/images

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Unflatten needs Python 3.11, 3.12 or 3.13; install one and run make again." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || ./tools/system-packages.sh python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.program: pyproject.toml constraints.txt | $(VENV)/bin/python
	@./tools/system-packages.sh $(QT_PACKAGES)
	$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@./tools/system-packages.sh $(TEST_PACKAGES)
	$(PIP) -e '.[dev]'
	@# ag-psd, one of the PSD readers that our files are checked in; its tests are skipped, by name, without it.
	-@command -v npm >/dev/null && npm install --silent --no-fund --no-audit --no-package-lock --prefix tests/export
	@touch $@ $(VENV)/.program

# A model that finds the subject of a photo; without it the program works and says what it lacks.
$(VENV)/.models: $(VENV)/.program
	-$(BIN)/unflatten models fetch subject
	@touch $@

clean:
	rm -rf $(VENV) out build *.egg-info
