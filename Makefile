# make run: the app.  make class PASSPHRASE=...: the app for a class, on the network.  make test: every test.
# All set up what they need on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Numerical libraries in the app's own processes use one thread each: runs share the cores.
export OMP_NUM_THREADS ?= 1
# Processes that test: many tests wait for a browser or a timer, so there are more of them than a laptop's free cores.
TESTERS ?= 3

.PHONY: run class test lint bench clean

# Ctrl-C is how the app is ended, no error.
run: $(VENV)/app
	@trap 'exit 0' INT; $(BIN)/streamlit run app.py

# In the environment, not in a command, where every user of the machine could read it.
class: export GLASSY_PASSPHRASE ?= $(PASSPHRASE)
class: $(VENV)/app
	@trap 'exit 0' INT; $(BIN)/python -m glassy_core class

# The tests under load measure: they run by themselves, after all others. With ARGS only what they name runs.
test: $(VENV)/app $(VENV)/dev
	$(BIN)/python -m pytest -n $(TESTERS) --dist worksteal $(or $(ARGS),--ignore=tests/load)
	$(if $(ARGS),,$(BIN)/python -m pytest -s tests/load)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32

bench: $(VENV)/app
	$(BIN)/python -m glassy_core bench

$(VENV)/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "glassy needs Python 3.11 or newer, this is %d.%d: set PYTHON=..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/packages: requirements.txt | $(VENV)/pip
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

# The compiled engine is built once here, so that the first run starts at once.
$(VENV)/app: $(VENV)/packages
	$(BIN)/python -m glassy_core warm
	touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/packages
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV)
