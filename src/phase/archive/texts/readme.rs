//! `00_README.txt`: what a disc is, for whoever finds it and has nothing but the disc.

use super::day;
use crate::model::disc_document::DiscDocument;

/// What is told of the catalogue of the whole archive, where it found room.
const CATALOGUE: &str = "\
archive_index.json.gz  The catalogue of all discs of the archive as of that day: a text that names
                       each file, its volume, its size and its BLAKE3 checksum. Unpack it with gzip.
";

/// The text; lines end as every system reads them.
pub(super) fn readme(disc: &DiscDocument, has_catalogue: bool) -> String {
    let DiscDocument {
        volume,
        label,
        set,
        uuid,
        files,
        bytes,
        tool,
        ..
    } = disc;
    let sealed = day(disc.sealed);
    let catalogue = match has_catalogue {
        true => CATALOGUE,
        false => "",
    };
    let text = format!(
        "\
{label}
================

This disc holds volume {volume} of the archive {set}: {files} files of {bytes} bytes, as they were on
{sealed}. They are photos, videos and what belongs to them, in directories by date. Nothing is packed
and nothing is encrypted: every file is as it was.

What is here besides
--------------------
index.html             A catalogue of this disc. Open it in any browser.
MANIFEST.sha256        The SHA-256 checksum of every file.
disc.json              What this disc is, for programs.
{catalogue}
How to check that every byte is still right
-------------------------------------------
Go to the directory of this file and type

    sha256sum -c --quiet MANIFEST.sha256        on Linux
    shasum -a 256 -c MANIFEST.sha256            on macOS

Nothing is printed by the first where all is well. A file that is named is damaged: look for another
copy of this disc, which has the number

    {uuid}

The disc was made with {tool}, a program that plans, packs and keeps track of such
archives. It is not needed to read the disc. Where it is at hand, `mediastruct volumes verify {volume}
--at PATH` checks this disc, and `mediastruct volumes import --at PATH` makes it known.
"
    );
    text.replace('\n', "\r\n")
}
