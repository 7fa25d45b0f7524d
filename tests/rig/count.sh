#!/usr/bin/env bash
# Instructions from a frame, or a card, to the decision, on aarch64: `gate check` under qemu-user, what one more of the same costs.
# Usage: tests/rig/count.sh GATE DATA FRAME CARD... ; GATE: built for arm64; DATA: a terminal's data; CARDs of different people, at least two.
set -euo pipefail
cd "$(dirname "$0")/../.."
gate="$1" data="$2" frame="$3"
shift 3
for tool in qemu-aarch64 gcc; do
  command -v "$tool" >/dev/null || { echo "SKIPPED count: no $tool (tools/ci/cross.sh)"; exit 0; }
done
# A plugin of the emulator (its API, version 1) that counts; Debian packs none. Declared by hand: Debian packs no header either.
plugin=target/rig/count.so
mkdir -p target/rig
gcc -O2 -fPIC -shared -x c -o "$plugin" - <<'C'
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
typedef uint64_t id_t_;
struct qemu_plugin_tb;
extern void qemu_plugin_register_vcpu_tb_trans_cb(id_t_, void (*)(id_t_, struct qemu_plugin_tb *));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
extern void qemu_plugin_register_atexit_cb(id_t_, void (*)(id_t_, void *), void *);
int qemu_plugin_version = 1;
static uint64_t count;
static void translated(id_t_ id, struct qemu_plugin_tb *block) {
  qemu_plugin_register_vcpu_tb_exec_inline(block, 0, &count, qemu_plugin_tb_n_insns(block));
}
static void ended(id_t_ id, void *nothing) { fprintf(stderr, "instructions=%llu\n", (unsigned long long)count); }
int qemu_plugin_install(id_t_ id, const void *about, int many, char **words) {
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
C
counted() {
  qemu-aarch64 -L /usr/aarch64-linux-gnu -plugin "$plugin" "$gate" check --data "$data" "$@" 2>&1 | sed -n 's/^instructions=//p'
}
echo "frame to decision: $(($(counted "$frame" "$frame") - $(counted "$frame")))"
cards=(--card "$1")
before="$(counted "${cards[@]}")"
for card in "${@:2}"; do
  cards+=(--card "$card")
  now="$(counted "${cards[@]}")"
  echo "card to decision, $(basename "$card"): $((now - before))"
  before="$now"
done
