# What people type; CI calls the same commands (.ci/run).
export GATE_DATA := env("GATE_DATA", justfile_directory() / "../shared/data")

# Everything that CI checks
ci:
    .ci/run

# All tests
test:
    cargo test --workspace

# Form and lints
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# The tour through the virtual terminal
sim *ARGS:
    cargo run --release --bin gate-sim -- {{ARGS}}

# Speed and memory, as ratios in one run
bench:
    cargo bench -p gate-proof --bench cost
    cargo bench -p gate-core --bench screen_code
    cargo bench -p gate-ui --bench redraw

# The status list at a province's size: 100 million people, some ten minutes and 5 GB of disk
bench-list *ARGS:
    cargo bench -p gate-status --bench list -- {{ARGS}}

# Instructions of one screen code from text to decision (needs valgrind)
instructions:
    cargo bench -p gate-core --bench screen_code --no-run
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$(ls -t target/release/deps/screen_code-* | grep -v '\.d$' | head -1)" --count 100

# Instructions of drawing one screen ten times at 800 x 480 (needs valgrind)
redraw-instructions SCREEN="technician_data_old":
    cargo bench -p gate-ui --bench redraw --no-run
    valgrind --tool=callgrind --callgrind-out-file=/tmp/redraw.callgrind "$(ls -t target/release/deps/redraw-* | grep -v '\.d$' | head -1)" --one {{SCREEN}} 10

# Instructions of a passage beside a carrier at each server, honest and hostile, against one alone: above 1.05 it fails (needs valgrind; minutes)
beside-a-carrier:
    bash tools/ci/valgrind.sh
    cargo test --workspace --test repositories -- --ignored --exact --nocapture counted::a_passage_beside_any_server_costs_what_it_costs_alone

# Wall time of a passage beside `gate-sync` at work and alone, N interleaved pairs: the ratio of medians with its interval
beside-a-carrier-pairs N="60":
    cargo bench --profile dev -p gate-tests --bench beside_a_carrier -- {{N}}

# SIGKILL at random points of a scripted load: nothing acknowledged may be lost
kill-test N="300":
    KILLS={{N}} cargo test --release -p gate-store --test journal_kill -- --nocapture

# The list: kills and torn files while deltas are applied, bases folded and swapped, N of each of four; flips; histories against a map
list-test N="500":
    KILLS={{N}} SWAP_KILLS={{N}} TEARS={{N}} SWAP_TEARS={{N}} cargo test --release -p gate-status --test kills -- --nocapture
    FLIPS=2000 cargo test --release -p gate-status --test bases -- --nocapture
    HISTORIES=1000 cargo test --release -p gate-status --test histories -- --nocapture

# The units under a real systemd, in a container (needs root and Debian's packages)
units:
    cargo build -p gate-terminal -p gate-trust -p gate-field -p gate-sync -p gate-hub -p gate-signing --bins
    bash tools/ci/rig.sh
    tests/rig/units.sh

# The terminal's programs under a real kernel in an emulated machine: screens in target/rig/out (needs root and Debian's packages)
rig *ARGS:
    cargo build -p gate-terminal -p gate-trust -p gate-field -p gate-sync -p gate-rig --bins --features gate-terminal/drm
    bash tools/ci/qemu.sh
    cargo run -q -p gate-rig -- {{ARGS}}

# A base of PEOPLE strangers, then a night of changes, each by a stick of 10 MB/s in the emulated machine: from the plug to 可以拔出
night-figures PEOPLE="1000000":
    just rig --scene province --people {{PEOPLE}}

# One device of the emulated board (camera, reader, screen, stick) pulled and put back N times while people go through
pulls DEVICE N="50":
    just rig --scene pulls --pulled {{DEVICE}} --pulls {{N}}

# The terminal's programs for a board: amd64, arm64 or armhf
cross ARCH:
    bash tools/ci/cross.sh
    tools/package/cross.sh {{ARCH}} --features gate-terminal/drm,gate-terminal/spi,gate-terminal/usb

# Instructions from a frame, or a card, to the decision on arm64: at most 60 million each (builds for arm64: ten minutes from nothing)
count:
    just cross arm64
    cargo run -q -p gate-rig -- --inputs target/rig/count
    tests/rig/count.sh target/aarch64-unknown-linux-gnu/release/gate target/rig/count

# The tests of bytes, decisions, reading and storing on a board's processor, emulated: arm64 or armhf (half an hour)
test-on ARCH="arm64":
    bash tools/ci/cross.sh
    tools/package/tests.sh {{ARCH}} -p gate-wire -p gate-core -p gate-scan -p gate-store

# A power cut under the journal's load in the emulated machine, and every state of the disk that it may leave (STATES: about how many)
power STATES="100000":
    cargo test -p gate-store --test journal_power --no-run
    bash tools/ci/qemu.sh
    cargo run -q -p gate-rig -- --scene power --load "$(ls -t target/debug/deps/journal_power-* | grep -v '\.d$' | head -1)"
    POWER={{justfile_directory()}}/target/rig/out/power STATES={{STATES}} cargo test -p gate-store --test journal_power -- --nocapture

