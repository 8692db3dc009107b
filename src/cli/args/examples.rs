//! Examples at the end of the help texts.

pub const TOP: &str = "\
Begin here:
  mediastruct demo                          see the whole pipeline on a bogus dataset
  mediastruct init ~/library                make a library
  mediastruct --root ~/library crawl        index it
  mediastruct --root ~/library plan dedupe -o plan.json
  mediastruct show plan.json                read what would be done
  mediastruct --root ~/library apply plan.json
  mediastruct --root ~/library undo         take it back

Exit codes:
  0   done, or nothing to do
  1   failed; what was begun is rolled back
  2   only with `plan --detailed-exitcode`: the plan holds work
  3   refused: the plan no longer fits the disk, or breaks a law
  4   done, but some files were left out, each named with its reason
  5   an unfinished run stands in the way: `mediastruct recover`
  6   another process holds the lock
  64  the command line or the configuration cannot be understood";

pub const INIT: &str = "\
Example:
  mediastruct init ~/library
  mediastruct --root ~/library crawl";

pub const MEDIAGEN: &str = "\
Examples:
  mediastruct mediagen /tmp/bogus
  mediastruct mediagen /tmp/bogus --files 5000 --duplicates 30% --seed 7
  mediastruct mediagen /tmp/bogus --truth - > truth.json";

pub const INGEST: &str = "\
Examples:
  mediastruct ingest
  mediastruct ingest --yes --prune-empty
  mediastruct ingest --time-zone Europe/Berlin
  mediastruct ingest --undated media/2024/undated
  mediastruct ingest --date 1987-07-14 ~/library/ingest/scans
  mediastruct ingest --date-map dates.txt
  mediastruct ingest --copy /media/card/DCIM

The same in steps, with time to read:
  mediastruct plan ingest -o plan.json
  mediastruct show plan.json --all
  mediastruct apply plan.json";

pub const PLAN_INGEST: &str = "\
Examples:
  mediastruct plan ingest -o plan.json
  mediastruct plan ingest | mediastruct show --all -
  mediastruct plan ingest --time-zone +02:00 --undated media/2024/undated
  mediastruct plan ingest --date-map dates.txt, where dates.txt says
    1987-07-14 scans/album 3
    2003-12-24T18:30:00 scans/christmas*.tif";

pub const CRAWL: &str = "\
Examples:
  mediastruct crawl
  mediastruct crawl --force
  mediastruct crawl --disk rotational
  mediastruct crawl --exclude '*.tmp' --exclude @eaDir
  mediastruct crawl /data/media/2024 /data/archive/03";

pub const PLAN: &str = "\
Examples:
  mediastruct plan dedupe -o plan.json
  mediastruct plan dedupe | mediastruct show -
  mediastruct plan undo
  mediastruct plan crawl --detailed-exitcode > /dev/null";

pub const PLAN_DEDUPE: &str = "\
Examples:
  mediastruct plan dedupe -o plan.json
  mediastruct plan dedupe --keep oldest
  mediastruct plan dedupe --prefer 'media/2019/best of' --prefer media/2018
  mediastruct plan dedupe --only media/2019 --only media/2020 --min-size 1MB
  mediastruct plan dedupe --why media/2019/IMG_1234.JPG";

pub const DEDUPE: &str = "\
Examples:
  mediastruct dedupe
  mediastruct dedupe --yes
  mediastruct dedupe --keep newest --prefer media/2019

The same in steps, with time to read:
  mediastruct plan dedupe -o plan.json
  mediastruct show plan.json
  mediastruct apply plan.json";

pub const VALIDATE: &str = "\
Examples:
  mediastruct validate
  mediastruct validate --yes

The same in steps, with time to read:
  mediastruct plan validate -o plan.json
  mediastruct show plan.json --all          what moves, and what stays and why
  mediastruct apply plan.json

Then, when you are sure, free the room yourself:
  rm -r ~/library/validated/2024";

pub const ARCHIVE: &str = "\
Examples:
  mediastruct archive
  mediastruct archive --medium bd100 --through 2023
  mediastruct archive --pack compact --parity 10% --seal

The same in steps, with time to read:
  mediastruct plan archive -o plan.json
  mediastruct show plan.json
  mediastruct apply plan.json

Then, for each volume that is sealed:
  mediastruct volumes image 07 -o 07.iso
  mediastruct volumes burned 07 --location 'shelf 2'";

pub const PLAN_ARCHIVE: &str = "\
Examples:
  mediastruct plan archive -o plan.json
  mediastruct plan archive | mediastruct show -
  mediastruct plan archive --medium dir:4TB --through 2020
  mediastruct plan archive --sectors 359424";

