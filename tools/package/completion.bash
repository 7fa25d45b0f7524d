# Completion of gate, gate-trust, gate-field and gate-sync: the words that the program's own --help offers at this place.
_tianfu_gate() {
  local word="${COMP_WORDS[COMP_CWORD]}" asked=("${COMP_WORDS[0]}") one help
  for one in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$one" in -*) break ;; *) asked+=("$one") ;; esac
  done
  help="$("${asked[@]}" --help 2>/dev/null)" || return 0
  mapfile -t COMPREPLY < <(compgen -W "$(awk '
    /^Commands:/ { commands = 1; next }
    /^[A-Z]/ { commands = 0 }
    commands && /^  [a-z]/ { print $1 }
    { while (match($0, /--[a-z][a-z-]*/)) { print substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH) } }
  ' <<<"$help")" -- "$word")
  [ "${#COMPREPLY[@]}" -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -o filenames -F _tianfu_gate gate gate-trust gate-field gate-sync
