use super::*;
use crate::model::capture::Found;
use jiff::civil::datetime;
use proptest::prelude::*;

fn settings() -> Settings {
    Settings {
        time_zone: TimeZone::get("Europe/Berlin").unwrap(),
        local_makes: vec!["Canon".into()],
        now: "2024-06-01T12:00:00Z".parse().unwrap(),
    }
}

/// A file of that content with dates from these sources, each in another month of 2019.
fn reading(content: Content, sources: &[Source]) -> Reading {
    let dates = sources.iter().map(|source| Found {
        source: *source,
        when: When::Local(datetime(2019, month(*source), 1, 12, 0, 0, 0), None),
    });
    Reading {
        content,
        dates: dates.collect(),
        ..Reading::default()
    }
}

fn month(source: Source) -> i8 {
    source as i8 % 12 + 1
}

fn evidence<'a>(file: &'a Reading, sidecars: &'a [&'a Reading], name: &'a str) -> Evidence<'a> {
    Evidence {
        said: None,
        file,
        sidecars,
        name: name.as_bytes(),
        modified: Time::new(1_560_000_000, 0).unwrap(),
        still: None,
    }
}

fn chosen(evidence: &Evidence<'_>) -> Taken {
    choose(evidence, &settings()).unwrap().taken
}

const ALL: [Source; 9] = [
    Source::QuickTimeCreationDate,
    Source::ExifOriginal,
    Source::ExifDigitized,
    Source::MovieHeader,
    Source::Matroska,
    Source::Avi,
    Source::XmpOriginal,
    Source::XmpCreated,
    Source::XmpCreateDate,
];

/// Takes the chosen source away again and again, and tells the order in which they came.
fn order(content: Content) -> Vec<Source> {
    let mut left = ALL.to_vec();
    let sidecar = reading(Content::Sidecar, &[Source::XmpOriginal, Source::Takeout]);
    let mut order = Vec::new();
    loop {
        let file = reading(content, &left);
        let source = chosen(&evidence(&file, &[&sidecar], "IMG_20190301_120000.jpg")).source;
        order.push(source);
        let before = left.len();
        left.retain(|other| *other != source);
        if left.len() == before {
            return order;
        }
    }
}

#[test]
fn a_still_is_dated_in_the_designed_order() {
    assert_eq!(
        order(Content::Still),
        [
            Source::ExifOriginal,
            Source::ExifDigitized,
            Source::XmpOriginal,
            // Of the file none is left that is read for a still, but for the weaker two in XMP.
            Source::XmpCreated,
            Source::XmpCreateDate,
            Source::XmpOriginal,
        ]
    );
}

#[test]
fn a_video_is_dated_in_the_designed_order() {
    assert_eq!(
        order(Content::Video)[..5],
        [
            Source::QuickTimeCreationDate,
            Source::ExifOriginal,
            Source::MovieHeader,
            Source::Matroska,
            Source::Avi,
        ]
    );
}

#[test]
fn a_sidecar_goes_before_takeout_before_the_name_before_the_modification_time() {
    let file = reading(Content::Still, &[]);
    let xmp = reading(Content::Sidecar, &[Source::XmpCreateDate]);
    let takeout = reading(Content::Sidecar, &[Source::Takeout]);
    let name = "IMG_20190301_120000.jpg";
    let source = |sidecars: &[&Reading], name| chosen(&evidence(&file, sidecars, name)).source;
    assert_eq!(source(&[&takeout, &xmp], name), Source::XmpCreateDate);
    assert_eq!(source(&[&takeout], name), Source::Takeout);
    assert_eq!(source(&[], name), Source::FileName);
    let guess = chosen(&evidence(&file, &[], "holiday.jpg"));
    assert_eq!(guess.source, Source::Modified);
    assert_eq!(guess.confidence, Confidence::Low);
}

#[test]
fn what_the_user_said_goes_before_everything() {
    let file = reading(Content::Still, &ALL);
    let said = datetime(1950, 5, 4, 0, 0, 0, 0);
    let evidence = Evidence {
        said: Some((said, None)),
        ..evidence(&file, &[], "a.jpg")
    };
    let choice = choose(&evidence, &settings()).unwrap();
    assert_eq!(choice.taken.taken, said);
    assert_eq!(choice.taken.source, Source::Override);
    assert_eq!(choice.rivals[0].source, Source::ExifOriginal);
}

#[test]
fn a_live_photos_video_takes_its_stills_date() {
    let still = reading(Content::Still, &[Source::ExifOriginal]);
    let still = chosen(&evidence(&still, &[], "IMG_1.HEIC"));
    let video = reading(Content::Video, &[Source::QuickTimeCreationDate]);
    let evidence = Evidence {
        still: Some(&still),
        ..evidence(&video, &[], "IMG_1.MOV")
    };
    assert_eq!(chosen(&evidence), still);
}

fn movie_header(make: Option<&str>) -> Reading {
    let at = "2019-07-01T22:30:00Z".parse().unwrap();
    Reading {
        content: Content::Video,
        dates: vec![Found {
            source: Source::MovieHeader,
            when: When::Instant(at),
        }],
        make: make.map(str::to_owned),
        ..Reading::default()
    }
}

#[test]
fn quicktime_is_utc_and_shown_on_the_configured_clock() {
    for make in [None, Some("NIKON CORPORATION")] {
        let taken = chosen(&evidence(&movie_header(make), &[], "a.mov"));
        assert_eq!(taken.taken, datetime(2019, 7, 2, 0, 30, 0, 0));
        assert_eq!(taken.offset, Some(Offset::from_seconds(7200).unwrap()));
    }
}

