//! Answers that are none, programs that do not behave, and the real one beside the built-in reader.

use super::*;
use crate::disk::mediagen::{self, Options};
use crate::disk::metadata;
use crate::model::capture::{Content, Reading, Source, When};
use crate::model::path::TreePath;
use jiff::civil::datetime;
use jiff::tz::Offset;
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn now() -> Timestamp {
    "2024-06-01T12:00:00Z".parse().unwrap()
}

const AT: &str = "/proc/1/fd/7";

/// The reading of an answer with these tags.
fn answered(tags: &str) -> Reading {
    let answer = format!("[{{\n  \"SourceFile\": \"{AT}\"{tags}\n}}]\n");
    understand(answer.as_bytes(), AT, now()).unwrap()
}

#[test]
fn dates_of_answers_are_those_of_the_built_in_reader() {
    let at = datetime(2019, 3, 1, 12, 0, 5, 0);
    let east = Some(Offset::constant(2));
    let utc = |text: &str| When::Instant(text.parse().unwrap());
    for (tags, source, when) in [
        (
            r#","ExifIFD:DateTimeOriginal": "2019:03:01 12:00:05""#,
            Source::ExifOriginal,
            When::Local(at, None),
        ),
        (
            r#","ExifIFD:CreateDate": "2019:03:01 12:00:05",
               "ExifIFD:SubSecTimeDigitized": 25, "ExifIFD:OffsetTimeDigitized": "+02:00""#,
            Source::ExifDigitized,
            When::Local(datetime(2019, 3, 1, 12, 0, 5, 250_000_000), east),
        ),
        (
            r#","XMP-photoshop:DateCreated": "2019:03:01""#,
            Source::XmpCreated,
            When::Day(at.date()),
        ),
        (
            r#","Keys:CreationDate": "2019:03:01 12:00:05+02:00""#,
            Source::QuickTimeCreationDate,
            When::Local(at, east),
        ),
        (
            r#","QuickTime:CreateDate": "2019:03:01 12:00:05""#,
            Source::MovieHeader,
            utc("2019-03-01T12:00:05Z"),
        ),
        (
            r#","Matroska:DateTimeOriginal": "2019:03:01 12:00:05Z""#,
            Source::Matroska,
            utc("2019-03-01T12:00:05Z"),
        ),
        (
            r#","H264:DateTimeOriginal": "2019:03:01 12:00:05+02:00 DST""#,
            Source::ExifOriginal,
            When::Local(at, east),
        ),
        (
            r#","RIFF:DateTimeOriginal": "2019:03:01 12:00:05""#,
            Source::Avi,
            When::Local(at, None),
        ),
    ] {
        let reading = answered(tags);
        assert_eq!(reading.date(source), Some(when), "{tags}");
        assert_eq!(reading.dates.len(), 1, "{tags}");
    }
    let reading = answered(
        r#", "File:MIMEType": "video/m2ts", "IFD0:Make": 7, "Keys:ContentIdentifier": "AB-12""#,
    );
    assert_eq!(reading.content, Content::Video);
    assert_eq!(reading.make.as_deref(), Some("7"));
    assert_eq!(reading.content_id.as_deref(), Some("AB-12"));
}

#[test]
fn dates_of_answers_that_are_not_sane_are_none() {
    for tags in [
        r#","ExifIFD:DateTimeOriginal": "0000:00:00 00:00:00""#,
        r#","ExifIFD:DateTimeOriginal": "2031:03:01 12:00:05""#,
        r#","ExifIFD:DateTimeOriginal": ["2019:03:01 12:00:05"]"#,
        r#","ExifIFD:OffsetTimeOriginal": "+02:00""#,
        r#","QuickTime:CreateDate": "1904:01:01 00:00:00""#,
        r#","QuickTime:CreateDate": "1970:01:01 00:00:00""#,
        r#","QuickTime:CreateDate": "1946:03:01 12:00:05""#,
        r#","QuickTime:CreateDate": 5"#,
        r#","Keys:CreationDate": "2019""#,
        r#","Matroska:DateTimeOriginal": "171546:01:01 00:00:00Z""#,
    ] {
        assert_eq!(answered(tags).dates, [], "{tags}");
    }
}

#[test]
fn an_answer_that_is_none_is_an_error() {
    for answer in [
        "",
        "[]",
        "{}",
        "null",
        "Error: File not found",
        "[{\"SourceFile\": \"/proc/1/fd/8\"}]",
        "[{\"SourceFile\": 7}]",
        "[{}]",
        "[{\"SourceFile\": \"/proc/1/fd/7\"}, {}]",
        "[{\"SourceFile\": \"/proc/1/fd/7\"}] x",
        &"[".repeat(10_000),
    ] {
        assert!(
            understand(answer.as_bytes(), AT, now()).is_err(),
            "{answer}"
        );
    }
}

proptest! {
    #[test]
    fn no_answer_is_a_panic(tag in "\\PC{0,40}", value in "\\PC{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = understand(&bytes, AT, now());
        for key in ["ExifIFD:DateTimeOriginal", "QuickTime:CreateDate", &tag] {
            let answer = serde_json::json!([{"SourceFile": AT, key: value}]);
            let reading = understand(answer.to_string().as_bytes(), AT, now());
            prop_assert!(reading.is_ok() || key == "SourceFile");
        }
    }
}