# The terminal's Debian package, into target/package
deb ARCH="amd64":
    bash tools/ci/cross.sh
    bash tools/ci/package.sh
    cargo build -p gate-terminal -p gate-trust -p gate-field -p gate-sync --bins
    tools/package/deb.sh {{ARCH}}

# The package's life: installed, upgraded over an older one with its data (OLDER: a package of an earlier commit), removed, purged (needs root)
deb-life OLDER="":
    bash tools/ci/package.sh
    cargo build -p gate-terminal -p gate-trust -p gate-field -p gate-sync -p gate-signing --bins
    PROGRAMS=target/debug tools/package/deb.sh amd64
    tests/rig/package.sh "$(ls -t target/package/*_amd64.deb | head -1)" {{OLDER}}

# Accept the screens as drawn now
bless:
    BLESS=1 cargo test -p gate-tests --test golden_screens
    cargo run -q -p gate-ui --example sheet -- docs/screens.png

# The tour of the virtual terminal as a browser shows it, as one picture (needs chromium)
tour-sheet:
    rm -rf target/tour
    TERMINAL_SCREENS=target/tour cargo test -p gate-tests --test terminal_page tour
    cargo run -q -p gate-ui --example sheet -- docs/tour.png target/tour/*-tour-*.png

# The hub's pages as a browser shows them, as one picture (needs chromium)
hub-sheet:
    rm -rf target/hub-screens
    HUB_SCREENS={{justfile_directory()}}/target/hub-screens cargo test --workspace --test hub_page every_page
    cargo run -q -p gate-ui --example sheet -- docs/hub.png target/hub-screens/page-0*.png

# The attendant's card as a PDF (needs fonts-noto-cjk)
card:
    cargo run -q -p gate-signing --example operator_card -- docs/manual/attendant.md docs/manual/attendant.pdf

# The desk's keys in a PKCS#11 token: SoftHSM2, in a folder of the test's own
token-test:
    bash tools/ci/softhsm.sh
    cargo test -p gate-signing --features pkcs11 --test token

# Crate edges and committed vectors
rules:
    cargo xtask deps
    cargo xtask vectors --check

# What the eye reads of the photographs, by set (and of generated frames: `just eye FOLDER`)
eye FOLDER=(GATE_DATA / "qr"):
    cargo run --release -p gate-scan --example measure -- {{FOLDER}}

# Hostile frames for the eye, seeded: SECONDS of them, from SEED on
fuzz SECONDS="60" SEED="1":
    cargo run --release -p gate-scan --example fuzz -- {{SECONDS}} {{SEED}}

# How soon a code brought before the camera is read: N sequences of each kind
eye-stream N="12" *ARGS:
    cargo run --release -p gate-sim --example eye_stream -- {{N}} {{ARGS}}

# How long people wait from a code held up and a card laid down to tone and picture: COUNT of each
waits COUNT="200":
    cargo run --release -p gate-sim --example waits -- {{COUNT}}

# The five tasks of docs/tasks.md, in a browser and with the real programs
tasks:
    cargo test -p gate-tests --test terminal_page tasks -- --nocapture

# The picture after each stage of the eye, as PNG
eye-stages IMAGE OUT:
    cargo run -p gate-scan --example stages -- {{IMAGE}} {{OUT}}

# A fuzzer of the eye with coverage (raw, matrix, sequence, mjpeg), from the corpus in the repository
fuzz-eye TARGET="matrix" SECONDS="60":
    mkdir -p /tmp/fuzz-eye/{{TARGET}}
    "$(firmware/scan/fuzz/build.sh --bin {{TARGET}})/{{TARGET}}" -max_total_time={{SECONDS}} -max_len=1500 /tmp/fuzz-eye/{{TARGET}} firmware/scan/tests/corpus/{{TARGET}}

# Instructions of LOOKS looks at a picture (needs valgrind); the difference of two numbers of looks is what one costs
eye-instructions IMAGE LOOKS="2":
    cargo build --release -p gate-scan --example count
    valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/count {{LOOKS}} {{IMAGE}}

# PEOPLE invented people through every flow; then every file is searched for their names and numbers (10,000: ten minutes)
names-and-numbers PEOPLE="300":
    PEOPLE={{PEOPLE}} cargo test --release -p gate-tests --test names_and_numbers -- --nocapture

# Codes a second of `gate-sign serve` on one core, in the clear and over TLS: p50, p99
serve-load SECONDS="5" CONNECTIONS="16":
    tools/ci/serve_load.sh {{SECONDS}} {{CONNECTIONS}}

# The hub's tests over a PostgreSQL server of their own (Debian's package; not as root's server)
postgres-test:
    tools/ci/postgres.sh cargo test -p gate-hub

# A hub on one core under load through HTTPS, the generator on the other: SQLite, then PostgreSQL, in one table
hub-load SECONDS="8":
    cargo build --release -p gate-hub --bins --example load
    taskset -c 1 target/release/examples/load {{SECONDS}}
    tools/ci/postgres.sh taskset -c 1 target/release/examples/load {{SECONDS}}

# Codes an hour and core from a table, with and without Argon2id
bench-bulk:
    cargo bench -p gate-signing --bench bulk
