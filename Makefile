# make demo   builds the program and lets it fill an example case, publish it and verify it
# make test   every test; a folder ../shared with other people's data makes it complete
# make lint   format and clippy, warnings denied
# make crash  every system call of a writer fails once, a thousand kills, a full disk: an hour or so; `make test` has a short form
# Each looks first for what it needs, and installs it (as root, on Debian) or says what to type.

DIR ?= demo-case

ROUNDS ?= 1000

.PHONY: demo test lint crash

# A folder that exists is never written into: the next free name is taken.
demo:
	@bash .ci/tools
	cargo build --release --locked -p witnessmark
	@folder='$(DIR)'; n=2; while [ -e "$$folder" ]; do folder='$(DIR)'-$$n; n=$$((n + 1)); done; \
	cargo run --quiet --release --locked -p witnessmark -- demo "$$folder" || exit; \
	bin=$$(realpath "$${CARGO_TARGET_DIR:-target}")/release; command -v witnessmark >/dev/null || \
	printf '%s\n' 'The program lies in no folder that your shell looks in. First type:' "   export PATH=\"$$bin:\$$PATH\""

test:
	@bash .ci/tools python3
	@bash .ci/test

lint:
	@bash .ci/tools
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

crash:
	@bash .ci/tools strace
	WITNESSMARK_CRASH_ROUNDS=$(ROUNDS) cargo test --release --locked -p witnessmark-vault --test crash -- --nocapture --test-threads=1
