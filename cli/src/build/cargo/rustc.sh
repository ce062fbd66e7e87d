#!/bin/sh
# Stands in for rustc (RUSTC_WRAPPER), so that the same sources give the same binary in any folder.
#
# "$1" is the compiler, the rest its arguments. Cargo identifies a package that lies outside of the
# workspace by its absolute path, and that identity reaches the binary; here each package is
# identified by its place relative to SCHEDULER_ROOT instead. Paths in messages become relative to
# the same root, and those of downloaded packages to cargo's home.
home=${CARGO_HOME:-$HOME/.cargo}
here=$CARGO_MANIFEST_DIR
case "$here/" in
"$home"/*) exec "$@" "--remap-path-prefix=$home=/cargo" ;;
esac

root=$SCHEDULER_ROOT
place=
until case "$here/" in "$root"/*) true ;; *) false ;; esac; do
    root=${root%/*}
    place=../$place
done
place=$place.${here#"$root"}

for argument; do
    shift
    case "$argument" in
    metadata=[0-9a-f]*) argument="metadata=$place" ;;
    esac
    set -- "$@" "$argument"
done
# The last one that fits counts.
exec "$@" "--remap-path-prefix=$SCHEDULER_ROOT=/build" "--remap-path-prefix=$here=/build/$place" \
    "--remap-path-prefix=$home=/cargo"
