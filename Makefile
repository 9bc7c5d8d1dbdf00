# make book    execute every notebook once, build the site and a zip of it, print where it is
# make test    the same, then all tests
# make serve   the same, then open the site in a browser
# make colab   every chapter alone in a folder, with the packages of Google Colab and no others
# make coverage  what the tests reach of the library
# make record  train the CNN again on all of MNIST and record it in book/results (an hour)
# make clean   remove what was made, but not the environment
.PHONY: book test serve env coverage record benchmark lock links colab addresses clean
.DELETE_ON_ERROR:

# Notebooks run side by side: threads that wait should sleep, not spin.
export OMP_WAIT_POLICY := passive

# Two builds of the same commit are the same, byte for byte.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)
export PYTHONHASHSEED ?= 0

# It would leave out every assertion, and with them the proof of what the book says.
unexport PYTHONOPTIMIZE

# Every notebook runs in a folder of its own, where a relative path would mean another place.
ifneq ($(filter-out /% ~%,$(firstword $(S6LIB_DATA))),)
override S6LIB_DATA := $(CURDIR)/$(S6LIB_DATA)
export S6LIB_DATA
endif

PYTHON ?= python3
BIN := .venv/bin
SITE := _build/html/index.html
ZIP := _build/s6-book.zip
RATES := 0.1 0.2 0.5 0.8 1.0 2.0
# What _toc.yml names, and nothing that lies beside it: a scratch notebook, a checkpoint, an editor's copy.
NAMED := $(shell sed -n -e 's/^root: *//p' -e 's/^ *- file: *//p' _toc.yml)
PAGES := $(wildcard $(NAMED:=.ipynb) $(NAMED:=.md))
NOTEBOOKS := $(filter %.ipynb,$(PAGES))
BESIDE := book/_static book/results book/references.bib
OWN := -type f ! -path '*/.*' ! -name '* *'
SOURCES := $(PAGES) $(shell find $(BESIDE) $(OWN))
LIBRARY := $(shell find s6lib bookbuild $(OWN) \( -name '*.py' -o -name '*.js' -o -name '*.css' -o -name '*.mplstyle' \))

book: $(ZIP)
	@echo "The book: $$PWD/$(SITE)"
	@echo "The same to take away: $$PWD/$(ZIP)"

# Pages side by side, a browser for each worker; what measures time or uses all cores, one by one.
test: $(ZIP)
	$(BIN)/pytest -n auto tests/site
	$(BIN)/pytest tests --ignore tests/site

serve: $(SITE)
	(sleep 1; $(BIN)/python -m webbrowser http://localhost:8000) &
	$(BIN)/python -m http.server 8000 --directory _build/html

env: .venv/.made

.venv/.made: requirements.txt requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('Python 3.11 or newer is needed; this is ' + sys.version.split()[0] + '. Try: make PYTHON=python3.12')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@$(BIN)/python -m bookbuild.torch_build
	touch $@

# A copy of the book is executed and checked; what passes is what the reader sees.
executed/.done: .venv/.made _config.yml _toc.yml $(SOURCES) $(LIBRARY)
	rm -rf executed _build
	mkdir -p executed/book
	cp _toc.yml executed
	cp -R $(PAGES) $(BESIDE) executed/book
	sed 's/execute_notebooks: auto/execute_notebooks: "off"/' _config.yml > executed/_config.yml
	$(BIN)/pytest --nbmake --overwrite --nbmake-timeout=600 -n auto -p no:cacheprovider $(NOTEBOOKS:%=executed/%)
	$(BIN)/python -m s6lib.sweep book/learning_rate.ipynb -p learning_rate $(RATES) --out executed/book/runs
	$(BIN)/python -m bookbuild.pages executed/book
	touch $@

$(SITE): executed/.done
	$(BIN)/jupyter-book build executed --path-output . -W -n --keep-going --quiet
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(@D) .
	touch $@

# Links that leave the book: each is asked for once. Needs the internet.
links: executed/.done
	$(BIN)/jupyter-book build executed --path-output _build/links --builder linkcheck --keep-going

colab: $(SITE) .colab/.made
	.colab/bin/python tests/book/colab_rehearsal.py

.colab/.made: tests/book/colab.txt
	$(PYTHON) -m venv --clear .colab
	.colab/bin/python -m pip install --quiet --disable-pip-version-check -r tests/book/colab.txt
	touch $@

$(ZIP): $(SITE)
	$(BIN)/python -m bookbuild.site _build/html $@

coverage: .venv/.made
	$(BIN)/pytest tests/library tests/sweep tests/book --cov --cov-report=term

record: .venv/.made
	$(BIN)/python studies/record.py book/results/record

benchmark: .venv/.made
	$(BIN)/python benchmarks/toy.py
	$(BIN)/python benchmarks/book.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/stepper.py

# After a change of the addresses in _config.yml, or of the version in s6lib/__init__.py.
addresses: .venv/.made
	$(BIN)/python bookbuild/addresses.py

# After a change of requirements.txt: every package pinned, for all platforms.
lock: .venv/.made
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile requirements.txt --universal --python-version 3.11 --quiet --upgrade --no-annotate -o requirements.lock

clean:
	rm -rf executed _build runs .pytest_cache .hypothesis
