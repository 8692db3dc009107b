#!/usr/bin/env bash
# How fast mediastruct is beside the tools of its field, side by side on the same files, as one table in
# Markdown: the median seconds of both, what one is of the other, what that must be at most, how many times
# longer ten times as much takes (at most 11), and the memory. What is not installed is said and left out.
#
#   tests/bench/speed.sh [SCALE] [ROUNDS]   1 and 3 unless said. At scale 1: 7 GB of photos, 5 GB of all
#                                           sizes, 90,000 small files; a million entries; 100,000 moves
#   PARTS='crawl plan apply across'         what to measure: all of these unless said
#   SHAPES='photos mixed small'             the files to crawl: all of these unless said
#   TEN_MILLION=yes                         plans ten times as much for the growth, as well (5 GB of memory)
#   OTHER=/mnt/other                        another file system to move files to; unless said, and for root
#                                           alone, an ext4 of its own in an image that lies in TMPDIR
#   MEDIASTRUCT=target/debug/mediastruct    the program to measure; target/release/mediastruct unless said
#   TMPDIR=/mnt/disk                        the file system to measure on, with 10 GB of room at scale 1
#
# "Warm" is what lies in memory, which wants as much of it as there are bytes; cold is read from the disk,
# and only root can empty the cache. They do not do the same: see below, at each of them.
set -euo pipefail

scale=${1:-1}
rounds=${2:-3}
repository=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
[[ $scale =~ ^[0-9]+(\.[0-9]+)?$ && $scale != 0 && $rounds =~ ^[1-9][0-9]*$ ]] || {
  echo 'usage: tests/bench/speed.sh [SCALE] [ROUNDS], such as 0.1 3' >&2
  exit 64
}
# What root mounts is seen by nobody else, and goes with this script, whatever ends it.
if [[ $EUID -eq 0 && -z ${HAS_OWN_MOUNTS:-} ]] && unshare --mount true 2>/dev/null; then
  HAS_OWN_MOUNTS=yes exec unshare --mount "$repository/tests/bench/speed.sh" "$@"
fi
mediastruct=$(realpath -m "${MEDIASTRUCT:-$target/release/mediastruct}")
[[ -x $mediastruct ]] || {
  echo "$mediastruct is missing: cargo build --release" >&2
  exit 1
}
# No setting of the person at the keyboard changes what is measured, or where.
unset "${!MEDIASTRUCT@}"

# Cargo says where the program is that it built.
built=$(cd "$repository" && cargo bench --quiet --bench speed --no-run --message-format json)
speed=$(sed -n 's/.*"name":"speed".*"executable":"\([^"]*\)".*/\1/p' <<<"$built")
[[ -x $speed ]] || { echo 'the bench speed was not built' >&2; exit 1; }

