# One command each; every target sets up what it needs. PYTHON chooses the interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
CODE := ntk_uq pages tests benchmarks app.py docs/conf.py docs/pictures.py

# JAX's CUDA plug-in comes along where the driver lists an NVIDIA card. CUDA=no leaves it out, and
# CUDA=12 or 13 asks for it.
CUDA ?= $(if $(wildcard /proc/driver/nvidia/gpus/*),12,no)

# The program sets this for itself; tests compute in their own process (see ntk_uq/base/process.py).
export OPENBLAS_THREAD_TIMEOUT ?= 18

.PHONY: run test test-slow attack check format bench docs pictures wheel lock clean

run: $(VENV)/installed
	$(BIN)/python -m ntk_uq run $(ARGS)

# In two processes, a file of tests in one of them: most tests keep one core busy, and a process
# grows to 2 to 4 GB. ARGS="-n 4" for more, ARGS="-n 0" for none but this one. The second run takes
# less: what JAX has compiled is kept in tests/__pycache__/jax. Optimizing is half of compiling, so
# it is left out; with OPTIMIZED=1 programs are as users have them.
test: $(VENV)/installed-dev
	$(if $(OPTIMIZED),,XLA_FLAGS="--xla_backend_optimization_level=0 $$XLA_FLAGS") $(BIN)/python -m pytest -m "not slow and not browser" -n 2 --dist loadfile $(ARGS)

# Long tests, and those in a real browser (Debian: apt install chromium). One after another: they
# measure times and peaks of memory, and start clusters and browsers.
test-slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m "slow or browser" $(ARGS)

# Kills, cancels, fills, damages and deceives the running product, on loopback alone, and prints what
# became of it: ten minutes at most. ARGS="--short" does less of it, as CI does
# (docs/contributing/attack.md).
attack: $(VENV)/installed-dev
	PYTHONPATH=.:tests $(BIN)/python -m attack $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

# How fast it all is, beside others and the machine's own ceilings (benchmarks/README.md):
# a quarter to half an hour; ARGS="--quick" takes a minute.
bench: $(VENV)/installed-bench
	$(BIN)/python -m benchmarks $(ARGS)

# Guides and API reference as one site, docs/_build/html/docs/index.html; a warning is an error.
docs: $(VENV)/installed-dev
	$(BIN)/sphinx-build -q -W --keep-going -c docs -d docs/_build/doctrees . docs/_build/html

# The pictures of the README, of the program as it is (Debian: apt install chromium).
pictures: $(VENV)/installed-dev
	PYTHONPATH=.:tests $(BIN)/python docs/pictures.py

# The wheel, and beside it the pins to install it with (docs/install.md). Built with the tools that
# are installed, so that it needs no network.
wheel: $(VENV)/installed-dev
	rm -rf dist
	$(BIN)/python -m build --no-isolation --wheel
	cp requirements.txt dist/

# Compiles the pins from what *.in choose. TensorFlow and tf2jax, which neural-tangents asks for
# and we do not use, are overridden by markers that never apply.
lock: $(VENV)/installed-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --override requirements-override.txt --no-emit-index-url --no-annotate --no-header \
	  requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --no-emit-index-url --no-annotate --no-header requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --no-emit-index-url --no-annotate --no-header requirements-bench.in -o requirements-bench.txt

clean:
	rm -rf $(VENV)

# The version is asked first: an old Python would fail later, and in other words.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: requirements.txt $(VENV)/made
	$(PIP) -r requirements.txt
ifneq ($(CUDA),no)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  "jax[cuda$(CUDA)]==$$(sed -n 's/^jax==//p' requirements.txt)"
endif
	touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(PIP) -r requirements-dev.txt
	touch $@

# Which packages PyTorch needs depends on its build, so that here the pins only bound them: one for
# processors alone needs none of CUDA's. Without PyTorch the benchmarks leave its rows out.
$(VENV)/installed-bench: requirements-bench.txt $(VENV)/installed-dev
	if $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  -c requirements-bench.txt -r requirements-bench.in; then touch $@; fi
