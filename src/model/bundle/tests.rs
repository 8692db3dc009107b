use super::*;
use proptest::prelude::*;

/// The bundles by name, members parted by spaces.
fn found(names: &[&str]) -> Vec<String> {
    let bytes: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
    let bundles = bundles(&bytes).bundles.into_iter();
    let named = |bundle: Bundle| {
        let members: Vec<_> = bundle.members.iter().map(|at| names[*at]).collect();
        members.join(" ")
    };
    bundles.map(named).collect()
}

#[test]
fn the_main_file_is_the_raw_one_then_the_picture_then_the_movie() {
    for (names, bundle) in [
        (&["a.JPG", "a.CR2"][..], "a.CR2 a.JPG"),
        (&["a.heic", "a.NEF", "b.jpg"], "a.NEF a.heic"),
        (&["a.MOV", "a.HEIC"], "a.HEIC a.MOV"),
        (&["a.mp4", "a.jpg"], "a.jpg a.mp4"),
        (&["a.DNG", "a.MOV"], "a.DNG a.MOV"),
        (&["a.xmp", "a.jpg"], "a.jpg a.xmp"),
        (&["a.cr2.xmp", "a.cr2"], "a.cr2 a.cr2.xmp"),
        (
            &["a.xmp", "a.jpg.xmp", "a.JPG", "a.cr2"],
            "a.cr2 a.JPG a.jpg.xmp a.xmp",
        ),
        (
            &["a.aae", "a.heic", "a.mov", "a.Wav"],
            "a.heic a.mov a.aae a.Wav",
        ),
        (&["a.THM", "a.AVI"], "a.AVI a.THM"),
        (&["a.png", "a.png.json"], "a.png a.png.json"),
    ] {
        assert_eq!(found(names), [bundle], "{names:?}");
    }
}

#[test]
fn what_only_looks_alike_is_no_bundle() {
    for names in [
        &["a.jpg", "b.jpg", "ab.mov"][..],
        &["a.jpg", "A.mov"],
        &["a.jpg", "a (1).xmp"],
        &["a.txt", "a.jpg"],
        &["a.xmp", "a.aae", "a.json"],
        &["a.wav", "a.mov"],
        &["a.jpg", "a.json"],
        &["IMG_E12.jpg", "IMG_13.jpg"],
        &["IMG_Edith.jpg", "IMG_dith.jpg"],
        &[".xmp", ".jpg", "jpg", "xmp"],
        &["a.jpg.", "a.jpg.xmp."],
        &[],
    ] {
        assert_eq!(found(names), Vec::<String>::new(), "{names:?}");
    }
}

#[test]
fn where_a_stem_could_mean_two_shots_each_is_alone() {
    let names = ["a.jpeg", "a.JPG", "a.cr2", "a.xmp", "a.cr2.xmp", "b.jpg"];
    assert_eq!(found(&names), ["a.cr2 a.cr2.xmp"]);
    let bytes: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
    assert_eq!(bundles(&bytes).ambiguous, [1, 2, 0]);

    // An export beside a shot is by itself, and leaves the shot alone.
    assert_eq!(
        found(&["a.png", "a.jpg", "a.xmp", "a.png.xmp"]),
        ["a.jpg a.xmp", "a.png a.png.xmp"]
    );
    // The exact name is meant where two differ in case alone.
    assert_eq!(
        found(&["a.JPG", "a.jpg", "a.jpg.xmp", "a.JPG.xmp"]),
        ["a.JPG a.JPG.xmp", "a.jpg a.jpg.xmp"]
    );
}

#[test]
fn what_photos_edited_belongs_to_the_original() {
    assert_eq!(
        found(&[
            "IMG_E1234.JPG",
            "IMG_1234.AAE",
            "IMG_O1234.AAE",
            "IMG_1234.HEIC",
            "IMG_1234.MOV",
            "IMG_E1234.MOV",
        ]),
        [
            "IMG_1234.HEIC IMG_1234.MOV IMG_E1234.JPG IMG_E1234.MOV IMG_1234.AAE \
             IMG_O1234.AAE"
        ]
    );
    // All pictures, and still two that belong together.
    assert_eq!(
        found(&["IMG_1.JPG", "IMG_E1.JPG", "IMG_E2.JPG"]),
        ["IMG_1.JPG IMG_E1.JPG"]
    );
    // Without an original, it is a shot like any other.
    assert_eq!(
        found(&["IMG_E1.JPG", "IMG_E1.AAE"]),
        ["IMG_E1.JPG IMG_E1.AAE"]
    );
}

