# Each line is short; the work is in scripts beside what they serve.
.PHONY: demo test lint format header bench dist install clean \
	test-vectors test-core test-c test-python test-node test-clock test-standin test-emulator \
	test-go test-cli test-local test-proxy test-consumers test-examples test-packages

PREFIX ?= /usr/local
VENV := .venv/bin/python
STANDIN := tests/standin/standin

demo: tools
	examples/demo/run.sh

test: lint test-vectors test-core test-c test-python test-node test-clock test-standin test-emulator \
	test-go test-cli test-local test-proxy test-consumers test-examples test-packages
	@echo "all tests passed"

.PHONY: tools
tools: .venv/installed bindings-node/node_modules/installed

.venv/installed: bindings-python/requirements-dev.txt bindings-python/requirements-awscrt.txt
	python3 -m venv .venv
	$(VENV) -m pip install -q --require-virtualenv -r bindings-python/requirements-dev.txt
	$(VENV) -m pip install -q --upgrade --target .venv/awscrt -r bindings-python/requirements-awscrt.txt
	touch $@

bindings-node/node_modules/installed: bindings-node/package-lock.json
	cd bindings-node && npm ci
	touch $@

# What the helpers of Python are for. After the stand-in, whose packages mysqlclient is built with.
.PHONY: drivers
drivers: tools standin .venv/drivers
	bindings-python/peers.sh

.venv/drivers: bindings-python/requirements-drivers.txt
	$(VENV) -m pip install -q --require-virtualenv -r bindings-python/requirements-drivers.txt
	touch $@

lint: tools
	tests/tools/lint.sh

format: tools
	tests/tools/lint.sh --fix

# The documentation site, in build/docs/html, with API references; its links are checked. `make lint`
# checks links and the form of all code on the pages, `make test-examples` runs that code.
.PHONY: docs
docs: bindings-node/node_modules/installed
	docs/build.sh

header:
	cargo run -q -p rdsiam-header

test-vectors:
	python3 tests/vectors/make.py --check

test-core:
	cargo test -p rdsiam
	cargo test -p rdsiam --no-default-features
	RUSTFLAGS="--cfg rdsiam_shuttle" CARGO_TARGET_DIR=build/shuttle-target \
		cargo test -p rdsiam --no-default-features --test schedules

# The bindings run with the stand-in, so that their login tests run too. The driver of Python is what
# asks boto3 beside C.
test-c: tools standin c-tools
	cargo test -p rdsiam-ffi
	tests/c/run.sh
	tests/c/driver.sh
	bindings-python/build-dev.sh
	RDSIAM_REQUIRE_STANDIN=1 $(STANDIN) run -- $(VENV) -m pytest -q tests/c

test-python: drivers
	bindings-python/build-dev.sh
	cd bindings-python && MYPYPATH=python PYTHONPATH=python ../$(VENV) -m mypy.stubtest rdsiam --allowlist stubtest-allowlist.txt \
		--mypy-config-file pyproject.toml
	cd bindings-python && RDSIAM_REQUIRE_STANDIN=1 ../$(STANDIN) run -- ../$(VENV) -m pytest -q
	$(STANDIN) run -- bindings-python/lowest.sh

test-node: tools standin
	bindings-node/build-dev.sh
	bindings-node/test/prisma/generate.sh
	cd bindings-node && RDSIAM_REQUIRE_STANDIN=1 ../$(STANDIN) run -- npm test
	$(STANDIN) run -- bindings-node/lowest.sh

# The bundlers that take long to install; the others are among the tests of Node.
.PHONY: bundlers
bundlers: tools
	bindings-node/build-dev.sh
	bindings-node/test/next/check.sh

# Each binding by a wall clock that stands still or steps, where RDSIAM_SEED=... replays the random walk;
# and the small commands of Python and Node beside each other.
test-clock: tools
	bindings-python/build-dev.sh
	bindings-node/build-dev.sh
	tests/c/driver.sh
	$(VENV) -m pytest -q tests/clock tests/commands

test-standin: standin
	$(STANDIN) run -- python3 tests/standin/selftest.py

# What serves credentials to the tests of the bindings, asked by boto3.
test-emulator: tools
	$(VENV) -W error tests/emulator/selftest.py

# The Go package over the C library, logging in to both databases.
test-go: standin c-tools
	examples/go/test.sh

# The command, beside the AWS CLI, with real clients over both databases.
test-cli: tools standin c-tools build/cli/installed
	cargo test -p rdsiam-cli
	cargo build -p rdsiam-cli
	tests/cli/run.sh

# The RDS for tests, beside the stand-in's verifier and drivers of Python, Node and Go.
test-local: drivers
	cargo build -p rdsiam-cli
	tests/local/run.sh

build/cli/installed: tests/cli/requirements.txt tests/cli/package-lock.json
	python3 -m venv build/cli/venv
	build/cli/venv/bin/python -m pip install -q --require-virtualenv -r tests/cli/requirements.txt
	npm ci --silent --prefix tests/cli
	touch $@

