use super::*;
use crate::disk::filesystem::Owner;
use crate::model::digest::Digest;
use rustix::fs::XattrFlags;
use std::cell::RefCell;
use std::time::{Duration, SystemTime};

impl Fixture {
    /// Copies a file in media to a name of ours in duplicates, and gives what progress was told.
    fn copy(&self, from: &str) -> (Result<Node, DiskError>, Vec<u64>) {
        let hash = self.trees.hash(&path(from)).unwrap();
        let told = RefCell::new(Vec::new());
        let progress = |bytes| told.borrow_mut().push(bytes);
        let copied = self
            .trees
            .copy(&path(from), &path(PART), hash, Owner::Kept, &progress);
        (copied, told.into_inner())
    }

    fn xattr(&self, path: &str, name: &str) -> Option<Vec<u8>> {
        let mut value = vec![0; 4096];
        let path = self.root.join(path);
        let length = rustix::fs::getxattr(path, name, &mut value[..]).ok()?;
        value.truncate(length);
        Some(value)
    }

    fn set_xattr(&self, path: &str, name: &str, value: &[u8]) -> bool {
        let set = rustix::fs::setxattr(self.root.join(path), name, value, XattrFlags::empty());
        set.is_ok()
    }
}

const MIB: usize = 1 << 20;

/// An access control list: what the owner, user 1234, the group, the mask and others may.
fn acl(permissions: [u16; 5]) -> Vec<u8> {
    let tags = [
        (1, u32::MAX),
        (2, 1234),
        (4, u32::MAX),
        (16, u32::MAX),
        (32, u32::MAX),
    ];
    let mut bytes = 2u32.to_le_bytes().to_vec();
    for ((tag, id), permissions) in tags.into_iter().zip(permissions) {
        let (tag, id) = (u16::to_le_bytes(tag), u32::to_le_bytes(id));
        bytes.extend([&tag[..], &permissions.to_le_bytes(), &id].concat());
    }
    bytes
}

const ACCESS: &str = "system.posix_acl_access";

#[test]
fn a_copy_on_another_file_system_has_all_that_its_source_has() {
    let Some(fixture) = Fixture::on_tmpfs("size=64m", "copies on another file system") else {
        return;
    };
    let bytes: Vec<u8> = (0..3 * MIB + 17).map(|i| (i / 7) as u8).collect();
    let from = fixture.file("media/2024/a", &bytes);
    let error = fixture
        .trees
        .rename(&path("media/2024/a"), &path(PART))
        .unwrap_err();
    assert_eq!(error.cause(), Cause::OtherFileSystem);

    let time = |n| SystemTime::UNIX_EPOCH + Duration::new(1_400_000_000, n);
    let times = fs::FileTimes::new()
        .set_accessed(time(1))
        .set_modified(time(987_654_321));
    let has_attribute = fixture.set_xattr("media/2024/a", "user.comment", b"caf\xc3\xa9\0");
    for mode in [0o400, 0o644, 0o2755, 0o4711, 0o000, 0o040, 0o1666] {
        std::os::unix::fs::chown(&from, Some(1234), Some(5678)).unwrap();
        fs::set_permissions(&from, fs::Permissions::from_mode(mode)).unwrap();
        fs::File::open(&from).unwrap().set_times(times).unwrap();
        let changed = || {
            let found = fs::metadata(&from).unwrap();
            (found.ctime(), found.ctime_nsec())
        };
        let before = changed();
        let (copied, told) = fixture.copy("media/2024/a");
        assert_eq!(changed(), before, "to copy a file leaves it alone");
        let node = copied.unwrap();
        assert_eq!(told, [MIB as u64, MIB as u64, MIB as u64, 17]);
        assert_eq!(fixture.trees.look(&path(PART)).unwrap(), Some(node));
        assert_eq!((node.mode, node.owner), (mode, (1234, 5678)));
        assert_eq!(
            node.stamp.modified,
            Time::new(1_400_000_000, 987_654_321).unwrap()
        );
        // Neither the copy nor the source was accessed, as far as anybody can tell.
        for file in [fixture.root.join(PART), from.clone()] {
            assert_eq!(fs::metadata(file).unwrap().accessed().unwrap(), time(1));
        }
        assert!(
            has_attribute,
            "the source's file system keeps no attributes"
        );
        let attribute = fixture.xattr(PART, "user.comment");
        assert_eq!(attribute.as_deref(), Some(b"caf\xc3\xa9\0".as_slice()));
        assert_eq!(fixture.bytes(PART), bytes);
        assert!(fixture.is_marked(Tree::Duplicates));
        fs::remove_file(fixture.root.join(PART)).unwrap();
    }
}

#[test]
fn a_copy_has_the_access_control_list_of_its_source_and_no_other() {
    let skipped = "access control lists of copies";
    let Some(fixture) = Fixture::on_tmpfs("size=1m", skipped) else {
        return;
    };
    let from = fixture.file("media/a", b"a");
    let list = acl([6, 4, 0, 4, 0]);
    // The directory would give one to each file in it.
    let wide = acl([7, 7, 7, 7, 7]);
    if !fixture.set_xattr("media/a", ACCESS, &list)
        || !fixture.set_xattr("duplicates", "system.posix_acl_default", &wide)
    {
        println!("skipped, as a file system has none: {skipped}");
        return;
    }
    assert_eq!(fixture.copy("media/a").0.unwrap().mode, 0o640);
    assert_eq!(fixture.xattr(PART, ACCESS), Some(list));
    fs::remove_file(fixture.root.join(PART)).unwrap();

    rustix::fs::removexattr(&from, ACCESS).unwrap();
    assert_eq!(fixture.copy("media/a").0.unwrap().mode, 0o640);
    assert_eq!(fixture.xattr(PART, ACCESS), None);
}

