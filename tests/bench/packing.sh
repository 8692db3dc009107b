#!/usr/bin/env bash
# How many discs a library takes and how many of its months and days are split over more than one:
# mediastruct's two ways to pack beside fpart and dirsplit, where those are installed, on the same sizes,
# which are drawn: photos and videos of 25 years, log-normal, the same each time.
#
# They do not do the same. fpart counts bytes alone, and knows of no sectors, directories or names; dirsplit
# estimates those (it is given sizes with its own estimate) and tries at random; mediastruct's volumes have
# room for its own files, too. The last columns count the volumes that may be larger than the disc once
# they are images, and the files that are in no volume.
#
#   tests/bench/packing.sh [N ...]      20,000 and 1,000,000 files unless said; dirsplit is left out
#                                       where there are more than 20,000, as it takes too long
set -euo pipefail

repository=$(cd "$(dirname "$0")/../.." && pwd)
[[ $# -gt 0 ]] || set -- 20000 1000000
for files in "$@"; do
  [[ $files =~ ^[1-9][0-9]*$ ]] || {
    echo 'usage: tests/bench/packing.sh [N ...], whole numbers from 1' >&2
    exit 64
  }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# Cargo says where the program is that it built.
built=$(cd "$repository" && cargo bench --quiet --bench pack_sizes --no-run --message-format json)
program=$(sed -n 's/.*"name":"pack_sizes".*"executable":"\([^"]*\)".*/\1/p' <<<"$built")
[[ -x $program ]] || { echo 'the bench pack_sizes was not built' >&2; exit 1; }

# Each says what it makes of the sizes in $work/sizes, on the medium $1 of $2 sectors.
by_chronological() { "$program" pack "$work/sizes" "$1" chronological; }
by_compact() { "$program" pack "$work/sizes" "$1" compact; }
by_fpart() {
  fpart -a -s $(($2 * 2048)) -i "$work/sizes" -o - 2>"$work/said" |
    awk '{ print $1, $3 }' | "$program" judge "$work/sizes" "$1"
}
by_dirsplit() {
  # As it counts files that it finds itself: whole sectors, and 50 bytes for each of a name.
  awk '{ name = $2; sub(".*/", "", name)
         printf "%.0f %s\n", int(($1 + 2047) / 2048) * 2048 + 50 * length(name), $2 }' \
    "$work/sizes" >"$work/estimated"
  rm -rf "$work/catalogs"
  mkdir "$work/catalogs"
  (cd "$work/catalogs" && dirsplit -s $(($2 * 2048))b -T "$work/estimated" >"$work/said" 2>&1)
  awk '{ sub(".*=", ""); print FILENAME, $0 }' "$work"/catalogs/*.list |
    sed "s|^$work/catalogs/||" | "$program" judge "$work/sizes" "$1"
}

row() { printf '%9s %-6s %-14s %8s %7s %7s %6s %10s %8s\n' "$@"; }
row files medium 'packed by' volumes fewest months days 'too large' missing
for files in "$@"; do
  "$program" draw "$files" 1 >"$work/sizes"
  for medium in 'bd25 11826176' 'bd100 47305728'; do
    read -r name sectors <<<"$medium"
    for tool in chronological compact fpart dirsplit; do
      case $tool in
        fpart | dirsplit) command -v "$tool" >/dev/null || { row "$files" "$name" "$tool" 'not installed' '' '' '' '' ''; continue; } ;;
      esac
      [[ $tool != dirsplit ]] || ((files <= 20000)) || continue
      read -r volumes fewest months days too_large missing <<<"$("by_$tool" "$name" "$sectors")"
      row "$files" "$name" "$tool" "$volumes" "$fewest" "$months" "$days" "$too_large" "$missing"
    done
  done
done
