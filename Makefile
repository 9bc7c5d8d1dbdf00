# make book    execute every notebook once, build the site and a zip of it, print where it is
# make test    the same, then all tests
# make page CHAPTER=learning_rate    that chapter executed again, and the site with it
# make quick   what takes seconds: lint, format, and the light tests
# make slides CHAPTER=learning_rate    slides of that chapter, one file that needs no network
# make serve   the same, then open the site in a browser
# make paper   the book as one PDF and as an EPUB, beside the site's pages (needs Chromium)
# make colab   every chapter alone in a folder, with the packages of Google Colab and no others
# make words   what can be translated, gathered into _build/s6.pot
# make translated LANGUAGE=qps   the book in another language, or in the made-up one, which shows what stayed English
# make coverage  what the tests reach of the library
# make record  train the CNN again on all of MNIST and record it in book/results (an hour)
# make clean   remove what was made, but not the environment
.PHONY: book page slides test quick serve env paper coverage record benchmark lock links colab addresses words translated clean
.DELETE_ON_ERROR:

# Notebooks run side by side: threads that wait should sleep, not spin.
export OMP_WAIT_POLICY := passive

# NumPy multiplies many small matrices, one after the other: on several threads that takes twice as long.
export OPENBLAS_NUM_THREADS ?= 1

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
PAPER := _build/html/backpropagation.pdf
SWEPT := book/learning_rate.ipynb
# Of toy.LEARNING_RATES, where they stand once.
RATES := $(shell sed -n 's/^LEARNING_RATES = np.array(\[\(.*\)\])$$/\1/p' s6lib/toy.py | tr -d ,)
# What _toc.yml names, and nothing that lies beside it: a scratch notebook, a checkpoint, an editor's copy.
NAMED := $(shell sed -n -e 's/^root: *//p' -e 's/^ *- file: *//p' _toc.yml)
PAGES := $(wildcard $(NAMED:=.ipynb) $(NAMED:=.md))
NOTEBOOKS := $(filter %.ipynb,$(PAGES))
BESIDE := book/_static book/results book/references.bib
OWN := -type f ! -path '*/.*' ! -name '* *'
SOURCES := $(PAGES) $(shell find $(BESIDE) $(OWN))
CHAPTERS := $(notdir $(NAMED))
BUILT := $(wildcard executed/.done)
# What is no part of any chapter's execution.
LOOKS := _config.yml $(shell find book/_static $(OWN)) book/references.bib $(filter-out bookbuild/pages.py,$(wildcard bookbuild/*.py bookbuild/*.css))
LIBRARY := $(shell find s6lib bookbuild $(OWN) \( -name '*.py' -o -name '*.js' -o -name '*.css' -o -name '*.mplstyle' \))

# $(call execute,PAGES): executes the notebooks among them; when each has passed they all take their places.
# $(call execute,PAGES,alone): without the pages of single learning rates, of which there are six.
define execute
rm -rf executed/fresh
mkdir -p executed/fresh executed/book
$(if $1,cp $1 executed/fresh)
$(if $(filter %.ipynb,$1),$(BIN)/pytest --nbmake --overwrite --nbmake-timeout=600 -o timeout=1800 $(if $(word 2,$(filter %.ipynb,$1)),-n auto) -p no:cacheprovider $(patsubst book/%,executed/fresh/%,$(filter %.ipynb,$1)))
$(if $(filter $(SWEPT),$(if $2,,$1)),$(BIN)/python -m s6lib.sweep $(SWEPT) -p learning_rate $(RATES) --out executed/fresh/runs)
$(BIN)/python -m bookbuild.pages executed/fresh
rm -rf executed/fresh/data
rm -rf $(if $(filter-out $1,$(PAGES)),$(BESIDE:%=executed/%) $(if $(filter $(SWEPT),$(if $2,,$1)),executed/book/runs),executed/book/*)
cp -R executed/fresh/. $(BESIDE) executed/book
rm -rf executed/fresh
cp _toc.yml executed
sed 's/execute_notebooks: auto/execute_notebooks: "off"/' _config.yml > executed/_config.yml
endef

book: $(ZIP)
	@echo "The book: $$PWD/$(SITE)"
	@echo "The same to take away: $$PWD/$(ZIP)"

# More processes than cores, for many tests wait. What was not tested is told at the end.
test: $(ZIP)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 3 tests

# Without nbmake, which takes seconds to load.
QUICKLY := --import-mode=importlib --strict-markers -q
# What needs no kernel, no browser and no training. A light test does not take so long: tests/conftest.py has the slow.
quick: .venv/.made
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/deno lint --quiet
	$(BIN)/deno fmt --quiet --check
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto -m "not slow" -p no:nbmake -o addopts="$(QUICKLY)" -o timeout=20 tests

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

# A copy of the book is executed and checked; what passes is what the reader sees. Where nothing has changed but
# chapters, those alone are executed.
executed/.done: .venv/.made _config.yml _toc.yml $(SOURCES) $(LIBRARY)
	$(call execute,$(if $(filter-out $(PAGES) $(LOOKS),$?),$(PAGES),$(filter $(PAGES),$?)))
	touch $@

# Always all pages, for each names the others.
$(SITE): executed/.done
	rm -rf _build
	$(BIN)/jupyter-book build executed --path-output . -W -n --keep-going --quiet
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(@D) .
	touch $@

# One chapter, whatever else has changed since, and what needs no execution: for a look at it. `make book` then still makes what is stale.
page: .venv/.made
	$(if $(filter $(CHAPTER),$(CHAPTERS)),,$(error CHAPTER: got '$(CHAPTER)', takes one of $(CHAPTERS)))
	$(if $(BUILT),$(call execute,$(filter book/$(CHAPTER).% %.md,$(PAGES)),alone))
	rm -rf _build
	@$(MAKE) --no-print-directory -o .venv/.made $(BUILT:%=-o %) $(SITE)
	@echo "The page: $$PWD/_build/html/book/$(CHAPTER).html"

words: .venv/.made
	$(BIN)/python -m bookbuild.messages _build/s6.pot

# A language of s6lib/locale, or qps, which code makes out of English. Its notebooks are executed anew, beside the book,
# and not in _build, where nbmake takes no notebook for a test. In the environment the name is gettext's.
ifneq ($(origin LANGUAGE),command line)
LANGUAGE := qps
endif
SPOKEN := translated/$(LANGUAGE)
CATALOGUE := $(if $(filter qps,$(LANGUAGE)),$(SPOKEN)/qps.po,$(CURDIR)/s6lib/locale/$(LANGUAGE).po)
translated: export S6LIB_LANGUAGE = $(abspath $(CATALOGUE))
translated: .venv/.made
	rm -rf $(SPOKEN)
	$(if $(filter qps,$(LANGUAGE)),S6LIB_LANGUAGE= $(BIN)/python -m bookbuild.messages --made-up $(CATALOGUE))
	$(BIN)/python -m bookbuild.translation --out $(SPOKEN)
	$(BIN)/pytest --nbmake --overwrite --nbmake-timeout=600 -o timeout=1800 -n auto -p no:cacheprovider $(SPOKEN)/book/*.ipynb
	$(BIN)/python -m s6lib.sweep $(SPOKEN)/$(SWEPT) -p learning_rate $(RATES) --out $(SPOKEN)/book/runs
	$(BIN)/python -m bookbuild.pages $(SPOKEN)/book
	$(BIN)/jupyter-book build $(SPOKEN) --path-output $(SPOKEN) -n --keep-going --quiet
	@echo "The book: $$PWD/$(SPOKEN)/_build/html/index.html"
	$(if $(filter qps,$(LANGUAGE)),$(BIN)/python -m bookbuild.left_over $(SPOKEN)/_build/html)

# `make paper LANGUAGE=de`, `make slides CHAPTER=training LANGUAGE=de`: of the book in that language, once it is made.
ifeq ($(origin LANGUAGE),command line)
paper slides: export S6LIB_LANGUAGE = $(abspath $(CATALOGUE))
paper:
	$(BIN)/python -m bookbuild.paper $(SPOKEN)/_build/html
slides:
	$(BIN)/python -m bookbuild.slides $(CHAPTER) --site $(SPOKEN)/_build/html
else
slides: $(SITE)
	@$(BIN)/python -m bookbuild.slides $(CHAPTER)
paper: $(PAPER)
	@echo "The book on paper: $$PWD/$(PAPER)"
	@echo "The same for e-readers: $$PWD/$(PAPER:.pdf=.epub)"
endif

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

# After the zip, which has the site alone.
$(PAPER): $(ZIP)
	$(BIN)/python -m bookbuild.paper $(@D)

coverage: .venv/.made
	$(BIN)/pytest tests/library tests/sweep tests/book --cov --cov-report=term

record: .venv/.made
	$(BIN)/python studies/record.py book/results/record

benchmark: .venv/.made
	$(BIN)/python benchmarks/toy.py
	$(BIN)/python benchmarks/book.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/layers.py
	$(BIN)/python benchmarks/widgets.py

# After a change of the addresses in _config.yml, or of the version in s6lib/__init__.py.
addresses: .venv/.made
	$(BIN)/python bookbuild/addresses.py

# After a change of requirements.txt: every package pinned, for all platforms.
lock: .venv/.made
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile requirements.txt --universal --python-version 3.11 --quiet --upgrade --no-annotate -o requirements.lock

clean:
	rm -rf executed translated _build runs .pytest_cache .hypothesis
