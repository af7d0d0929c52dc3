# Each line is short; the work is in scripts beside what they serve. `make` alone lists the targets: what
# stands behind ## is the help of each.
.DEFAULT_GOAL := help
.PHONY: help demo check test lint format docs header tools drivers standin c-tools bundlers \
	test-vectors test-core test-c test-python test-node test-clock test-standin test-emulator \
	test-valkey test-go test-cli test-proxy test-proxy-drivers test-proxy-suites test-mysql-server test-local test-consumers test-examples test-packages \
	bench bench-quick bench-micro bench-instructions bench-cli bench-proxy bench-dsql \
	soak model mutants coverage sanitize fuzz \
	stress endurance endurance-proxy deny dist release install uninstall clean

PREFIX ?= /usr/local
PYTHON ?= python3
export PYTHON
PYTHON_IS_NEW = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed, and $(PYTHON) is older: make PYTHON=python3.12")'
VENV := .venv/bin/python
STANDIN := tests/standin/standin

help: ## what can be made
	@awk -F ':[^#]*## ' '/^[a-z-]+( [a-z-]+)*:.*## /{printf "  make %-20s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## log in to a PostgreSQL that checks tokens, from C, Python and Node; installs nothing
	examples/demo/run.sh

test: lint test-vectors test-core test-c test-python test-node test-clock test-standin test-emulator test-valkey test-go test-cli test-proxy test-local test-consumers test-examples test-packages ## all that CI runs: lint, tests of every binding, logins
	@echo "all tests passed"

tools: .venv/installed bindings-node/node_modules/installed

.venv/installed: bindings-python/requirements-dev.txt bindings-python/requirements-awscrt.txt
	@$(PYTHON_IS_NEW)
	$(PYTHON) -m venv .venv
	$(VENV) -m pip install -q --require-virtualenv -r bindings-python/requirements-dev.txt
	$(VENV) -m pip install -q --upgrade --target .venv/awscrt -r bindings-python/requirements-awscrt.txt
	touch $@

bindings-node/node_modules/installed: bindings-node/package-lock.json
	cd bindings-node && npm ci
	touch $@

# What the helpers of Python are for. After the stand-in, whose packages mysqlclient is built with.
drivers: tools standin .venv/drivers
	bindings-python/peers.sh

.venv/drivers: bindings-python/pyproject.toml
	$(VENV) -m pip install -q --require-virtualenv $$($(VENV) bindings-python/requirements.py drivers)
	touch $@

standin:
	$(STANDIN) install
	$(STANDIN) check

c-tools:
	tests/tools/packages.sh

check: tools ## quick lints, unit tests, the vectors in every language: under two minutes
	tests/tools/check.sh

lint: tools ## format, lint and types of every language, warnings as errors
	tests/tools/lint.sh

format: tools ## format every language
	tests/tools/lint.sh --fix

# `make lint` checks links and the form of all code on the pages too, `make test-examples` runs that code.
docs: bindings-node/node_modules/installed ## the site in build/docs/html with API references, links checked
	docs/build.sh

header: ## include/rdsiam.h, ffi/symbols.txt and ffi/abi.txt, after a change in ffi/src
	cargo run -q -p rdsiam-header
	$(PYTHON) tests/c/header.py write

test-vectors: ## the vectors of all bindings are what their script makes
	$(PYTHON) tests/vectors/make.py --check

test-core: ## the core, with and without its chain, and under the model checker
	cargo test -p rdsiam
	cargo test -p rdsiam --no-default-features
	RUSTFLAGS="--cfg rdsiam_shuttle" CARGO_TARGET_DIR=build/shuttle-target \
		cargo test -p rdsiam --no-default-features --test schedules

# The bindings run with the stand-in, so that their login tests run too. The driver of Python is what
# asks boto3 beside C.
test-c: tools standin c-tools ## C: sanitizers, valgrind, sources of credentials beside boto3
	cargo test -p rdsiam-ffi
	tests/c/run.sh
	tests/c/driver.sh
	bindings-python/build-dev.sh
	RDSIAM_REQUIRE_STANDIN=1 $(STANDIN) run -- $(VENV) -m pytest -q tests/c

