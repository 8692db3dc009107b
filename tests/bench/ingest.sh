#!/usr/bin/env bash
# How long it takes to sort N photos by the dates in them: `mediastruct ingest --yes` beside ExifTool and
# phockup, where those are installed. Each gets a copy of its own of the same photos, and its fastest of
# ROUNDS counts. The photos were just written and so lie in memory: what is measured is the programs.
# Of the seconds, those on the clock grow with what else the machine does; those of the processor
# (user and system, all threads) hardly do.
#
# They do not do the same. All of them read the dates and rename; mediastruct also hashes each photo,
# looks for it in media and the archive, and keeps a journal that it syncs, to undo it all.
#
#   tests/bench/ingest.sh [N] [ROUNDS]      1,000 photos and 3 rounds unless said
#   MEDIASTRUCT=target/debug/mediastruct    the program to measure; target/release/mediastruct unless said
#   PHOTO_SIZE=40kB                         about how large a photo is
#   TMPDIR=/mnt/disk                        the file system to measure on
set -euo pipefail

photos=${1:-1000}
rounds=${2:-3}
repository=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
mediastruct=$(realpath -m "${MEDIASTRUCT:-$target/release/mediastruct}")
[[ $photos =~ ^[1-9][0-9]*$ && $rounds =~ ^[1-9][0-9]*$ ]] || {
  echo 'usage: tests/bench/ingest.sh [N] [ROUNDS], both whole numbers from 1' >&2
  exit 64
}
[[ -x $mediastruct ]] || {
  echo "$mediastruct is missing: cargo build --release" >&2
  exit 1
}
# No setting of the person at the keyboard changes what is measured, or where.
unset "${!MEDIASTRUCT@}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C TZ=UTC XDG_CONFIG_HOME=$work/config

# Less than half of what mediagen makes is a photo with a date of its own that is there only once: as
# many as are wanting still are made, until there are enough.
choose_photos() {
  local made=0 seed=0 dataset
  while ((made < photos)); do
    seed=$((seed + 1))
    dataset=$work/dataset$seed
    "$mediastruct" --quiet mediagen "$dataset" --files $((photos - made + 100)) --duplicates 1% \
      --size "${PHOTO_SIZE:-40kB}" --seed $seed --truth "$work/truth.json"
    mkdir -p "$work/drop/$seed"
    dated_photos $((photos - made)) |
      (cd "$dataset" && xargs -d '\n' cp --archive --link --parents -t "$work/drop/$seed" --)
    rm -rf "$dataset"
    made=$(count_photos "$work/drop")
  done
  # What may still be written, ingest leaves for the next time.
  find "$work/drop" -type f -exec touch -d 2020-01-01 {} +
}

# The paths of at most $1 photos that bear a date, from what mediagen says of its files: of each, the
# path comes first. Names that JSON or mediastruct writes otherwise than they are, are passed over.
dated_photos() {
  awk -F '"' -v most="$1" '
    $2 == "path" { path = $4; is_plain = !/\\|bytes:\/\// }
    $2 == "kind" { kind = $4 }
    $2 == "content" { content = $4 }
    $2 == "source" && $4 == "exif:DateTimeOriginal" && kind == "jpeg" && is_plain && !seen[content]++ {
      if (found++ < most) print path
    }' "$work/truth.json"
}

count_photos() { find "$1" -type f -iname '*.jp*g' | wc -l; }

# Each sorts what is in the directory $1/ingest into $1/media.
by_mediastruct() { "$mediastruct" --quiet --root "$1" ingest --yes; }
by_exiftool() {
  exiftool -q -r '-FileName<DateTimeOriginal' -d "$1/media/%Y/%Y%m%d_%H%M%S%%-c.%%e" "$1/ingest"
}
by_phockup() { phockup --move --date YYYY "$1/ingest" "$1/media"; }

# The seconds that tool $1 takes, on the clock and of the processor.
seconds_of() {
  local root=$work/library sorted TIMEFORMAT='%R %U %S'
  "$mediastruct" --quiet init "$root" >"$work/said"
  rmdir "$root/ingest"
  cp -a "$work/drop" "$root/ingest"
  "$mediastruct" --quiet --root "$root" crawl >"$work/said"
  sync -f "$root"
  { time "by_$1" "$root" >"$work/said" 2>&1; } 2>"$work/times" || { cat "$work/said" >&2; return 1; }
  sorted=$(count_photos "$root/media")
  ((sorted == photos)) || { echo "$1 sorted $sorted of $photos photos" >&2; return 1; }
  rm -rf "$root"
  awk '{ print $1, $2 + $3 }' "$work/times"
}

choose_photos
echo "$photos photos, $(du -sh --apparent-size "$work/drop" | cut -f1), the best of $rounds, $(nproc) cores, load $(cut -d ' ' -f1 /proc/loadavg)"
declare -A best
for ((round = 0; round < rounds; round++)); do
  for tool in mediastruct exiftool phockup; do
    [[ $tool == mediastruct ]] || command -v "$tool" >/dev/null || continue
    seconds=$(seconds_of "$tool")
    best[$tool]=$(printf '%s\n' "${best[$tool]:-$seconds}" "$seconds" | sort -n | head -n 1)
  done
done
printf '%-12s %10s %8s %12s %8s\n' tool seconds ratio 'of processor' ratio
for tool in mediastruct exiftool phockup; do
  if [[ -z ${best[$tool]:-} ]]; then
    printf '%-12s not installed\n' "$tool"
    continue
  fi
  awk -v tool="$tool" -v took="${best[$tool]}" -v own="${best[mediastruct]}" 'BEGIN {
    split(took, its); split(own, ours)
    # Less than the clock shows is no time to divide by.
    for (i in ours) if (ours[i] < 0.001) ours[i] = 0.001
    printf "%-12s %10.2f %8.1f %12.2f %8.1f\n", tool, its[1], its[1] / ours[1], its[2], its[2] / ours[2]
  }'
done