# Clients that know nothing of tokens, through `rdsiam proxy`. With the drivers of Python, Node and Java.
test-proxy: drivers
	cargo test -p rdsiam-wire
	cargo build -p rdsiam-cli
	$(STANDIN) run -- $(VENV) -m pytest -q -c tests/pytest.ini tests/proxy

# Programs of somebody else's against what `make install` puts in place. With PROFILE=release it is
# what ships, whose build takes minutes.
test-consumers: standin c-tools
	tests/consumer/run.sh

.PHONY: c-tools
c-tools:
	tests/tools/packages.sh

.PHONY: standin
standin:
	$(STANDIN) install
	$(STANDIN) check

# The programs of examples/, the code of the README, and the demo.
test-examples: drivers c-tools
	examples/test.sh
	$(STANDIN) run -- examples/node/recipes/test.sh
	examples/demo/run.sh

# Not part of `test`: these take time or a quiet machine.
# Writes BENCHMARKS.md.
bench: drivers c-tools
	python3 tests/bench/bench.py full

# What the bars of tests/bench/bars.json are about, and fails if one is not met.
.PHONY: bench-quick bench-micro bench-instructions
bench-quick: tools c-tools
	python3 tests/bench/bench.py quick

# The core alone: times, beside those of the last run, and instructions.
bench-micro:
	cargo bench -p rdsiam --bench micro

bench-instructions: c-tools
	python3 tests/bench/instructions.py

# From the start of the command to its token, beside a C program and the AWS CLI.
.PHONY: bench-cli
bench-cli: build/cli/installed
	cargo build --release -p rdsiam-ffi
	cargo build --release -p rdsiam-cli
	python3 tests/cli/start.py

# pgbench and COPY through the proxy, beside direct TLS and beside PgBouncer.
.PHONY: bench-proxy
bench-proxy: drivers
	examples/pgbouncer/install.sh
	cargo build --release -p rdsiam-cli
	$(STANDIN) run -- $(VENV) tests/proxy/bench.py

# A hundred simulated days; RDSIAM_SEED=... replays one.
.PHONY: soak
soak:
	RDSIAM_DAYS=$${RDSIAM_DAYS:-100} cargo test --profile soak -p rdsiam --no-default-features \
		--test simulation days -- --nocapture

# Thousands of orders of the threads, chosen by a model checker; RDSIAM_SEED=... replays them.
.PHONY: model
model: export RUSTFLAGS := --cfg rdsiam_shuttle
model: export CARGO_TARGET_DIR := build/shuttle-target
model:
	RDSIAM_SCHEDULES=$${RDSIAM_SCHEDULES:-20000} cargo test -p rdsiam --no-default-features \
		--test schedules -- --nocapture

# Changes the core line by line, and says which changes no test notices: tests/mutants.md. Needs
# cargo-mutants and hours; MUTANTS="freshness token_cache" for some files.
.PHONY: mutants
mutants:
	tests/tools/mutants.sh $(MUTANTS)

# Real threads under ThreadSanitizer.
.PHONY: sanitize
sanitize:
	tests/tools/sanitize.sh $${RDSIAM_SECONDS:-20}

# So many seconds for each target, under AddressSanitizer.
.PHONY: fuzz
fuzz:
	tests/tools/fuzz.sh $${RDSIAM_SECONDS:-60}

# Thousands of forks of C and Python programs whose threads refresh.
.PHONY: stress
stress: tools
	RDSIAM_FORKS=3000 tests/c/run.sh
	bindings-python/build-dev.sh
	cd bindings-python && RDSIAM_FORKS=1000 ../$(VENV) -m pytest -q tests/test_fork.py

# Half an hour of real logins from C, Python and Node; ENDURANCE_SECONDS=... for less.
.PHONY: endurance
endurance: tools standin
	tests/endurance/run.sh

# Needs cargo-deny; advisories come from the network.
.PHONY: deny
deny:
	cargo deny check

# What ships, into build/dist: built, checked, and run in bare roots. PLATFORMS="x86_64-gnu" for one.
dist: tools standin
	python3 packaging/dist.py $(PLATFORMS)

# Sets VERSION in every manifest and the changelog, commits that, builds and proves what ships, and
# publishes nothing.
.PHONY: release
release:
	python3 packaging/release.py $(VERSION)
	$(MAKE) dist

# The scripts of `dist`, without building anything.
test-packages: tools
	$(VENV) -m pytest -q -p no:cacheprovider packaging/tests

# The C library with its header, for pkg-config, CMake and Go: PREFIX, DESTDIR, LIBDIR, INCLUDEDIR.
.PHONY: uninstall
install uninstall: export PREFIX := $(PREFIX)
install uninstall: export DESTDIR := $(DESTDIR)
install uninstall: export LIBDIR := $(LIBDIR)
install uninstall: export INCLUDEDIR := $(INCLUDEDIR)
install uninstall:
	ffi/install/install.sh $@

clean:
	cargo clean
	rm -rf docs/api/go docs/api/python docs/tools/typedoc/node_modules
	rm -rf build .venv bindings-node/node_modules bindings-node/dist bindings-node/*.node
