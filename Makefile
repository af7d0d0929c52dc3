# Each line is short; the work is in scripts beside what they serve.
.PHONY: demo test lint format header bench dist install clean \
	test-vectors test-core test-c test-python test-node test-standin test-emulator test-examples

PREFIX ?= /usr/local
VENV := .venv/bin/python
STANDIN := tests/standin/standin

demo: tools
	examples/demo/run.sh

test: lint test-vectors test-core test-c test-python test-node test-standin test-emulator test-examples
	@echo "all tests passed"

.PHONY: tools
tools: .venv/installed bindings-node/node_modules/installed

.venv/installed: bindings-python/requirements-dev.txt
	python3 -m venv .venv
	$(VENV) -m pip install -q --require-virtualenv -r bindings-python/requirements-dev.txt
	touch $@

bindings-node/node_modules/installed: bindings-node/package-lock.json
	cd bindings-node && npm ci
	touch $@

lint: tools
	tests/tools/lint.sh

format: tools
	tests/tools/lint.sh --fix

header:
	cargo run -q -p rdsiam-header

test-vectors:
	python3 tests/vectors/make.py --check

test-core:
	cargo test -p rdsiam
	cargo test -p rdsiam --no-default-features --lib

test-c:
	tests/c/run.sh

# The faces run with the stand-in, so that their login tests run too.
test-python: tools standin
	bindings-python/build-dev.sh
	cd bindings-python && MYPYPATH=python PYTHONPATH=python ../$(VENV) -m mypy.stubtest rdsiam --allowlist stubtest-allowlist.txt
	cd bindings-python && RDSIAM_REQUIRE_STANDIN=1 ../$(STANDIN) run -- ../$(VENV) -m pytest -q

test-node: tools standin
	bindings-node/build-dev.sh
	cd bindings-node && RDSIAM_REQUIRE_STANDIN=1 ../$(STANDIN) run -- npm test

test-standin: standin
	$(STANDIN) run -- python3 tests/standin/selftest.py

# What serves credentials to the tests of the faces, asked by boto3.
test-emulator: tools
	$(VENV) -W error tests/emulator/selftest.py

.PHONY: standin
standin:
	$(STANDIN) install
	$(STANDIN) check

# The programs of examples/, the code of the README, and the demo.
test-examples: tools standin
	examples/test.sh
	examples/demo/run.sh

# Not part of `test`: these take time or a quiet machine.
bench: tools
	tests/bench/run.sh

# A hundred simulated days of the cache; RDSIAM_SEED=... replays one.
.PHONY: soak
soak:
	RDSIAM_DAYS=$${RDSIAM_DAYS:-100} cargo test -p rdsiam --test simulation -- --nocapture

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

dist: tools
	tests/tools/dist.sh

install:
	ffi/install.sh "$(DESTDIR)" "$(PREFIX)"

clean:
	cargo clean
	rm -rf build .venv bindings-node/node_modules bindings-node/*.node