test-python: drivers ## Python, its helpers with real drivers, and with the lowest versions of these
	bindings-python/build-dev.sh
	cd bindings-python && MYPYPATH=python PYTHONPATH=python ../$(VENV) -m mypy.stubtest rdsiam --allowlist stubtest-allowlist.txt \
		--mypy-config-file pyproject.toml
	cd bindings-python && RDSIAM_REQUIRE_STANDIN=1 ../$(STANDIN) run -- ../$(VENV) -m pytest -q
	$(STANDIN) run -- bindings-python/lowest.sh

test-valkey: drivers standin ## logins to ElastiCache's stand-in, Valkey and Redis, and connections that outlive their 12 hours
	cargo build -p rdsiam-cli
	bindings-python/build-dev.sh
	bindings-node/build-dev.sh
	tests/valkey/valkey install
	tests/valkey/valkey run -- tests/valkey/test.sh
	tests/valkey/valkey redis -- $(VENV) -m pytest -q tests/valkey

test-node: tools standin ## Node, its helpers with real drivers, and with the lowest versions of these
	bindings-node/build-dev.sh
	bindings-node/test/prisma/generate.sh
	cd bindings-node && RDSIAM_REQUIRE_STANDIN=1 ../$(STANDIN) run -- npm test
	$(STANDIN) run -- bindings-node/lowest.sh

bundlers: tools ## the bundlers that take long to install; the others are in test-node
	bindings-node/build-dev.sh
	bindings-node/test/next/check.sh

test-clock: tools ## each binding by a wall clock that stands still or steps; RDSIAM_SEED=... replays
	bindings-python/build-dev.sh
	bindings-node/build-dev.sh
	tests/c/driver.sh
	$(VENV) -m pytest -q tests/clock tests/commands

test-standin: standin ## the databases that check tokens let the right ones in, and no others
	$(STANDIN) run -- $(PYTHON) tests/standin/selftest.py

test-emulator: tools ## what serves credentials to the tests, asked by boto3
	$(VENV) -W error tests/emulator/selftest.py

test-go: standin c-tools ## the Go package over the C library, logging in to both databases
	examples/go/test.sh

test-cli: tools standin c-tools build/cli/installed ## the command, beside the AWS CLI, with real clients
	cargo test -p rdsiam-cli
	cargo build -p rdsiam-cli
	tests/cli/run.sh

test-local: drivers ## the RDS for tests, beside the stand-in's verifier and drivers of Python, Node and Go
	cargo build -p rdsiam-cli
	bindings-python/build-dev.sh
	bindings-node/build-dev.sh
	tests/local/run.sh

build/cli/installed: tests/cli/requirements.txt tests/cli/package-lock.json
	$(PYTHON) -m venv build/cli/venv
	build/cli/venv/bin/python -m pip install -q --require-virtualenv -r tests/cli/requirements.txt
	npm ci --silent --prefix tests/cli
	touch $@

test-proxy: drivers ## clients that know nothing of tokens, through `rdsiam proxy`
	cargo test -p rdsiam-wire
	cargo build -p rdsiam-cli
	tests/proxy/run.sh

test-proxy-drivers: drivers build/cli/installed ## drivers of Python, Node, Go and Java through `rdsiam proxy`; needs Java, Maven and Go
	cargo build -p rdsiam-cli
	$(STANDIN) run -- $(VENV) -m pytest -q -c tests/pytest.ini tests/proxy/test_drivers.py

test-proxy-suites: drivers ## the test suites of pgx and go-sql-driver/mysql through `rdsiam proxy` and without; needs Go
	cargo build -p rdsiam-cli
	$(STANDIN) run -- $(VENV) tests/proxy/suites.py

test-mysql-server: tools ## a MySQL of Debian unstable behind `rdsiam local` and the proxy: 60 MB into build/mysql, nothing installed
	cargo build -p rdsiam-cli
	$(VENV) -m pytest -q -c tests/pytest.ini tests/proxy/test_mysql_server.py

test-consumers: standin c-tools ## programs over what is installed; PROFILE=release for what ships
	tests/consumer/run.sh

test-examples: drivers c-tools ## the programs of examples/, the code of all pages, the demo
	examples/test.sh
	$(STANDIN) run -- examples/node/recipes/test.sh
	examples/demo/run.sh

test-packages: tools ## the scripts of `make dist`, without building anything
	$(VENV) -m pytest -q -p no:cacheprovider packaging/tests

# Not part of `test`: these take time or a quiet machine.
bench: drivers c-tools ## what ships against the SDKs, into BENCHMARKS.md
	$(PYTHON) tests/bench/bench.py full

