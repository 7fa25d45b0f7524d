#!/usr/bin/env bash
# Voices for tests, made by espeak-ng into the folder named: Mandarin, and the same voice lower in the slot for Sichuan, which
# no free synthesiser speaks. A terminal in service gets recorded voices in the same form.
#
# bash tools/ci/test-voices.sh FOLDER
set -euo pipefail
to="${1:?say which folder}"
command -v espeak-ng >/dev/null && command -v sox >/dev/null \
  || { echo "SKIPPED test voices: espeak-ng or sox is not here"; exit 0; }

say() { # slot pitch word text
  espeak-ng -v cmn -s 170 -p "$2" --stdout "$4" | sox -q -t wav - -b 16 -r 16000 -c 1 "$to/$1/$3.wav" trim 0 6 2>/dev/null
  echo "$3 = \"$3.wav\"" >> "$to/$1/manifest.toml"
}

for slot in mandarin sichuan; do
  mkdir -p "$to/$slot"
  printf 'format = 1\nlanguage = "%s"\norigin = "espeak-ng, synthetic, for tests"\nlicence = "made here, not shipped"\n\n[words]\n' \
    "$slot" > "$to/$slot/manifest.toml"
  pitch=55; [ "$slot" = sichuan ] && pitch=35
  say "$slot" "$pitch" pass "请通行"
  say "$slot" "$pitch" limit "请稍候，工作人员协助您"
  say "$slot" "$pitch" stop "请稍候，工作人员马上来"
  say "$slot" "$pitch" assist "请走人工通道"
  say "$slot" "$pitch" hint "请看屏幕提示"
  say "$slot" "$pitch" opened "工作人员放行，请通行"
done