#[test]
fn a_camera_that_writes_local_time_into_quicktime_is_believed_as_it_stands() {
    let file = movie_header(Some("CANON"));
    let taken = chosen(&evidence(&file, &[], "a.mov"));
    assert_eq!(taken.taken, datetime(2019, 7, 1, 22, 30, 0, 0));
    assert_eq!(taken.offset, None);
    // The maker may also stand in a thumbnail beside the video.
    let thumbnail = Reading {
        make: Some("Canon".into()),
        ..Reading::default()
    };
    let file = movie_header(None);
    let beside = chosen(&evidence(&file, &[&thumbnail], "a.mov"));
    assert_eq!(beside, taken);
}

#[test]
fn no_offset_is_not_utc() {
    let file = reading(Content::Still, &[Source::ExifOriginal]);
    let taken = chosen(&evidence(&file, &[], "a.jpg"));
    assert_eq!(taken.offset, None);
    assert_eq!(taken.taken.hour(), 12);
}

#[test]
fn dates_that_differ_by_more_than_a_day_are_rivals() {
    let date = |source, day, hour| Found {
        source,
        when: When::Local(datetime(2019, 3, day, hour, 0, 0, 0), None),
    };
    let file = Reading {
        content: Content::Still,
        dates: vec![
            date(Source::ExifOriginal, 10, 12),
            date(Source::ExifDigitized, 11, 12),
            date(Source::XmpOriginal, 11, 13),
        ],
        ..Reading::default()
    };
    let choice = choose(
        &evidence(&file, &[], "VID-20190312-WA0001.jpg"),
        &settings(),
    )
    .unwrap();
    let rivals: Vec<Source> = choice.rivals.iter().map(|rival| rival.source).collect();
    assert_eq!(
        rivals,
        [Source::XmpOriginal],
        "the day of the name may be near enough"
    );
}

#[test]
fn without_a_sane_date_there_is_none() {
    let file = Reading::default();
    let evidence = Evidence {
        modified: Time::default(),
        ..evidence(&file, &[], "a.jpg")
    };
    assert_eq!(choose(&evidence, &settings()), None);
}

fn from_name(name: &str) -> Option<String> {
    let when = name::date(name.as_bytes(), settings().now)?;
    Some(match when {
        When::Local(at, _) => at.to_string(),
        When::Day(day) => day.to_string(),
        When::Instant(at) => at.to_string(),
    })
}

#[test]
fn names_that_cameras_and_programs_give_are_read() {
    for name in [
        "IMG_20190301_120000.jpg",
        "IMG_20190301_120000123.jpg",
        "20190301_120000.mp4",
        "20190301_120000_0123456789abcdef.heic",
        "2019-03-01 12.00.00.jpg",
        "2019-03-01 12.00.00-2.jpg",
        "2019-03-01_12-00-00.jpg",
        "Screenshot_20190301-120000.png",
        "Screenshot_20190301_120000_Chrome.jpg",
        "Screenshot_2019-03-01-12-00-00.png",
        "Screenshot 2019-03-01 at 12.00.00.png",
        "Screenshot 2019-03-01 at 12.00.00 PM.png",
        "Screenshot 2019-03-01 at 12.00.00\u{202f}PM.png",
        "signal-2019-03-01-120000.jpg",
        "WhatsApp Image 2019-03-01 at 12.00.00.jpeg",
        "a 1 IMG_20190301_120000.jpg",
    ] {
        assert_eq!(
            from_name(name).as_deref(),
            Some("2019-03-01T12:00:00"),
            "{name}"
        );
    }
    let pixel = from_name("PXL_20190301_120000123.jpg");
    assert_eq!(pixel.as_deref(), Some("2019-03-01T12:00:00Z"));
    for name in ["VID-20190301-WA0001.mp4", "IMG-20190301-WA0001 (1).jpg"] {
        assert_eq!(from_name(name).as_deref(), Some("2019-03-01"), "{name}");
    }
    let afternoon = from_name("Screenshot 2019-03-01 at 1.05.00 PM.png");
    assert_eq!(afternoon.as_deref(), Some("2019-03-01T13:05:00"));
}

#[test]
fn names_that_only_look_like_dates_are_not_read() {
    for name in [
        "IMG_0001.jpg",
        "20190301.jpg",
        "20191301_120000.jpg",
        "20190301_250000.jpg",
        "120190301_120000.jpg",
        "20190301_1200001.jpg",
        "20990301_120000.jpg",
        "19700101_000000.jpg",
        "00000000_000000.jpg",
        "2019-03_01 12.00.00.jpg",
        "2019-03-01 1.00.00.jpg",
        "VID-20190301-WAVE.mp4",
        "",
    ] {
        assert_eq!(from_name(name), None, "{name}");
    }
}

proptest! {
    #[test]
    fn any_name_is_read_without_a_panic(name in proptest::collection::vec(any::<u8>(), 0..40)) {
        name::date(&name, settings().now);
    }

    #[test]
    fn names_near_to_dates_are_read_without_a_panic(name in "[0-9APMTWxa_ .:-]{0,30}") {
        name::date(name.as_bytes(), settings().now);
    }
}

#[test]
fn a_picture_without_a_date_takes_that_of_its_movie() {
    let still = reading(Content::Still, &[]);
    let movie = reading(Content::Video, &[Source::MovieHeader]);
    let beside = [&movie];
    let taken = chosen(&evidence(&still, &beside, "IMG_5.JPG"));
    assert_eq!(taken.source, Source::MovieHeader);
    // Its own goes before it.
    let still = reading(Content::Still, &[Source::ExifDigitized]);
    let taken = chosen(&evidence(&still, &beside, "IMG_5.JPG"));
    assert_eq!(taken.source, Source::ExifDigitized);
}
