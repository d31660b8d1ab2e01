# Every target does its own set-up. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN    := .venv/bin
# An NVIDIA driver decides which ONNX Runtime is installed; both at once would break each other.
CUDA    := $(shell nvidia-smi 2>/dev/null | sed -n 's/.*CUDA Version: *\([0-9]*\).*/\1/p' | head -n 1)
RUNTIME := $(if $(CUDA),cuda$(if $(filter 12,$(CUDA)),12,13),cpu)
LOCK    := requirements/$(RUNTIME).txt
HOST    ?= all
# A file's tests share what is dear to make (twins, databases), so a file stays with one process; a process has its
# processor, and numpy's own threads would only be in the other's way.
PYTEST  := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | column -t -s '	'

demo: setup ## run the main job end to end and write out/demo/
	$(BIN)/sosie demo --out out/demo

test: setup ## run every test that needs no host application
	$(PYTEST)
	$(PYTEST) tests/licence --quiet --hypothesis-profile=brief --cov=sosie.licence \
	  --cov-report=term:skip-covered --cov-fail-under=100

coverage: setup ## run the same tests counting the lines they run: half as long again, so apart
	$(PYTEST) --cov --cov-report=term:skip-covered

pages: setup ## write the generated pages of docs/ again
	$(BIN)/python -c "from sosie.licence.refusals import page; print(page(), end='')" > docs/refusals.md
	$(BIN)/python -m tests.attacks.page

mutants: setup ## change the licence's rules one by one; the tests must notice 90 %
	$(BIN)/python -m tests.mutation

test-hosts: setup ## run the tests inside the real hosts: HOST=comfyui|krita|blender (default: all)
	$(BIN)/python -m tests.hosts $(HOST)

lint: setup ## check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=core $(BIN)/mypy --strict --explicit-package-bases plugins/build.py tests/hosts/*.py
	$(BIN)/lint-imports

format: setup ## rewrite the sources in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## measure kernel, gate and registry
	$(BIN)/sosie bench kernel
	$(BIN)/sosie bench gate
	$(BIN)/sosie bench registry

bench-quality: setup ## score renders against ground truth: PEOPLE=DIR OUT=DIR
	$(BIN)/sosie bench quality --people $(or $(PEOPLE),tests/people) --out $(or $(OUT),out/quality)

simulate: setup ## simulate months of devices, faults and revocations: STEPS=N SEED=N
	$(BIN)/python -m tests.simulation --steps $(or $(STEPS),20000) --seed $(or $(SEED),1)

lock: $(BIN)/uv ## pin the dependencies again, with hashes
	for runtime in cpu cuda12 cuda13; do $(BIN)/uv pip compile --quiet --universal --upgrade \
	  --python-version 3.11 --no-emit-index-url --no-annotate --no-strip-extras --generate-hashes \
	  --custom-compile-command "make lock" --extra $$runtime --extra dev pyproject.toml \
	  --output-file requirements/$$runtime.txt || exit; done

wheel: setup ## build the installable package, models inside
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove everything that `make` made
	rm -rf .venv out dist shared_models/onnx/* shared_models/.fetch

setup: $(BIN)/.models

$(BIN)/.installed: $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Sosie needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement $(LOCK)
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

$(BIN)/.models: $(BIN)/.installed shared_models/manifest.toml
	$(BIN)/sosie models build
	touch $@

$(BIN)/uv: $(BIN)/.installed
	$(BIN)/python -m pip install --quiet uv

.PHONY: help demo test coverage mutants pages test-hosts lint format bench bench-quality simulate lock wheel clean setup