work=$(mktemp -d)
library=$work/library
other=
clean() {
  ! mountpoint -q "$work/other" || umount --lazy "$work/other"
  [[ -z $other ]] || rm -rf "$other"
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/times"
# Caches of other tools are kept here as well.
export LC_ALL=C TZ=UTC HOME=$work XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache

tell() { echo "$*" >&2; }
# What changed a moment ago may change again unseen, and is read once more before it moves: no archive is so young.
age() { sleep 2.5; }
ours() { "$mediastruct" --quiet --no-progress --root "$library" "$@"; }
file_system() { df --output=fstype "$1" | tail -n 1; }
has() { command -v "$1" >/dev/null; }
times() { awk -v a="$1" -v b="$2" 'BEGIN { n = a * b; printf "%d", n < 1 ? 1 : n + 0.5 }'; }

# Runs a command, which must end with 0 or the code $fine, and adds what it took to what is known of $1.
measure() {
  local key=$1 code=0
  shift
  "$speed" time "$work/times/$key" "$@" >"${out:-/dev/null}" 2>"$work/said" || code=$?
  ((code == 0 || code == ${fine:-0})) || {
    tell "$* ended with $code:"
    cat "$work/said" >&2
    exit 1
  }
}
measure_ours() {
  local key=$1
  shift
  measure "$key" "$mediastruct" --quiet --no-progress --root "$library" "$@"
}

# The median of the seconds, and the most KiB, that are known of $1.
seconds() {
  cut -d ' ' -f 1 "$work/times/$1" | sort -g |
    awk '{ all[NR] = $1 } END { print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'
}
memory() { cut -d ' ' -f 2 "$work/times/$1" | sort -n | tail -n 1; }

# Which of these is the fastest.
fastest() {
  local key
  for key in "$@"; do echo "$(seconds "$key") $key"; done | sort -g | head -n 1 | cut -d ' ' -f 2
}

# A line of the table: what is measured, as which key, beside which tool and its key, the most that may be of
# its time, or the most seconds; a tenth of it; the most MiB. A dash is none. Nothing of what was left out.
row() {
  local what=$1 key=$2 tool=$3 its=$4 most=$5 tenth=$6 most_memory=$7
  [[ -e $work/times/$key && ($its == - || -e $work/times/$its) ]] || return 0
  [[ $its == - ]] || its=$(seconds "$its")
  [[ $tenth == - ]] || tenth=$(seconds "$tenth")
  awk -v what="$what" -v own="$(seconds "$key")" -v tool="$tool" -v its="$its" -v most="$most" -v tenth="$tenth" \
    -v memory="$(memory "$key")" -v most_memory="$most_memory" '
    function time(s) { return s < 0.1 ? sprintf("%.3f s", s) : sprintf("%.2f s", s) }
    BEGIN {
      if (its != "-") { ratio = own / (its + 1e-9); beside = tool ", " time(its + 0) }
      must = most == "-" ? "" : "≤ " most (its == "-" ? " s" : "")
      if (most != "-" && (its == "-" ? own : ratio) > most + 0) short = short ", time"
      if (tenth != "-") { growth = own / (tenth + 1e-9); if (growth > 11) short = short ", growth" }
      if (most_memory != "-") {
        if (memory / 1024 > most_memory) short = short ", memory"
        used = sprintf("%.0f of %.0f MiB", memory / 1024, most_memory)
      }
      verdict = must == "" && tenth == "-" ? "" : short == "" ? "pass" : "short: " substr(short, 3)
      printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", what, time(own), beside, its == "-" ? "" : sprintf("%.2f", ratio),
        must, tenth == "-" ? "" : sprintf("%.1f", growth), used, verdict
    }' >>"$work/rows"
}

# Crawling: mediastruct hashes all files, and writes what it found durably. b3sum maps the files into memory,
# which spares a copy and is not safe where they may change; one process with threads of its own, or a process
# for each core. Bare reads and BLAKE3 copy as mediastruct does, and keep nothing: less cannot be had by reads.
# `find` only asks for the sizes and times. The finders of duplicates read what is of equal size alone, and
# keep nothing, or a cache.
files() { find media archive -type f -not -name .mediastruct -print0; }
crawl() {
  local shape times
  for shape in ${SHAPES:-photos mixed small}; do
    for times in 1 10; do
      crawl_corpus "$shape" $times "$shape$times"
      rm -rf "$library" "$work/cache"
    done
  done
}

crawl_corpus() {
  local shape=$1 times=$2 as=$3 count bytes round
  read -r count bytes <<<"$("$speed" corpus "$library" "$shape" "$(awk -v s="$scale" 'BEGIN { print s / 10 }')" "$times" 1)"
  tell "crawl: $shape, $count files, $((bytes / 1000000)) MB"
  cd "$library"
  sync -f .
  ours crawl
  files | xargs -0 cat >/dev/null
  files | tr '\0' '\n' >"$work/list"
  if ((times == 1)); then
    for ((round = 0; round < rounds; round++)); do
      measure_ours "crawl-$as" crawl --force
      measure_ours "again-$as" crawl --incremental
    done
    return
  fi
  # Once, so that the caches are full.
  with_cache "$as"
  rm -f "$work"/times/{fclones-cache,czkawka-cache}-"$as"
  for ((round = 0; round < rounds; round++)); do
    ! has b3sum || {
      measure "b3sum-one-$as" bash -c "$(declare -f files); files | xargs -0 b3sum"
      measure "b3sum-many-$as" bash -c "$(declare -f files); files | xargs -0 -P $(nproc) -n 32 b3sum --num-threads 1"
    }
    measure_ours "crawl-$as" crawl --force
    echo "$("$speed" hash "$work/list") 0" >>"$work/times/hash-$as"
    measure "find-$as" find media archive -type f -printf '%s %T@ %p\n'
    measure_ours "again-$as" crawl --incremental
    with_cache "$as"
    [[ $shape != mixed ]] || duplicates "$as"
  done
  if can_empty_cache; then
    for ((round = 0; round < rounds; round++)); do
      empty_cache
      measure "cat-$as" bash -c "$(declare -f files); files | xargs -0 cat"
      empty_cache
      measure_ours "cold-$as" crawl --force
    done
  fi
  cd "$repository"
  local described most_memory
  described="$shape ($count files, $(awk -v b="$bytes" 'BEGIN { printf "%.1f", b / 1e9 }') GB)"
  most_memory=$(awk -v n="$count" 'BEGIN { print 64 + 200 * n / 1048576 }')
  ! has b3sum || row "\`crawl --force\`, $described" "crawl-$as" b3sum "$(fastest "b3sum-one-$as" "b3sum-many-$as")" \
    "$([[ $shape == small ]] && echo 0.65 || echo 1.1)" "crawl-${shape}1" "$most_memory"
  row 'the same' "crawl-$as" 'bare reads and BLAKE3' "hash-$as" - - -
  row 'the same, cold' "cold-$as" cat "cat-$as" 1.1 - -
  row "\`crawl --incremental\`, $shape" "again-$as" "find -printf" "find-$as" 2 "again-${shape}1" -
  row 'the same' "again-$as" 'fclones, with its cache' "fclones-cache-$as" 1 - -
  row 'the same' "again-$as" 'czkawka, with its cache' "czkawka-cache-$as" 1 - -
  for tool in fclones czkawka jdupes rmlint rdfind hashdeep; do
    row "\`crawl --force\` and \`plan dedupe\`, mixed" "both-$as" "$tool" "$tool-$as" - - -
  done
}

with_cache() {
  ! has fclones || measure "fclones-cache-$1" fclones group --cache media archive
  # It ends so where it found duplicates.
  ! has czkawka_cli || fine=11 measure "czkawka-cache-$1" czkawka_cli dup -d "$PWD/media" -d "$PWD/archive"
}
duplicates() {
  measure "both-$1" bash -c '"$@" crawl --force && "$@" plan dedupe' both "$mediastruct" --quiet --no-progress --root "$library"
  ! has fclones || measure "fclones-$1" fclones group media archive
  ! has czkawka_cli || fine=11 measure "czkawka-$1" czkawka_cli dup -d "$PWD/media" -d "$PWD/archive" -H
  ! has jdupes || measure "jdupes-$1" jdupes -r -q media archive
  ! has rmlint || measure "rmlint-$1" rmlint -o summary:stdout media archive
  ! has rdfind || measure "rdfind-$1" rdfind -dryrun true -makeresultsfile false media archive
  # It finds none: it hashes all of them, by MD5.
  ! has hashdeep || measure "hashdeep-$1" hashdeep -r -c md5 media archive
}
can_empty_cache() { [[ $EUID -eq 0 && -w /proc/sys/vm/drop_caches ]]; }
empty_cache() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
}

