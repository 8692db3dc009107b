use super::*;
use crate::model::layout::Layout;

struct Fixture {
    dir: tempfile::TempDir,
    trees: Trees,
    datadir: Datadir,
}

impl Fixture {
    fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("archive/03")).unwrap();
        let dirs = Tree::ALL.map(|t| root.join(t.name()));
        let layout = Layout::new(dirs, root.join("data"), root.join("logs")).unwrap();
        Fixture {
            trees: Trees::open(&layout).unwrap(),
            datadir: Datadir::at(&layout.datadir),
            dir,
        }
    }

    fn sidecars(&self) -> Sidecars<'_> {
        Sidecars::new(&self.trees, &self.datadir)
    }

    fn place(&self) -> PathBuf {
        self.dir.path().join("archive/03/.mediastruct")
    }

    fn write(&self, seconds: i64) -> SidecarHead {
        let unit = Unit::of("03", None, &[]);
        let time = Time::new(seconds, 0).unwrap();
        let written = self.sidecars().write(Tree::Archive, &unit, time, &[]);
        written.unwrap();
        SidecarHead::of(&unit, time)
    }
}

#[test]
fn a_sidecar_index_is_written_into_its_unit() {
    let fixture = Fixture::new();
    assert_eq!(fixture.sidecars().head(Tree::Archive, "03"), None);
    let head = fixture.write(5);
    assert_eq!(
        fixture.sidecars().head(Tree::Archive, "03"),
        Some(Ok(head.clone()))
    );
    let read = fixture.sidecars().read(Tree::Archive, "03").unwrap();
    assert_eq!(read.unwrap().head, head);
    let names = std::fs::read_dir(fixture.dir.path().join("archive/03")).unwrap();
    assert_eq!(names.count(), 1, "no temporary");
    assert!(!fixture.datadir.path().exists());
}

#[test]
fn no_link_is_followed_and_nobody_else_is_believed() {
    let fixture = Fixture::new();
    fixture.write(5);
    let elsewhere = fixture.dir.path().join("elsewhere");
    std::fs::rename(fixture.place(), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, fixture.place()).unwrap();
    let head = || fixture.sidecars().head(Tree::Archive, "03");
    assert!(matches!(head(), Some(Err(_))), "{:?}", head());
    std::fs::remove_file(fixture.place()).unwrap();
    std::fs::create_dir(fixture.place()).unwrap();
    assert!(matches!(head(), Some(Err(_))), "{:?}", head());
    std::fs::remove_dir(fixture.place()).unwrap();
    std::fs::rename(&elsewhere, fixture.place()).unwrap();
    assert!(matches!(head(), Some(Ok(_))), "{:?}", head());
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(fixture.place(), Some(4711), None).unwrap();
        assert!(matches!(head(), Some(Err(_))), "{:?}", head());
    }
}

#[test]
fn that_of_a_read_only_unit_is_kept_in_the_datadir() {
    let fixture = Fixture::new();
    let unit = fixture.dir.path().join("archive/03");
    let mount = |arguments: &[&str], unit: &Path| {
        let mut command = std::process::Command::new("mount");
        let status = command.args(arguments).arg(unit).status();
        status.is_ok_and(|s| s.success())
    };
    let from = unit.to_str().unwrap().to_owned();
    if !mount(&["--bind", &from], &unit) {
        eprintln!("skipped: no mounting here");
        return;
    }
    let read_only = mount(&["-o", "remount,bind,ro"], &unit);
    let head = read_only.then(|| fixture.write(5));
    let found = fixture.sidecars().head(Tree::Archive, "03");
    let unmounted = std::process::Command::new("umount").arg(&unit).status();
    assert!(unmounted.unwrap().success());
    let Some(head) = head else { return };
    assert_eq!(found, Some(Ok(head)));
    assert!(!fixture.place().exists());
    let kept = fixture
        .datadir
        .path()
        .join("sidecars/archive/03.mediastruct");
    assert!(kept.exists());
    let newer = fixture.write(6);
    let found = fixture.sidecars().head(Tree::Archive, "03");
    assert_eq!(found, Some(Ok(newer)), "the newer of the two");
}
