#!/bin/sh
set -e
for word in "$@"; do
  case $previous in
    --lambda-dir) out=$word ;;
    --bin) bin=$word ;;
  esac
  previous=$word
done
test -n "$out" || exit 0
mkdir -p "$out/$bin"
cp "${0%/*}/core" "$out/$bin/bootstrap"
