use super::*;
use crate::cli::failure::Exit;
use crate::model::tree::Tree;

const ALL: &str = "[Paths]\nlogdir = logs\ndatadir = data\ningest_dir = ingest\n\
    media_dir = media\narchive_dir = archive\nduplicates_dir = duplicates\n\
    validated_dir = validated\n";

fn read(text: &str) -> Result<Configuration, Failure> {
    let mut draft = Draft::new();
    draft.add_file(Path::new("/nowhere/config.ini"), text)?;
    draft.finish(Vec::new())
}

#[test]
fn paths_are_relative_to_the_file_and_odd_names_survive() {
    let odd = ALL.replace("= media\n", "= a\\b #c; \"d\" 'e'%41\n");
    let configuration = read(&odd).unwrap();
    let media = configuration.layout.dir(Tree::Media);
    assert_eq!(media, Path::new("/nowhere/a\\b #c; \"d\" 'e'%41"));
    assert_eq!(configuration.layout.datadir, Path::new("/nowhere/data"));
    assert_eq!(configuration.crawl.max_age_days, 120);
    assert_eq!(configuration.crawl.memory.get(), 80);
    assert_eq!(configuration.log.max_size, 500_000_000);
    assert_eq!(configuration.log.keep, 5);
}

#[test]
fn what_is_not_understood_is_told_with_file_key_and_remedy() {
    let cases = [
        ("[Pahts]\nlogdir = x\n", "no section [Pahts]", "[Paths]?"),
        (
            "[Paths]\nmedia_dri = x\n",
            "no key 'media_dri'",
            "media_dir?",
        ),
        ("[Paths]\njobs = 2\n", "no key 'jobs'", "stands in [Crawl]"),
        (
            "[Paths]\nlogdir = x\nlogdir = y\n",
            "logdir stands there twice",
            "one",
        ),
        (
            "[Log]\nkeep = 1\n[Paths]\n[Log]\nkeep = 2\n",
            "keep stands there twice",
            "one",
        ),
        ("logdir = x\n", "before any section", "[Paths]"),
        (
            "[Crawl]\njobs = none\n",
            "[Crawl] jobs: bad value 'none'",
            "1 to 1024",
        ),
        (
            "[Crawl]\nmemory = 120%\n",
            "memory: bad value '120%'",
            "100%",
        ),
        (
            "[Crawl]\nmax_age_days = -1\n",
            "max_age_days: bad value",
            "whole number",
        ),
        ("[Log]\nmax_size = big\n", "max_size: bad value", "500MB"),
        (
            "[Dedupe]\nkeep = best\n",
            "[Dedupe] keep: bad value 'best'",
            "first, oldest, newest, shortest-path, longest-path",
        ),
        ("[Dedupe]\nbundles = 3\n", "bundles: bad value", "yes or no"),
        ("[Paths]\nlogdir =\n", "logdir: bad value ''", "directory"),
        (
            "[Paths]\nlogdir = a\u{0}b\n",
            "logdir: bad value",
            "directory",
        ),
        (
            "[Paths]\nlogdir\nmedia_dir = x\n",
            "no key 'logdir\\nmedia_dir'",
            "",
        ),
    ];
    for (text, message, hint) in cases {
        let failure = read(text).unwrap_err();
        assert_eq!(failure.code, Exit::Usage);
        assert!(
            failure.message.starts_with("/nowhere/config.ini: "),
            "{failure:?}"
        );
        assert!(failure.message.contains(message), "{failure:?}");
        let hints = failure.hints.join("\n");
        assert!(hints.contains(hint), "{failure:?}");
    }
}

#[test]
fn preferred_directories_are_of_media() {
    let read = |value: &str| read(&format!("{ALL}[Dedupe]\nprefer = {value}\n"));
    let configuration = read("media/2019, /nowhere/media/a b/, media/2018,").unwrap();
    let shown: Vec<_> = configuration.dedupe.prefer;
    assert_eq!(format!("{shown:?}"), "[media/2019, media/a b, media/2018]");
    for (value, message) in [
        ("archive/01", "archive/01 is not in media"),
        ("2019", "2019 lies in none of the trees"),
        ("media/2019, media", "media is a whole tree"),
    ] {
        let failure = read(value).unwrap_err();
        let told = format!("/nowhere/config.ini: [Dedupe] prefer: {message}");
        assert!(failure.message.starts_with(&told), "{failure:?}");
    }
}

#[test]
fn every_missing_key_is_named() {
    let failure = read("[Paths]\nlogdir = x\nmedia_dir = y\n").unwrap_err();
    assert_eq!(failure.code, Exit::Usage);
    for key in [
        "datadir",
        "ingest_dir",
        "archive_dir",
        "duplicates_dir",
        "validated_dir",
    ] {
        assert!(failure.message.contains(key), "{failure:?}");
    }
    assert!(!failure.message.contains("media_dir,"), "{failure:?}");
    assert!(failure.hints[0].contains("mediastruct init DIR"));
}

#[test]
fn no_two_keys_name_one_directory() {
    let text = ALL.replace("archive_dir = archive", "archive_dir = media/../media/.");
    let failure = read(&text).unwrap_err();
    assert_eq!(failure.code, Exit::Usage, "{failure:?}");
    let text = ALL.replace("archive_dir = archive", "archive_dir = media");
    let failure = read(&text).unwrap_err();
    let message = "archive_dir and media_dir are one directory, /nowhere/media";
    assert_eq!(failure.message, message);
    let text = ALL.replace("datadir = data", "datadir = media");
    assert!(
        read(&text)
            .unwrap_err()
            .message
            .contains("datadir and media_dir")
    );
}

#[test]
fn variables_win_over_files_and_flags_over_variables() {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(OsString, OsString)> {
        pairs.iter().map(|(n, v)| (n.into(), v.into())).collect()
    };
    let mut draft = Draft::new();
    let text = format!("{ALL}[Crawl]\njobs = 2\nmax_age_days = 7\nmemory = 50%\n");
    draft
        .add_file(Path::new("/nowhere/config.ini"), &text)
        .unwrap();
    let environment = pairs(&[
        ("MEDIASTRUCT_CRAWL_JOBS", "3"),
        ("MEDIASTRUCT_CRAWL_MEMORY", "60%"),
        ("MEDIASTRUCT_MEDIA_DIR", "/nowhere/else"),
        ("MEDIASTRUCT_LOGDIR", ""),
        ("MEDIASTRUCT_MEDIADIR", "x"),
        ("OTHER", "x"),
    ]);
    let mut warnings = Vec::new();
    draft
        .add_environment(&environment, &mut |w| warnings.push(w))
        .unwrap();
    draft.add_flags(&Flags {
        memory: Percent::new(70),
        ..Flags::default()
    });
    let configuration = draft.finish(Vec::new()).unwrap();
    assert_eq!(configuration.crawl.jobs.get(), 3);
    assert_eq!(configuration.crawl.memory.get(), 70);
    assert_eq!(configuration.crawl.max_age_days, 7);
    let layout = configuration.layout;
    assert_eq!(layout.dir(Tree::Media), Path::new("/nowhere/else"));
    assert_eq!(layout.logdir, Path::new("/nowhere/logs"));
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].ends_with("did you mean MEDIASTRUCT_MEDIA_DIR?"),
        "{warnings:?}"
    );

    let bad = pairs(&[("MEDIASTRUCT_CRAWL_JOBS", "x")]);
    let failure = Draft::new().add_environment(&bad, &mut |_| ()).unwrap_err();
    assert_eq!(failure.message, "MEDIASTRUCT_CRAWL_JOBS: bad value 'x'");
}