pub const SHOW: &str = "\
Examples:
  mediastruct show plan.json
  mediastruct show plan.json --html plan.html
  mediastruct plan dedupe | mediastruct show -
  mediastruct show 20241122T155212.123Z-0a1b2c
  mediastruct show 20241122T155212.123Z-0a1b2c --json";

pub const DIFF: &str = "\
Examples:
  mediastruct diff monday.json tuesday.json
  mediastruct diff --text monday.json tuesday.json
  git show HEAD:plan.json | mediastruct diff - plan.json";

pub const APPLY: &str = "\
Examples:
  mediastruct apply plan.json --dry-run
  mediastruct apply plan.json
  mediastruct apply plan.json --verify hash
  mediastruct plan dedupe | mediastruct apply -";

pub const UNDO: &str = "\
Examples:
  mediastruct undo
  mediastruct undo 20241122T155212.123Z-0a1b2c --yes";

pub const RECOVER: &str = "\
Examples:
  mediastruct recover
  mediastruct recover --rollback
  mediastruct recover --leave media/2024/a.jpg";

pub const PURGE: &str = "\
Examples:
  mediastruct history
  mediastruct purge 20241122T155212.123Z-0a1b2c --dry-run
  mediastruct purge 20241122T155212.123Z-0a1b2c";

pub const HISTORY: &str = "\
Examples:
  mediastruct history
  mediastruct history -n 10
  mediastruct history --json | jq '.runs[] | select(.state == \"unfinished\")'";

pub const VOLUMES: &str = "\
Examples:
  mediastruct volumes
  mediastruct volumes image 07 -o 07.iso
  mediastruct volumes burned 07 --location 'shelf 3'
  mediastruct volumes verify 07 --at /media/MEDIA_0007";

pub const VOLUMES_VERIFY: &str = "\
Examples:
  mediastruct volumes verify 07
  mediastruct volumes verify 07 --at /media/MEDIA_0007
  mediastruct volumes verify 07 --at /dev/sr0 --copy 2
  mediastruct volumes verify 07 --at 07.iso
  mediastruct volumes verify --against /media/old-disc";

pub const VOLUMES_SEAL: &str = "\
Examples:
  mediastruct volumes seal 07
  mediastruct volumes seal 07 --yes
  mediastruct volumes seal 07 --medium bd25 --parity 10%
  mediastruct volumes seal 07 --sectors 11000000";

pub const VOLUMES_RESTORE: &str = "\
Examples:
  mediastruct volumes restore 07 --at /mnt/disc
  mediastruct volumes restore 07 --at /mnt/disc -o plan.json";

pub const VOLUMES_LIST: &str = "\
Examples:
  mediastruct volumes
  mediastruct volumes --medium bd50
  mediastruct volumes list --json | jq '.volumes[] | select(.copies | any(.is_due)) | .volume'";

pub const VOLUMES_IMAGE: &str = "\
Examples:
  mediastruct volumes image 07 -o 07.iso
  mediastruct volumes image 07 -o 07.iso --medium bd50
  xorriso -as cdrecord -v dev=/dev/sr0 07.iso       burn it
  mediastruct volumes burned 07
  mediastruct volumes verify 07 --at /dev/sr0";

pub const VOLUMES_BURNED: &str = "\
Examples:
  mediastruct volumes burned 07
  mediastruct volumes burned 07 --copy 2 --location 'at my sister's'";

pub const VOLUMES_LOST: &str = "\
Examples:
  mediastruct volumes lost 07
  mediastruct volumes lost 07 --copy 2 --all";

pub const VOLUMES_IMPORT: &str = "\
Examples:
  mediastruct volumes import --at /media/MEDIA_0007
  mediastruct volumes import 03 --at /dev/sr0 --location 'shelf 3'
  mediastruct volumes import 12 --at old-disc.iso
  mediastruct volumes import 61 --at /media/MEDIA_0007 --renumber";

pub const FIND: &str = "\
Examples:
  mediastruct find IMG_0042
  mediastruct find 'media/2024/**/*.cr2'
  mediastruct find ~/Desktop/photo.jpg
  mediastruct find --file /mnt/card/DCIM/*/*
  mediastruct find 5c1a90d2 --json";

pub const STATUS: &str = "\
Examples:
  mediastruct status
  mediastruct status --json | jq '.years[] | select(.content.not_archived.files > 0) | .year'";

pub const DEMO: &str = "\
Examples:
  mediastruct demo
  mediastruct demo --keep --seed 7";

pub const SCHEMA: &str = "\
Example:
  mediastruct schema plan > plan.schema.json";

pub const COMPLETIONS: &str = "\
Examples:
  mediastruct completions bash > ~/.local/share/bash-completion/completions/mediastruct
  mediastruct completions fish > ~/.config/fish/completions/mediastruct.fish";

pub const MAN: &str = "\
Examples:
  mediastruct man | man -l -
  mediastruct man plan | man -l -";
