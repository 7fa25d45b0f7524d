#!/usr/bin/env bash
# sbom.sh TRIPLE FOLDER: what each program is made of, as CycloneDX 1.5 (ECMA-424): every crate with its version, licence and checksum.
# SQLite comes within libsqlite3-sys, whose version is named. Needs cargo-cyclonedx (tools/ci/package.sh).
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/target/tools/bin:$PATH"
SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"
export SOURCE_DATE_EPOCH
triple="$1" folder="$2" name=tianfu-gate.cdx
# The tool writes beside every manifest of the workspace.
forget() { find firmware signing tests tools -name "$name.json" -delete; }
trap forget EXIT
mkdir -p "$folder"
for one in terminal trust sync field; do
  home="$(dirname "$(ls -d {firmware,tools}/"$one"/Cargo.toml 2>/dev/null)")"
  program="gate-$one" features=()
  [ "$one" != terminal ] || program=gate features=(-F drm,spi,usb)
  cargo cyclonedx -q --manifest-path "$home/Cargo.toml" --format json --spec-version 1.5 --target "$triple" --no-build-deps \
    --override-filename "$name" "${features[@]}"
  # No path of this machine: the same tree says the same everywhere.
  sed "s#file://$PWD#file:///tianfu-gate#g" "$home/$name.json" > "$folder/$program.cdx.json"
done
