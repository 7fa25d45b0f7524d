# shellcheck shell=bash disable=SC2034
# Sourced: what Rust, the cross tools and qemu-user call a processor of Debian's. Usage: . tools/package/architecture.sh amd64|arm64|armhf
case "${1:-}" in
  amd64) triple=x86_64-unknown-linux-gnu tools=x86_64-linux-gnu emulator= ;;
  arm64) triple=aarch64-unknown-linux-gnu tools=aarch64-linux-gnu emulator=qemu-aarch64 ;;
  armhf) triple=armv7-unknown-linux-gnueabihf tools=arm-linux-gnueabihf emulator=qemu-arm ;;
  *) echo "usage: $0 amd64|arm64|armhf" >&2; exit 2 ;;
esac
