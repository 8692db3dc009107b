//! Bundles move together or not at all.

use super::*;

/// The moves as `from: bundle`, and what was left out as `path: why`.
fn told(plan: &Plan) -> (Vec<String>, Vec<String>) {
    let moves = plan.moves.iter().map(|m| {
        let bundle = m.bundle.as_ref().map(ToString::to_string);
        format!("{}: {}", m.from, bundle.unwrap_or_default())
    });
    let skipped = plan
        .skipped
        .iter()
        .map(|s| format!("{}: {}", s.path, s.why));
    (moves.collect(), skipped.collect())
}

#[test]
fn a_bundle_that_is_elsewhere_moves_whole() {
    let plan = plan(&state(
        &[
            ("01/2018/x.CR2", "RAW", None),
            ("01/2018/x.JPG", "JPG", None),
        ],
        &[
            ("2017/lone.xmp", "XMP", None),
            ("2018/a.CR2", "RAW", None),
            ("2018/a.JPG", "JPG", None),
            ("2018/a.xmp", "XMP", None),
        ],
    ));
    let (moves, skipped) = told(&plan.unwrap());
    assert_eq!(
        moves,
        [
            "media/2018/a.CR2: media/2018/a.CR2",
            "media/2018/a.JPG: media/2018/a.CR2",
            "media/2018/a.xmp: media/2018/a.CR2",
        ]
    );
    assert!(skipped.is_empty());
}

#[test]
fn law_9_what_stays_with_its_bundle_is_named_with_the_reason() {
    let mut state = state(
        &[("01/x.JPG", "JPG", None), ("01/b.JPG", "JPG B", None)],
        &[
            ("2018/a.CR2", "RAW", None),
            ("2018/a.JPG", "JPG", None),
            ("2019/b.JPG", "JPG B", None),
            ("2019/b.MOV", "MOV", None),
            ("2020/c.JPG", "JPG B", None),
            ("2020/c.xmp", "", None),
        ],
    );
    state.media.entries[3].hash = Err(Box::new(Unread {
        why: "permission denied".into(),
        was: None,
    }));
    let plan = plan(&state).unwrap();
    let (moves, skipped) = told(&plan);
    assert!(moves.is_empty());
    assert_eq!(
        skipped,
        [
            "media/2018/a.JPG: copy of archive/01/x.JPG, but it stays with media/2018/a.CR2, \
             which is nowhere else",
            "media/2019/b.JPG: copy of archive/01/b.JPG, but it stays with media/2019/b.MOV, \
             which could not be read",
            "media/2019/b.MOV: permission denied",
            "media/2020/c.JPG: copy of archive/01/b.JPG, but it stays with media/2020/c.xmp, \
             which is empty",
        ]
    );
    let summary = plan.summary.as_ref().unwrap();
    assert_eq!((summary.seen, summary.kept, summary.skipped), (8, 4, 4));

    // Where bundles do not count, each file is by itself.
    state.settings.bundles = Some(false);
    let plan = super::plan(&state).unwrap();
    assert_eq!(plan.settings.bundles, Some(false));
    let (moves, _) = told(&plan);
    assert_eq!(
        moves,
        [
            "media/2018/a.JPG: ",
            "media/2019/b.JPG: ",
            "media/2020/c.JPG: "
        ]
    );
}

#[test]
fn no_two_bundles_are_each_others_keepers() {
    // Each of these has what another lacks; one of the first two can go, never both.
    let plan = plan(&state(
        &[],
        &[
            ("2018/a.CR2", "RAW", None),
            ("2018/a.JPG", "JPG", None),
            ("2019/b.CR2", "RAW", None),
            ("2019/b.JPG", "JPG", None),
            ("2020/c.CR2", "RAW", None),
            ("2020/c.xmp", "XMP", None),
        ],
    ));
    let (moves, skipped) = told(&plan.unwrap());
    assert_eq!(
        moves,
        [
            "media/2019/b.CR2: media/2019/b.CR2",
            "media/2019/b.JPG: media/2019/b.CR2"
        ]
    );
    assert_eq!(
        skipped,
        [
            "media/2020/c.CR2: copy of media/2018/a.CR2, but it stays with media/2020/c.xmp, \
             which is nowhere else"
        ]
    );
}

#[test]
fn the_fuller_bundle_stays_and_a_lone_copy_does_not_tear_it() {
    let plan = plan(&state(
        &[],
        &[
            ("2017/lone.JPG", "JPG", None),
            ("2018/a.CR2", "RAW", None),
            ("2018/a.JPG", "JPG", None),
            ("2019/b.CR2", "RAW", None),
            ("2019/b.JPG", "JPG", None),
            ("2019/b.xmp", "XMP", None),
        ],
    ));
    let plan = plan.unwrap();
    assert_eq!(
        moves(&plan),
        [
            moved(
                "media/2017/lone.JPG",
                "duplicates/2017/lone.JPG",
                "media/2019/b.JPG"
            ),
            moved(
                "media/2018/a.CR2",
                "duplicates/2018/a.CR2",
                "media/2019/b.CR2"
            ),
            moved(
                "media/2018/a.JPG",
                "duplicates/2018/a.JPG",
                "media/2019/b.JPG"
            ),
        ]
    );
    assert!(plan.skipped.is_empty());
}

#[test]
fn a_hard_link_to_what_stays_keeps_its_bundle() {
    let mut state = state(
        &[("01/a.CR2", "RAW", None), ("01/a.JPG", "JPG", Some(7))],
        &[
            ("2018/a.CR2", "RAW", None),
            ("2018/a.JPG", "JPG", Some(7)),
            ("2019/b.CR2", "RAW B", Some(8)),
            ("2019/b.JPG", "JPG B", None),
            ("2020/c.CR2", "RAW B", Some(8)),
            ("2020/d.CR2", "RAW B", None),
        ],
    );
    state.media.entries[1].stamp.device = Tree::Archive as u64;
    let (moves, skipped) = told(&plan(&state).unwrap());
    assert_eq!(moves, ["media/2020/d.CR2: "]);
    assert_eq!(
        skipped,
        [
            "media/2018/a.CR2: copy of archive/01/a.CR2, but it stays with media/2018/a.JPG, \
             which is a hard link of archive/01/a.JPG",
            "media/2018/a.JPG: hard link of archive/01/a.JPG: moving it would free nothing",
            "media/2020/c.CR2: hard link of media/2019/b.CR2: moving it would free nothing",
        ]
    );
}

#[test]
fn all_names_of_one_file_go_together() {
    let plan = plan(&state(
        &[("01/a", "AA", None)],
        &[
            ("2017/a", "AA", Some(7)),
            ("2018/a", "AA", Some(7)),
            ("2019/b.CR2", "RAW", None),
            ("2019/b.JPG", "JPG", Some(9)),
            ("2020/b.JPG", "JPG", Some(9)),
            ("2021/b.JPG", "JPG", None),
        ],
    ));
    let (moves, skipped) = told(&plan.unwrap());
    assert_eq!(
        moves,
        ["media/2017/a: ", "media/2018/a: ", "media/2021/b.JPG: "]
    );
    assert_eq!(
        skipped,
        ["media/2020/b.JPG: hard link of media/2019/b.JPG: moving it would free nothing"]
    );
}
