use super::*;
use proptest::prelude::*;

fn path(text: &str) -> RelPath<'_> {
    RelPath::from_text(text).unwrap()
}

#[test]
fn the_bound_is_the_formula_of_the_design() {
    assert_eq!(sectors_of([]), 512 + 3 + 2 + 2 + 1);
    let (a, b) = (path("a/IMG_0001.JPG"), path("empty"));
    let tree = [(&a, Node::File(2049)), (&b, Node::Directory)];
    assert_eq!(sectors_of(tree), 512 + 2 + 3 * 3 + 2 + 2 + 1);
    // 9 GiB are three extents; with 255 bytes of name each they fill a second sector.
    let long = "x".repeat(255);
    let long = path(&long);
    let size = 9 << 30;
    let data = size / 2048;
    let expected = 512 + data + 1 + 1 + 1 + 2 + 2 + 1;
    assert_eq!(300 + 3 * 455, 1665);
    assert_eq!(sectors_of([(&long, Node::File(size))]), expected);
}

#[test]
fn names_count_by_their_bytes_and_their_utf16_units() {
    let length = |name: &[u8]| {
        let length = NameLength::of(name);
        (length.bytes, length.joliet)
    };
    assert_eq!(length(b""), (0, 0));
    assert_eq!(length("é.jpg".as_bytes()), (6, 5));
    assert_eq!(length("写真".as_bytes()), (6, 2));
    assert_eq!(length("🦀".as_bytes()), (4, 2));
    assert_eq!(length(b"caf\xe9\xf0\x9f"), (6, 6));
    assert_eq!(length(&[b'x'; 255]), (255, 103));
}

#[test]
fn sizes_of_any_size_saturate() {
    let names: Vec<_> = (0..5000).map(|n| format!("d/{n}")).collect();
    let paths: Vec<_> = names.iter().map(|name| path(name)).collect();
    let tree = paths.iter().map(|path| (path, Node::File(u64::MAX)));
    assert_eq!(sectors_of(tree), u64::MAX);
    let mut directories = Directories::default();
    let directory = directories.number(b"d");
    let mut image = ImageSize::empty(&directories);
    let file = SizedFile {
        directory,
        name: NameLength::of(b"0"),
        size: u64::MAX,
    };
    let empty = image.sectors();
    (0..5000).for_each(|_| image.add(&file));
    assert_eq!(image.sectors(), u64::MAX);
    (0..5000).for_each(|_| image.remove(&file));
    assert_eq!(image.sectors(), empty);
}

#[test]
fn directories_are_numbered_once_with_those_above() {
    let mut directories = Directories::default();
    assert_eq!(directories.number(b""), Directories::ROOT);
    let deep = directories.number(b"2024/03/01");
    assert_eq!(directories.count(), 4);
    let above = directories.number(b"2024/03");
    assert_eq!(directories.above(deep), above);
    assert_eq!(directories.number(b"2024/03/01"), deep);
    assert_eq!(directories.number(b"2024/04"), 4);
}

/// Files by their paths, in directories that share parents, some of them over 4 GiB.
fn files() -> impl Strategy<Value = std::collections::BTreeMap<String, u64>> {
    let size = prop_oneof![
        0u64..10_000,
        (1u64 << 30)..(1 << 36),
        Just(u64::MAX),
        Just((1 << 32) - 2048),
        Just((1 << 32) - 2047),
    ];
    let name = "f[a-c写é]{0,80}";
    let path = ("(d[a-b]{1,90}/){0,6}", name).prop_map(|(above, name)| format!("{above}{name}"));
    let lawful = path.prop_filter("a name is too long", |path| {
        RelPath::from_text(path.as_str()).is_ok()
    });
    proptest::collection::btree_map(lawful, size, 0..40)
}

proptest! {
    #[test]
    fn both_shapes_of_the_bound_agree(files in files(), kept in proptest::bits::u64::ANY) {
        let mut directories = Directories::default();
        let mut sized = Vec::new();
        for (text, size) in &files {
            let path = path(text);
            let file = SizedFile {
                directory: directories.number(parent_of(path.as_bytes())),
                name: NameLength::of(path.file_name()),
                size: *size,
            };
            sized.push((path, file));
        }
        let of = |files: &[&(RelPath<'_>, SizedFile)]| {
            sectors_of(files.iter().map(|(path, file)| (path, Node::File(file.size))))
        };
        let mut image = ImageSize::empty(&directories);
        prop_assert_eq!(image.sectors(), of(&[]));
        sized.iter().for_each(|(_, file)| image.add(file));
        prop_assert_eq!(image.sectors(), of(&sized.iter().collect::<Vec<_>>()));
        let is_kept = |number: usize| kept >> (number % 64) & 1 == 1;
        let mut rest = Vec::new();
        for (number, file) in sized.iter().enumerate() {
            match is_kept(number) {
                true => rest.push(file),
                false => image.remove(&file.1),
            }
        }
        prop_assert_eq!(image.sectors(), of(&rest));
        // What was taken out and put in again leaves no trace.
        let mut fresh = ImageSize::empty(&directories);
        rest.iter().for_each(|(_, file)| fresh.add(file));
        prop_assert_eq!(image.sectors(), fresh.sectors());
    }
}
