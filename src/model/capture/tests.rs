use super::*;
use jiff::civil::datetime;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2024-06-01T12:00:00Z".parse().unwrap()
}

fn local(year: i16, month: i8, day: i8) -> Option<When> {
    When::local(datetime(year, month, day, 12, 0, 0, 0), None, now())
}

#[test]
fn years_that_no_camera_has_seen_are_refused() {
    assert!(local(0, 1, 1).is_none());
    assert!(local(1601, 1, 1).is_none());
    assert!(local(1904, 1, 1).is_none());
    assert!(local(1970, 1, 1).is_none());
    assert!(
        local(1904, 1, 2).is_some(),
        "a scan of a print of that year"
    );
    assert!(local(1969, 12, 31).is_some());
}

#[test]
fn the_future_is_refused_and_an_early_time_zone_is_not_the_future() {
    assert!(local(2024, 6, 1).is_some());
    assert!(local(2024, 6, 2).is_some(), "east of here it is that late");
    assert!(local(2024, 6, 3).is_none());
    let later = now() + SignedDuration::from_hours(25);
    assert!(When::instant(later, now()).is_none());
    assert!(When::instant(later, Timestamp::MAX).is_some());
}

#[test]
fn the_zero_of_a_count_is_no_moment() {
    assert!(When::instant(Timestamp::UNIX_EPOCH, now()).is_none());
    let of_1904 = Timestamp::from_second(-2_082_844_800).unwrap();
    assert!(When::instant(of_1904, now()).is_none());
}

#[test]
fn a_date_is_written_as_the_plan_documents_it() {
    let taken = Taken {
        taken: datetime(2019, 3, 1, 12, 0, 5, 250_000_000),
        offset: Some(Offset::from_seconds(-12_600).unwrap()),
        source: Source::ExifOriginal,
        confidence: Confidence::High,
    };
    let text = serde_json::to_string(&taken).unwrap();
    assert_eq!(
        text,
        r#"{"taken":"2019-03-01T12:00:05","offset":"-03:30","source":"exif:DateTimeOriginal","confidence":"high"}"#
    );
    for wrong in ["+1:00", "01:00", "+01:0x", "+99:00", "Z"] {
        let text = text.replace("-03:30", wrong);
        assert!(serde_json::from_str::<Taken>(&text).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn a_written_date_reads_back(seconds in -4_000_000_000i64..4_000_000_000, minutes in -1000i32..1000) {
        let offset = Offset::from_seconds(minutes * 60).unwrap();
        let taken = Taken {
            taken: Offset::UTC.to_datetime(Timestamp::from_second(seconds).unwrap()),
            offset: Some(offset),
            source: Source::Matroska,
            confidence: Confidence::Medium,
        };
        let text = serde_json::to_string(&taken).unwrap();
        prop_assert_eq!(serde_json::from_str::<Taken>(&text).unwrap(), taken);
    }
}