#[test]
fn what_photos_edited_belongs_to_the_original_under_the_names_of_ingest() {
    const STEM: &str = "20190301_120000_17762fddd969a453";
    let named = |endings: &[&str]| -> Vec<String> {
        endings.iter().map(|e| format!("{STEM}{e}")).collect()
    };
    for (names, bundle) in [
        (
            &[
                "_O.AAE",
                "_E.MOV",
                "_E.JPG.xmp",
                ".AAE",
                "_E.JPG",
                ".HEIC",
                ".MOV",
            ][..],
            &[
                ".HEIC",
                ".MOV",
                "_E.JPG",
                "_E.MOV",
                "_E.JPG.xmp",
                ".AAE",
                "_O.AAE",
            ][..],
        ),
        // All are pictures.
        (&["_E.JPG", ".JPG"], &[".JPG", "_E.JPG"]),
        // Without an original, it is a shot like any other.
        (&["_E.JPG", "_E.AAE"], &["_E.JPG", "_E.AAE"]),
    ] {
        let names = named(names);
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert_eq!(found(&names), [named(bundle).join(" ")]);
    }
    let other = STEM.replace('1', "2");
    let none: [String; 0] = [];
    assert_eq!(
        found(&[&format!("{STEM}.JPG"), &format!("{other}_E.JPG")]),
        none
    );
}

#[test]
fn takeout_names_are_cut_and_numbered() {
    for (media, json) in [
        ("IMG.jpg", "IMG.jpg.json"),
        ("IMG.JPG", "IMG.jpg.json"),
        ("IMG.jpg", "IMG.jpg.supplemental-metadata.json"),
        ("IMG.jpg", "IMG.jpg.supplemental-meta.json"),
        ("IMG.jpg", "IMG.jpg.s.json"),
        ("IMG.jpg", "IMG.jpg..json"),
        ("IMG(1).jpg", "IMG.jpg(1).json"),
        ("IMG(1).jpg", "IMG(1).jpg.json"),
        ("IMG(12).jpg", "IMG.jpg.supplemental-metadata(12).json"),
        (
            "Screenshot_20190301-120000_com.example.browser1.jpg",
            "Screenshot_20190301-120000_com.example.browser.json",
        ),
        (
            "Screenshot_20190301-120000_com.example.brows.jpg",
            "Screenshot_20190301-120000_com.example.brows.j.json",
        ),
        (
            "Übung auf dem Sportplatz im Sommer 2019, Bild1.jpg",
            "Übung auf dem Sportplatz im Sommer 2019, Bild1.json",
        ),
    ] {
        assert_eq!(
            found(&[json, "other.jpg", media]),
            [format!("{media} {json}")]
        );
    }
    for names in [
        // The number is that of another picture.
        &["IMG.jpg", "IMG.jpg(1).json"][..],
        &["IMG(1).jpg", "IMG.jpg.json"],
        // It may have been cut from either.
        &[
            "Screenshot_20190301-120000_com.example.browser1.jpg",
            "Screenshot_20190301-120000_com.example.browser2.jpg",
            "Screenshot_20190301-120000_com.example.browser.json",
        ],
        // It was not cut.
        &["Screenshot_2019.jpg", "Screenshot.json"],
    ] {
        assert_eq!(found(names), Vec::<String>::new(), "{names:?}");
    }
}

#[test]
fn directories_do_not_mix() {
    let paths = [
        "2024/a.cr2",
        "2024/a/x.jpg",
        "2024/a/x.jpeg",
        "2024/a/x.mov",
        "2024/a.jpg",
        "2024/b/x.cr2",
        "2024/b/x.jpg",
        "2024/x.xmp",
        "x.xmp",
        "x.mov",
    ];
    let paths = paths.map(|path| RelPath::from_text(path).unwrap());
    let paths: Vec<_> = paths.iter().collect();
    let Bundles { bundles, ambiguous } = bundles_of_directories(&paths);
    let members: Vec<_> = bundles.iter().map(|b| b.members.as_slice()).collect();
    assert_eq!(members, [&[0, 4], &[5, 6], &[9, 8]]);
    assert_eq!(ambiguous, [1, 2, 3]);
}

proptest! {
    #[test]
    fn bundles_do_not_depend_on_the_order_of_names(
        names in prop::collection::btree_set(
            "((IMG_)?[EO]?[1-3](\\(1\\))?|20190301_120000_17762fddd969a453(_[EO])?)(\\.jpg)?\\.(jpg|JPG|cr2|mov|xmp|aae|json|wav|png)",
            0..20,
        ),
        by in 0..20_usize,
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut rotated = names.clone();
        rotated.rotate_left(by % names.len().max(1));
        rotated.reverse();
        prop_assert_eq!(found(&rotated), found(&names));

        let bytes: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
        let mut members: Vec<_> = bundles(&bytes).bundles.into_iter().flat_map(|b| b.members).collect();
        let count = members.len();
        members.sort_unstable();
        members.dedup();
        prop_assert_eq!(members.len(), count, "a file is in two bundles");
    }
}