#[test]
fn what_the_file_system_of_the_copy_cannot_keep_is_refused() {
    let skipped = "what a file system cannot keep";
    let ramfs = |place: &Path| {
        Some(Some(Mounted::new(
            place,
            &["-t", "ramfs", "none"],
            skipped,
        )?))
    };
    if let Some(fixture) = Fixture::with(ramfs) {
        fixture.file("media/a", b"a");
        assert!(fixture.set_xattr("media/a", "user.comment", b"1"));
        assert_eq!(
            fixture.copy("media/a").0.unwrap_err().to_string(),
            format!(
                "cannot keep the extended attributes of media/a: \
                 {PART} cannot have user.comment: operation not supported"
            )
        );
        assert!(fixture.listed("duplicates").is_empty());
    }
    // Inodes of this size have no room for nanoseconds.
    if let Some(fixture) = Fixture::on_disk("ext4", &["-I", "128"], skipped) {
        fixture.file("media/a", b"a");
        assert_eq!(
            fixture.copy("media/a").0.unwrap_err().to_string(),
            format!("cannot keep the time of media/a: the file system of {PART} keeps another one")
        );
        assert_eq!(fixture.listed("duplicates"), ["lost+found"]);
    }
}

#[test]
fn an_empty_file_is_copied() {
    let Some(fixture) = Fixture::on_tmpfs("size=1m", "copies of empty files") else {
        return;
    };
    fixture.file("media/a", b"");
    let (copied, told) = fixture.copy("media/a");
    assert_eq!(copied.unwrap().stamp.size, 0);
    assert!(told.is_empty());
}

#[test]
fn a_disk_that_gets_full_is_told_and_nothing_stays() {
    for options in ["size=1m", "size=1028k", "nr_inodes=1"] {
        let Some(fixture) = Fixture::on_tmpfs(options, "copies to a full disk") else {
            return;
        };
        let from = fixture.file("media/a", &vec![1; 2 * MIB]);
        let (copied, _) = fixture.copy("media/a");
        let error = copied.unwrap_err();
        assert_eq!(error.cause(), Cause::Full, "{error}");
        assert!(fixture.listed("duplicates").is_empty());
        assert_eq!(fs::metadata(from).unwrap().len(), 2 * MIB as u64);
    }
}

#[test]
fn a_file_that_nobody_may_write_is_copied() {
    let fixture = Fixture::new();
    let from = fixture.file("media/a", b"a");
    let has_attribute = fixture.set_xattr("media/a", "user.comment", b"1");
    fs::set_permissions(&from, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(fixture.copy("media/a").0.unwrap().mode, 0o400);
    assert_eq!(fixture.xattr(PART, "user.comment").is_some(), has_attribute);
    assert_eq!(fixture.bytes(PART), b"a");
}

#[test]
fn a_copy_that_is_not_what_was_planned_is_removed() {
    let fixture = Fixture::new();
    fixture.file("media/a", b"a");
    let hash = Digest::from(blake3::hash(b"b"));
    let copied = fixture
        .trees
        .copy(&path("media/a"), &path(PART), hash, Owner::Kept, &|_| {});
    let error = copied.unwrap_err().to_string();
    assert!(
        error.starts_with("cannot copy media/a: the copy that was read back"),
        "{error}"
    );
    assert!(fixture.listed("duplicates").is_empty());
}

#[test]
fn a_copy_replaces_nothing_and_follows_no_link() {
    let fixture = Fixture::new();
    fixture.file("media/a", b"a");
    fixture.file(PART, b"of another run");
    let error = fixture.copy("media/a").0.unwrap_err();
    assert!(error.is(Errno::EXIST), "{error}");
    assert_eq!(fixture.bytes(PART), b"of another run");

    fs::remove_file(fixture.root.join(PART)).unwrap();
    std::os::unix::fs::symlink(fixture.root.join("away"), fixture.root.join(PART)).unwrap();
    let error = fixture.copy("media/a").0.unwrap_err();
    assert!(error.is(Errno::EXIST), "{error}");
    assert!(!fixture.root.join("away").exists());

    let hash = fixture.trees.hash(&path("media/a")).unwrap();
    let copy = |from: &str, to: &str| {
        let copied = fixture
            .trees
            .copy(&path(from), &path(to), hash, Owner::Kept, &|_| {});
        copied.unwrap_err().to_string()
    };
    let error = copy("media/a", "duplicates/a");
    assert!(
        error.contains("not one of the names of mediastruct itself"),
        "{error}"
    );
    std::os::unix::fs::symlink("a", fixture.root.join("media/link")).unwrap();
    copy("media/link", "duplicates/.mediastruct-1.part");
    assert_eq!(fixture.listed("duplicates").len(), 1);
}

#[test]
fn blocks_are_shared_where_a_file_system_can() {
    for kind in ["btrfs", "xfs"] {
        let Some(fixture) = Fixture::on_disk(kind, &[], "copies that share blocks") else {
            continue;
        };
        let bytes = vec![3; 3 * MIB + 17];
        let from = "duplicates/2024/a";
        fixture.file(from, &bytes);
        let (copied, told) = fixture.copy(from);
        copied.unwrap();
        assert_eq!(told, [bytes.len() as u64], "{kind} copied block by block");
        assert_eq!(fixture.bytes(PART), bytes);
        assert!(
            !fixture
                .trees
                .without_promise()
                .iter()
                .any(|(t, _)| *t == Tree::Duplicates)
        );
    }
}