bench-quick: tools c-tools ## what the bars of tests/bench/bars.json are about; fails if one is not met
	$(PYTHON) tests/bench/bench.py quick

bench-micro: ## the core alone: times, beside those of the last run
	cargo bench -p rdsiam --bench micro

bench-instructions: c-tools ## the core alone: instructions
	$(PYTHON) tests/bench/instructions.py

bench-dsql: tools ## the token of a pool's connection to Aurora DSQL, beside Amazon's connectors: at least 50 times less
	tests/bench/dsql/run.sh

bench-cli: build/cli/installed ## the start of the command, beside a C program and the AWS CLI
	cargo build --release -p rdsiam-ffi
	cargo build --release -p rdsiam-cli
	$(PYTHON) tests/cli/start.py

bench-proxy: drivers ## pgbench and COPY through the proxy, beside direct TLS and beside PgBouncer
	examples/pgbouncer/install.sh
	cargo build --release -p rdsiam-cli
	$(STANDIN) run -- $(VENV) tests/proxy/bench.py

soak: ## a hundred simulated days of the cache, each rule broken in turn; RDSIAM_SEED=... replays one
	RDSIAM_DAYS=$${RDSIAM_DAYS:-100} cargo test --profile soak -p rdsiam --no-default-features \
		--test simulation days -- --nocapture

model: export RUSTFLAGS := --cfg rdsiam_shuttle
model: export CARGO_TARGET_DIR := build/shuttle-target
model: ## thousands of orders of the threads, by a model checker; RDSIAM_SEED=... replays them
	RDSIAM_SCHEDULES=$${RDSIAM_SCHEDULES:-20000} cargo test -p rdsiam --no-default-features \
		--test schedules -- --nocapture

# FILES="core/src/freshness.rs bindings-node/lib/tls.ts" for some, RDSIAM_SAMPLE=30 for so many changes of each.
mutants: tools ## changes that no test notices, for tests/mutants.md (hours)
	tests/mutants/run.sh $(FILES)

coverage: tools ## the lines that tests run, by folder
	tests/tools/coverage.sh

sanitize: ## real threads under ThreadSanitizer
	tests/tools/sanitize.sh $${RDSIAM_SECONDS:-20}

fuzz: ## a minute for each target, under AddressSanitizer; RDSIAM_SECONDS=... for another time
	tests/tools/fuzz.sh $${RDSIAM_SECONDS:-60}

stress: tools ## thousands of forks of C and Python programs whose threads refresh
	RDSIAM_FORKS=3000 tests/c/run.sh
	bindings-python/build-dev.sh
	cd bindings-python && RDSIAM_FORKS=1000 ../$(VENV) -m pytest -q tests/test_fork.py

endurance: tools standin ## half an hour of real logins; ENDURANCE_SECONDS=... for less
	tests/endurance/run.sh

endurance-proxy: drivers ## half an hour of connections through `rdsiam proxy`; ENDURANCE_SECONDS=... for less
	tests/endurance/proxy.sh

deny: ## licences, advisories and vetted versions of all crates; needs cargo-deny, cargo-vet and the network
	cargo deny check
	cargo vet --locked

dist: tools standin c-tools ## what ships, into build/dist: built, checked, run in bare roots; PLATFORMS=x86_64-gnu for one
	@$(PYTHON_IS_NEW)
	$(PYTHON) packaging/dist.py $(PLATFORMS)

release: ## VERSION=1.2.3: sets it everywhere, commits, makes dist, publishes nothing
	@$(PYTHON_IS_NEW)
	$(PYTHON) packaging/release.py $(VERSION)
	$(MAKE) dist

install uninstall: export PREFIX := $(PREFIX)
install uninstall: export DESTDIR := $(DESTDIR)
install uninstall: export LIBDIR := $(LIBDIR)
install uninstall: export INCLUDEDIR := $(INCLUDEDIR)
install uninstall: ## the C library with its header, for pkg-config, CMake and Go: PREFIX, DESTDIR, LIBDIR, INCLUDEDIR
	ffi/install/install.sh $@

clean: ## remove all that these have made
	cargo clean
	rm -rf docs/api/go docs/api/python docs/tools/typedoc/node_modules
	rm -rf build .venv bindings-node/node_modules bindings-node/dist bindings-node/*.node
