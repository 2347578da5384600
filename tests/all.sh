#!/usr/bin/env bash
# Every check of the project, the cheapest first; stops at the first that fails. No argument, no setting.
#
# Needs cargo with rustfmt and clippy, and Python 3; adds the two components where they are missing. Where valgrind is,
# the instructions of a run are counted; where Chromium is, the report is opened in it. Everything is built once, without optimisation, in target/ (CARGO_TARGET_DIR is
# respected).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ci=${CI:-}
# Colours, terminal width and the like must not reach the snapshots; a missing snapshot fails and is not written.
export CI=true CARGO_TERM_COLOR=never

step() {
    printf '\n== %s\n' "$*"
    local start=$SECONDS
    "$@"
    printf '== %d s\n' "$((SECONDS - start))"
}

cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy

step cargo fmt --check
step python3 data/check.py
# Clippy's build of the dependencies serves the documentation too; the tests' build serves the doc tests.
step cargo clippy --locked --quiet --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --locked --quiet --no-deps
step cargo test --locked --quiet
# The instructions of a run, and the report in a browser; on a CI machine with Debian's packages what these need is
# installed, elsewhere it is used if there.
wanted=()
command -v valgrind >/dev/null || wanted+=(valgrind)
command -v chromium >/dev/null || wanted+=(chromium)
if [ -n "$ci" ] && [ "$(id -u)" = 0 ] && [ ${#wanted[@]} -gt 0 ] && command -v apt-get >/dev/null; then
    step timeout 600 bash -c 'apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"' _ \
        "${wanted[@]}" >/dev/null 2>&1 || printf 'could not be installed: %s\n' "${wanted[*]}"
fi
target=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
step python3 tests/instructions.py "$target/debug/dechaff"
step python3 tests/report.py "$target/debug/dechaff"
# What is found on the evaluation sets, where they are beside the repository.
step python3 tests/score.py "$target/debug/dechaff" --small --floors tests/floors.json

printf '\nall passed in %d s\n' "$SECONDS"