# Planning: from indexes that are in memory, into a file.
plan() {
  local files phase kind tenth
  files=$(times 1000000 "$scale")
  tenth=$(times "$files" 0.1)
  for phase in 'dedupe duplicates' 'archive distinct'; do
    read -r phase kind <<<"$phase"
    plan_phase "$phase" "$kind" "$tenth" "$phase-tenth"
    plan_phase "$phase" "$kind" "$files" "$phase"
    [[ -z ${TEN_MILLION:-} ]] || plan_phase "$phase" "$kind" $((files * 10)) "$phase-tenfold"
  done
  row "\`plan dedupe\`, $files entries" dedupe - - 0.8 dedupe-tenth 350
  row "the same, $((files * 10)) entries" dedupe-tenfold - - 8.8 dedupe 3850
  row "\`plan archive\`, $files files" archive - - 2 archive-tenth -
  row "the same, $((files * 10)) files" archive-tenfold - - - archive -
}

plan_phase() {
  local phase=$1 kind=$2 files=$3 key=$4 round
  tell "plan: $phase, $files entries"
  "$speed" indexes "$library" "$files" "$kind"
  for ((round = 0; round < rounds; round++)); do
    out=$work/plan.json measure_ours "$key" plan "$phase"
  done
  rm -rf "$library" "$work/plan.json"
}

# Applying: mediastruct checks each file, keeps a journal, and makes all that it did durable. Bare renames do
# nothing else; they are taken forth and back.
apply() {
  local moves tenth
  moves=$(times 100000 "$scale")
  tenth=$(times "$moves" 0.1)
  apply_moves "$tenth" -tenth
  apply_moves "$moves" ''
  row "\`apply\`, $moves moves" apply 'bare renames' renames 2.5 apply-tenth -
  row "\`undo\`, $moves moves" undo 'bare renames back' renames-back 2.5 undo-tenth -
  row "\`apply\`, $moves moves" apply 'fclones move, no journal' fclones-move 1 - -
}

