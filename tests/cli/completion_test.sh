#!/usr/bin/env bash
# The bash function of `mimar completion bash`, called as bash calls it.
# usage: completion_test.sh MIMAR SOURCE_DIR
set -euo pipefail
PATH="$(dirname "$1"):$PATH"
source_dir=$2
MIMAR_STATE_DIR=$(mktemp -d)
export MIMAR_STATE_DIR PATH
trap 'rm -rf "$MIMAR_STATE_DIR"' EXIT

mimar -q create "$source_dir/examples/ask-tell/experiment.yaml" >/dev/null
mimar -q create "$source_dir/examples/ask-tell/experiment.yaml" --name other >/dev/null
trial=$(mimar ask ask-tell -o name | sed 's/.*\///')
# shellcheck source=/dev/null
source <(mimar completion bash)

# expect WORDS... -- CANDIDATES...: what the last of WORDS is completed to, in any order
expect() {
  COMP_WORDS=(mimar)
  while [ "$1" != -- ]; do COMP_WORDS+=("$1"); shift; done
  shift
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _mimar
  local found wanted
  found=$(printf '%s\n' "${COMPREPLY[@]}" | sort)
  wanted=$(printf '%s\n' "$@" | sort)
  [ "$found" = "$wanted" ] || {
    echo "${COMP_WORDS[*]}: expected [$wanted], found [$found]" >&2
    exit 1
  }
}

expect wa -- wait
expect best "" -- ask-tell other
expect best o -- other
expect tell ask-tell- -- "$trial"
expect kill ask-tell- -- "$trial"
expect retry ask-tell- -- "$trial"
expect pause oth -- other
expect enqueue oth -- other
expect clone ask-tell- -- "$trial"
expect init j -- joint
expect get tr -- trials
expect get trials -e as -- ask-tell
expect describe experiment oth -- other
expect describe trial ask -- "$trial"
expect wait other --for condition=S -- condition=Succeeded condition=Stopped
expect get experiments --output js -- json jsonl
expect resume other --max -- --max-trials
expect arch sh -- show
expect arch diff ask -- ask-tell "$trial"
expect arch diff "$trial" oth -- other
expect plot other ask -- ask-tell
expect plot other --kind t -- timeline
expect arch export other --to s -- svg
expect store v -- vacuum
for shell in zsh fish; do mimar completion "$shell" | grep -q 'mimar __complete'; done
! mimar completion tcsh 2>/dev/null || exit 1
mimar man | grep -q '^.SS "tell TRIAL'
echo "completion as expected"
