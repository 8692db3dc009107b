use super::*;
use crate::model::index::Entry;
use crate::model::time::Time;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

fn index() -> Index<'static> {
    let entry = Entry {
        path: crate::model::path::RelPath::from_text("2024/a").unwrap(),
        hash: Ok(crate::model::digest::Digest::of(b"a")),
        stamp: Default::default(),
    };
    Index {
        indexed: Time::new(1, 0),
        totals: std::iter::once(&entry).collect(),
        entries: vec![entry],
        ..Index::empty(Tree::Media)
    }
}

#[test]
fn a_file_is_replaced_whole_or_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    write_whole(&path, 0o640, |out| out.write_all(b"one")).unwrap();
    let error = write_whole(&path, 0o640, |out| {
        out.write_all(b"two")?;
        Err(io::Error::other("no more"))
    });
    let error = error.unwrap_err().to_string();
    assert!(error.ends_with("file: no more"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"one");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1, "no temporary");
}

#[test]
fn an_index_is_written_where_it_differs_and_only_then() {
    let dir = tempfile::tempdir().unwrap();
    let datadir = Datadir::at(&dir.path().join("a/data"));
    assert!(datadir.load_index(Tree::Media).unwrap().is_none());
    assert!(!datadir.path().exists(), "reading makes nothing");
    assert!(datadir.save_index(&index()).unwrap());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(datadir.path()), 0o700);
    assert_eq!(mode(&datadir.index_path(Tree::Media)), 0o600);
    assert!(!datadir.save_index(&index()).unwrap());
    let mut longer = index();
    longer.indexed = Time::new(12, 0);
    assert!(datadir.save_index(&longer).unwrap());
    let file = datadir.load_index(Tree::Media).unwrap().unwrap();
    assert_eq!(file.index().unwrap(), longer);
}

#[test]
fn an_index_that_others_could_have_written_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let datadir = Datadir::at(dir.path());
    datadir.save_index(&index()).unwrap();
    let path = datadir.index_path(Tree::Media);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660)).unwrap();
    let error = datadir.load_index(Tree::Media).err().unwrap().to_string();
    assert!(
        error.contains("media_index.json cannot be trusted"),
        "{error}"
    );
    if rustix::process::geteuid().is_root() {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(&path, Some(4711), None).unwrap();
        let error = datadir.load_index(Tree::Media).err().unwrap().to_string();
        assert!(error.contains("another user"), "{error}");
    }
}

#[test]
fn a_damaged_index_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let datadir = Datadir::at(dir.path());
    for damage in ["", "{"] {
        write_whole(&datadir.index_path(Tree::Media), 0o600, |out| {
            out.write_all(damage.as_bytes())
        })
        .unwrap();
        let file = datadir.load_index(Tree::Media).unwrap().unwrap();
        let error = file.index().unwrap_err().to_string();
        let told = "media_index.json cannot be used: it is truncated; move it away and crawl again";
        assert!(error.ends_with(told), "{error}");
    }
}