apply_moves() {
  local moves=$1 key=$2 round
  tell "apply: $moves moves"
  "$speed" twins "$library" "$moves" 32
  for ((round = 0; round < rounds; round++)); do
    rm -rf "$library/data" "$library/duplicates" "$work/plan.json"
    age
    ours crawl
    ours plan dedupe -o "$work/plan.json"
    list_moves >"$work/forth"
    [[ $(wc -l <"$work/forth") == "$moves" ]] || { tell 'the plan moves other files than these'; exit 1; }
    awk -F '\t' '{ print $2 "\t" $1 }' "$work/forth" >"$work/back"
    sync -f "$library"
    measure_ours "apply$key" apply "$work/plan.json"
    sync -f "$library"
    measure_ours "undo$key" undo --yes
    sync -f "$library"
    # Its memory is not of interest.
    echo "$("$speed" rename "$work/forth") 0" >>"$work/times/renames$key"
    sync -f "$library"
    echo "$("$speed" rename "$work/back") 0" >>"$work/times/renames-back$key"
    [[ -n $key ]] || ! has fclones || fclones_moves
  done
  rm -rf "$library"
}

# The moves of the plan as lines of FROM, tab, TO: the names of these files are plain.
list_moves() { awk -F '"' -v root="$library" '$2 == "from" { print root "/" $4 "\t" root "/" $8 }' "$work/plan.json"; }

fclones_moves() {
  fclones group "$library/media" >"$work/groups" 2>"$work/said"
  sync -f "$library"
  measure fclones-move fclones move "$work/moved" <"$work/groups"
  find "$work/moved" -type f -printf '%p\t/%P\n' >"$work/back"
  "$speed" rename "$work/back" >/dev/null
  rm -rf "$work/moved"
}

# Moves to another file system: mediastruct copies, syncs, reads back from the disk, compares, and parks the
# source; `cp -a` and `sync` do no more than that.
across() {
  local large small
  large=$(times 300 "$scale")
  small=$(times 5000 "$scale")
  if [[ -n ${OTHER:-} ]]; then
    other=$(mktemp -d "$OTHER/mediastruct-speed.XXXXXX")
  else
    mount_other || { tell 'across: left out, as no other file system is there: OTHER=DIR names one'; return 0; }
  fi
  across_files "$large" 3000000 large
  across_files "$small" 64000 small
  row "moves to another file system, $large of 3 MB" across-large "\`cp -a\` and \`sync\`" copy-large 1.25 - -
  row "the same, $small of 64 kB" across-small "\`cp -a\` and \`sync\`" copy-small 1.25 - -
}

mount_other() {
  [[ -n ${HAS_OWN_MOUNTS:-} ]] && has mkfs.ext4 || return
  truncate -s "$(awk -v s="$scale" 'BEGIN { printf "%d", 3e9 * s + 3e8 }')" "$work/image"
  mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$work/image"
  mkdir "$work/other"
  mount -o loop "$work/image" "$work/other" || return
  other=$work/other/library
  mkdir "$other"
}

copy() { cd "$1" && xargs -d '\n' cp -a --parents -t "$2" -- && sync -f "$2"; }

across_files() {
  local files=$1 bytes=$2 key=$3 round
  tell "across: $files files of $bytes bytes to $(file_system "$other")"
  export MEDIASTRUCT_DUPLICATES_DIR=$other/duplicates
  for ((round = 0; round < rounds; round++)); do
    rm -rf "$library" "$work/plan.json"
    "$speed" twins "$library" "$files" "$bytes"
    age
    ours crawl
    ours plan dedupe -o "$work/plan.json"
    list_moves | cut -f 1 | sed "s|^$library/||" >"$work/forth"
    mkdir "$other/copies"
    sync
    measure "copy-$key" bash -c "$(declare -f copy); copy '$library' '$other/copies'" <"$work/forth"
    rm -rf "$other/copies"
    sync
    measure_ours "across-$key" apply "$work/plan.json"
    rm -rf "$other/duplicates"
  done
  unset MEDIASTRUCT_DUPLICATES_DIR
  rm -rf "$library"
}

for tool in b3sum fclones czkawka_cli jdupes rmlint rdfind hashdeep; do
  has $tool || missing+=("$tool")
done
: >"$work/rows"
for part in ${PARTS:-crawl plan apply across}; do
  case $part in
    crawl | plan | apply | across) "$part" ;;
    *) tell "PARTS: '$part' is none of crawl, plan, apply and across"; exit 64 ;;
  esac
done
echo "Scale $scale, the median of $rounds, $(nproc) cores, $(file_system "$work"), load $(cut -d ' ' -f 1 /proc/loadavg)."
[[ $scale == [1-9]* ]] || echo 'Of so little, what is short says nothing.'
[[ -z ${missing[*]:-} ]] || echo "Not installed, and so left out: ${missing[*]}."
can_empty_cache || echo 'Left out: what is cold, as the cache cannot be emptied.'
echo
echo '| what | mediastruct | beside | ratio | must be | ten times as much | memory | |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
cat "$work/rows"