/// A program that says that its version is `version`, and does `then` for each file.
fn program(dir: &Path, version: &str, then: &str) -> OsString {
    let path = dir.join("exiftool");
    let text = format!(
        "#!/bin/sh\nn=0\nwhile read -r line; do case $line in\n\
         -ver) echo {version} ;;\n\
         -execute*) n=${{line#-execute}}; [ $n = 1 ] && echo '{{ready1}}' ;;\n\
         *) {then} ;;\nesac; done\n"
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.into_os_string()
}

/// Starts a program that was just written: as long as a process that another test is about to start
/// has it open, it is busy.
fn started(program: &OsStr, patience: Duration) -> Result<Exiftool, ExiftoolError> {
    loop {
        match Exiftool::of(program.to_owned(), patience) {
            Err(ExiftoolError::Start(e)) if e.kind() == io::ErrorKind::ExecutableFileBusy => {}
            started => return started,
        }
    }
}

/// What is said of a file by a program that does `then`, twice.
fn said(then: &str, patience: Duration) -> [String; 2] {
    let dir = tempfile::tempdir().unwrap();
    let exiftool = started(&program(dir.path(), "1.0", then), patience).unwrap();
    let file = File::open("/dev/null").unwrap();
    [(), ()].map(|()| exiftool.read(&file, now()).unwrap_err().to_string())
}

#[test]
fn a_program_that_misbehaves_is_started_again_and_told() {
    const LONG: Duration = Duration::from_secs(600);
    for (then, error) in [
        ("exit 1", "ended before it answered"),
        ("exec >&-; exec sleep 600", "ended before it answered"),
        ("echo 'Hello'; echo '{ready2}'", "cannot be understood"),
        ("echo '{ready2}'", "it is empty"),
        ("exec yes", "is too long"),
    ] {
        for said in said(then, LONG) {
            assert!(said.contains(error), "{then}: {said}");
        }
    }
    // Neither says that it is ready with the question that was asked.
    for then in [
        "exec sleep 600",
        "echo '[{}]'; echo '{ready1}'; exec sleep 600",
    ] {
        for said in said(then, Duration::from_millis(300)) {
            assert!(said.contains("did not answer within"), "{then}: {said}");
        }
    }
}

#[test]
fn a_program_that_fails_too_often_is_asked_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let exiftool = started(&program(dir.path(), "1.0", "exit 1"), PATIENCE).unwrap();
    let file = File::open("/dev/null").unwrap();
    for _ in 0..=MOST_RESTARTS {
        let error = exiftool.read(&file, now()).unwrap_err();
        assert!(matches!(error, ExiftoolError::Ended), "{error}");
    }
    let error = exiftool.read(&file, now()).unwrap_err();
    assert!(matches!(error, ExiftoolError::GivenUp), "{error}");
}

#[test]
fn what_is_no_exiftool_is_refused_at_the_start() {
    let refused = |program: &str| Exiftool::of(program.into(), PATIENCE).err().unwrap();
    let error = refused("/nowhere/exiftool");
    assert!(matches!(error, ExiftoolError::Missing), "{error}");
    let error = refused("/bin/true");
    assert!(matches!(error, ExiftoolError::Ended), "{error}");
    let dir = tempfile::tempdir().unwrap();
    let error = started(&program(dir.path(), "hello", "exit 1"), PATIENCE);
    let error = error.err().unwrap();
    assert!(matches!(error, ExiftoolError::Start(_)), "{error}");
}

/// The real one; none, with the reason printed, where it is not there.
fn real() -> Option<Exiftool> {
    match Exiftool::start() {
        Ok(exiftool) => Some(exiftool),
        Err(ExiftoolError::Missing) => {
            println!("skipped: no exiftool is on PATH");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn both_readers_find_the_same_in_what_mediagen_writes() {
    let Some(exiftool) = real() else { return };
    let dir = tempfile::tempdir().unwrap();
    let truth = mediagen::generate(dir.path(), &Options::default(), &mut |_, _, _| {}).unwrap();
    let mut dated = 0;
    for file in &truth.files {
        let path = TreePath::from_text(&file.path).unwrap().to_bytes();
        let mut opened = File::open(dir.path().join(OsStr::from_bytes(&path))).unwrap();
        let own = metadata::read(&mut opened, now()).unwrap();
        if own.dates.is_empty() || own.content == Content::Sidecar {
            continue;
        }
        let other = exiftool.read(&opened, now()).unwrap();
        assert_eq!(own.content, other.content, "{}", file.path);
        for found in &own.dates {
            assert_eq!(other.date(found.source), Some(found.when), "{}", file.path);
        }
        assert_eq!(own.make, other.make, "{}", file.path);
        assert_eq!(own.content_id, other.content_id, "{}", file.path);
        dated += 1;
    }
    assert!(dated > 20, "{dated}");
}

#[test]
fn the_file_in_hand_is_read_whatever_its_name_is_by_now() {
    let Some(exiftool) = real() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(OsStr::from_bytes(b"-execute\n\xff.mkv"));
    // A segment of which DateUTC is 2019-03-01T10:00:00Z.
    let nanoseconds: i64 = (1_551_434_400 - 978_307_200) * 1_000_000_000;
    let mut file = b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska".to_vec();
    file.extend(b"\x18\x53\x80\x67\x90\x15\x49\xa9\x66\x8b\x44\x61\x88");
    file.extend(nanoseconds.to_be_bytes());
    fs::write(&path, file).unwrap();
    let mut opened = File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "something else").unwrap();
    let reading = exiftool.read(&opened, now()).unwrap();
    assert_eq!(reading, metadata::read(&mut opened, now()).unwrap());
    assert_eq!(reading.dates.len(), 1);
    // Neither the name nor anything else was written to.
    assert_eq!(fs::read(&path).unwrap(), b"something else");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_nothing_is_no_failure() {
    let Some(exiftool) = real() else { return };
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("text", b"hello\n"),
        ("noise", &[7; 999]),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let reading = exiftool.read(&File::open(path).unwrap(), now()).unwrap();
        assert_eq!(reading.dates, [], "{name}");
    }
}
