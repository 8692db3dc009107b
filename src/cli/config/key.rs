//! The keys of the configuration, and the nearest one to a slip of the pen.

use crate::model::tree::Tree;

/// A key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Where the log is kept.
    Logdir,
    /// Where indexes and runs are kept.
    Datadir,
    /// Where a tree is.
    Tree(Tree),
    /// The age in days at which crawl hashes a unit of archive again.
    MaxAgeDays,
    /// How much of the machine's memory may be in use.
    Memory,
    /// How many files crawl reads at once.
    Jobs,
    /// What kind of disks the files are on.
    Disk,
    /// The patterns of files that crawl leaves out.
    Exclude,
    /// How ingest calls the directories in media.
    DateDirs,
    /// On whose clock ingest puts times in UTC.
    TimeZone,
    /// Whether files that belong together are taken in together.
    IngestBundles,
    /// The makers whose cameras write local time where UTC belongs.
    LocalTimeMakes,
    /// What reads the dates of files.
    Metadata,
    /// Whether files that belong together stay together.
    Bundles,
    /// Which copy dedupe keeps.
    KeepRule,
    /// In which directories dedupe rather keeps copies.
    Prefer,
    /// What a volume is to fit.
    Medium,
    /// The share of it that is left to error-correction data.
    Parity,
    /// How files are packed into volumes.
    Pack,
    /// The name of the set of discs.
    Set,
    /// After how many days a disc is to be read again.
    VerifyAfterDays,
    /// The size that the log does not outgrow.
    MaxSize,
    /// How many older logs are kept.
    Keep,
    /// Whether root may work where others can write.
    SharedTrees,
}

impl Key {
    /// All keys, those without which nothing works first.
    pub const ALL: [Key; 28] = [
        Key::Logdir,
        Key::Datadir,
        Key::Tree(Tree::Ingest),
        Key::Tree(Tree::Media),
        Key::Tree(Tree::Archive),
        Key::Tree(Tree::Duplicates),
        Key::Tree(Tree::Validated),
        Key::MaxAgeDays,
        Key::Memory,
        Key::Jobs,
        Key::Disk,
        Key::Exclude,
        Key::DateDirs,
        Key::TimeZone,
        Key::IngestBundles,
        Key::LocalTimeMakes,
        Key::Metadata,
        Key::Bundles,
        Key::KeepRule,
        Key::Prefer,
        Key::Medium,
        Key::Parity,
        Key::Pack,
        Key::Set,
        Key::VerifyAfterDays,
        Key::MaxSize,
        Key::Keep,
        Key::SharedTrees,
    ];

    /// The section that the key stands in.
    pub fn section(self) -> &'static str {
        match self {
            Key::Logdir | Key::Datadir | Key::Tree(_) => "Paths",
            Key::MaxAgeDays | Key::Memory | Key::Jobs | Key::Disk | Key::Exclude => "Crawl",
            Key::DateDirs
            | Key::TimeZone
            | Key::IngestBundles
            | Key::LocalTimeMakes
            | Key::Metadata => "Ingest",
            Key::Bundles | Key::KeepRule | Key::Prefer => "Dedupe",
            Key::Medium | Key::Parity | Key::Pack | Key::Set | Key::VerifyAfterDays => "Archive",
            Key::MaxSize | Key::Keep => "Log",
            Key::SharedTrees => "Safety",
        }
    }

    /// The name of the key in its section.
    pub fn name(self) -> &'static str {
        match self {
            Key::Logdir => "logdir",
            Key::Datadir => "datadir",
            Key::Tree(tree) => tree.config_key(),
            Key::MaxAgeDays => "max_age_days",
            Key::Memory => "memory",
            Key::Jobs => "jobs",
            Key::Disk => "disk",
            Key::Exclude => "exclude",
            Key::DateDirs => "date_dirs",
            Key::TimeZone => "time_zone",
            Key::IngestBundles | Key::Bundles => "bundles",
            Key::LocalTimeMakes => "local_time_makes",
            Key::Metadata => "metadata",
            Key::KeepRule => "keep",
            Key::Prefer => "prefer",
            Key::Medium => "medium",
            Key::Parity => "parity",
            Key::Pack => "pack",
            Key::Set => "set",
            Key::VerifyAfterDays => "verify_after_days",
            Key::MaxSize => "max_size",
            Key::Keep => "keep",
            Key::SharedTrees => "shared_trees",
        }
    }

    /// The environment variable that sets the key: `MEDIASTRUCT_MEDIA_DIR`,
    /// `MEDIASTRUCT_CRAWL_JOBS`.
    pub fn variable(self) -> String {
        let name = self.name().to_ascii_uppercase();
        match self.section() {
            "Paths" | "Safety" => format!("MEDIASTRUCT_{name}"),
            section => format!("MEDIASTRUCT_{}_{name}", section.to_ascii_uppercase()),
        }
    }

    /// The directory of the key beneath a root, e.g. `media`; none where the key names none.
    pub fn beneath_root(self) -> Option<&'static str> {
        match self {
            Key::Logdir => Some("logs"),
            Key::Datadir => Some("data"),
            Key::Tree(tree) => Some(tree.name()),
            _ => None,
        }
    }

    /// The sections, each once.
    pub fn sections() -> impl Iterator<Item = &'static str> {
        [
            "Paths", "Crawl", "Ingest", "Dedupe", "Archive", "Log", "Safety",
        ]
        .into_iter()
    }

    /// The key of that name in that section; names are told apart by letters, not by their case, as
    /// in the original.
    pub fn find(section: &str, name: &str) -> Option<Key> {
        let mut all = Key::ALL.into_iter();
        all.find(|key| key.section() == section && key.name().eq_ignore_ascii_case(name))
    }
}

/// The one of `known` that `word` is most like, if it is like any.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_ascii_lowercase();
    let likeness = |k: &str| strsim::jaro_winkler(&word, &k.to_ascii_lowercase());
    let best = known
        .into_iter()
        .map(|k| (likeness(k), k))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.7).map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_found_by_its_name() {
        for key in Key::ALL {
            assert_eq!(Key::find(key.section(), key.name()), Some(key));
            assert!(Key::sections().any(|s| s == key.section()));
        }
        assert_eq!(Key::find("Crawl", "logdir"), None);
    }

    #[test]
    fn variables_are_named_for_section_and_key() {
        let names: Vec<_> = Key::ALL.into_iter().map(Key::variable).collect();
        assert_eq!(names[0], "MEDIASTRUCT_LOGDIR");
        assert_eq!(names[3], "MEDIASTRUCT_MEDIA_DIR");
        assert_eq!(names[7], "MEDIASTRUCT_CRAWL_MAX_AGE_DAYS");
        assert_eq!(names[12], "MEDIASTRUCT_INGEST_DATE_DIRS");
        assert_eq!(names[18], "MEDIASTRUCT_DEDUPE_KEEP");
        assert_eq!(names[26], "MEDIASTRUCT_LOG_KEEP");
        assert_eq!(names[27], "MEDIASTRUCT_SHARED_TREES");
    }

    #[test]
    fn the_nearest_key_is_near() {
        let known = || Key::ALL.into_iter().map(Key::name);
        assert_eq!(nearest("media_dri", known()), Some("media_dir"));
        assert_eq!(nearest("MaxAge", known()), Some("max_age_days"));
        assert_eq!(nearest("zzz", known()), None);
    }
}
