#!/usr/bin/env bash
# Instructions from a frame, or a card, to the decision, on aarch64: `gate check` under qemu-user, what one more of the same costs.
# Each at most LIMIT: a count is the same on every machine, so that it is a rule and not a figure.
# Usage: tests/rig/count.sh GATE INPUTS ; GATE: built for arm64; INPUTS: what `gate-rig --inputs` writes (`just count` makes both).
set -euo pipefail
cd "$(dirname "$0")/../.."
gate="$1" inputs="$2"
readonly LIMIT=60000000
now="2026-11-20T20:15:00+08:00" # of the demo, whose codes live then
for tool in qemu-aarch64 gcc; do
  command -v "$tool" >/dev/null || { echo "SKIPPED count: no $tool (tools/ci/cross.sh)"; [ "${CI:-}" != true ]; exit; }
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
# counted PASSES WHAT…: what these cost together, if so many of them are let through.
counted() {
  local passes="$1" said
  shift
  said="$(qemu-aarch64 -L /usr/aarch64-linux-gnu -plugin "$plugin" "$gate" check --now "$now" --data "$inputs/believed" "$@" 2>&1 || true)"
  [ "$(grep -c 'Please pass' <<<"$said")" = "$passes" ] || { echo "count: $passes of these must pass: $said" >&2; exit 1; }
  sed -n 's/^instructions=//p' <<<"$said"
}
failed=0
cost() {
  if [ "$2" -gt 0 ] && [ "$2" -le "$LIMIT" ]; then echo "ok      $1 to decision: $2 instructions"; else
    echo "FAILED  $1 to decision: $2 instructions, the limit is $LIMIT"
    failed=1
  fi
}
frame() {
  local picture="$inputs/$1.pgm" one two
  one="$(counted "$2" "$picture")"
  two="$(counted "$(($2 * 2))" "$picture" "$picture")"
  cost "frame ($1)" "$((two - one))"
}
frame nobody 0
frame phone 1
cards=(--card "$inputs/card-0.hex")
before="$(counted 1 "${cards[@]}")"
for card in "$inputs"/card-[1-9].hex; do
  cards+=(--card "$card")
  sum="$(counted "$((${#cards[@]} / 2))" "${cards[@]}")"
  cost "card ($(basename "$card" .hex))" "$((sum - before))"
  before="$sum"
done
unlisted=(--card "$inputs/unlisted-0.hex")
before="$(counted 0 "${unlisted[@]}")"
sum="$(counted 0 "${unlisted[@]}" --card "$inputs/unlisted-1.hex")"
cost "card (on no list)" "$((sum - before))"
exit "$failed"
