use super::*;
use proptest::prelude::*;

#[test]
fn capacities_are_those_of_the_media() {
    let sectors = |text: &str| {
        let medium: Medium = text.parse().unwrap();
        let raw = medium.sectors(DefectManagement::Off);
        (raw, medium.sectors(DefectManagement::On))
    };
    assert_eq!(sectors("cd700"), (359_424, 359_424));
    assert_eq!(sectors("dvd-r"), (2_298_496, 2_298_496));
    assert_eq!(sectors("dvd+r-dl"), (4_173_824, 4_173_824));
    assert_eq!(sectors("bd25"), (12_219_392, 11_826_176));
    assert_eq!(sectors("bd128"), (62_500_864, 60_403_712));
    assert_eq!(sectors("sectors:17"), (17, 17));
    assert_eq!(sectors("dir:1MB"), (488, 488));
}

#[test]
fn discs_stand_smallest_first_and_give_up_no_more_than_they_have() {
    let raw = |disc: Disc| disc.sectors(DefectManagement::Off);
    assert!(Disc::ALL.is_sorted_by_key(|disc| raw(*disc)));
    for disc in Disc::ALL {
        assert!(disc.sectors(DefectManagement::On) <= raw(disc));
    }
}

#[test]
fn media_are_written_as_they_are_read() {
    let texts = Disc::ALL.map(Disc::name);
    for text in texts.into_iter().chain(["sectors:359424", "dir:2TB"]) {
        let medium: Medium = text.parse().unwrap();
        assert_eq!(medium.to_string(), text);
        let json = serde_json::to_string(&medium).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Medium>(&json).unwrap(), medium);
        assert_eq!(medium.is_disc(), !text.starts_with("dir:"));
    }
    let terabytes = "dir:2000 GB".parse::<Medium>();
    assert_eq!(terabytes, Ok(Medium::Directory(2_000_000_000_000)));
}

#[test]
fn what_is_no_medium_is_told_with_those_that_are() {
    for bad in [
        "",
        "bd",
        "BD 25",
        "sectors:",
        "sectors:0",
        "sectors:+5",
        "sectors:-1",
        "dir:",
        "dir:0",
        "dir:2047",
        "dir:1.5TB",
        "sectors:99999999999999999999",
        "floppy",
    ] {
        assert!(bad.parse::<Medium>().is_err(), "{bad}");
    }
    let said = |text: &str| text.parse::<Medium>().unwrap_err().to_string();
    assert_eq!(
        said("BD-25"),
        "'BD-25' is no medium; known are cd700, dvd+r, dvd-r, dvd-r-dl, dvd+r-dl, bd25, bd50, \
         bd100, bd128, sectors:N and dir:SIZE; did you mean bd25?"
    );
    assert!(said("papyrus").ends_with("sectors:N and dir:SIZE"));
    assert!(!said("bd\u{1b}[2J").contains('\u{1b}'));
}

#[test]
fn parity_is_a_share_rounded_up() {
    let of = |text: &str, sectors| text.parse::<Parity>().unwrap().of(sectors);
    assert_eq!(of("0%", u64::MAX), 0);
    assert_eq!(of("5%", 100), 5);
    assert_eq!(of("5%", 101), 6);
    assert_eq!(of("2.5%", 1000), 25);
    assert_eq!(of("0.01%", 1), 1);
    assert!(of("99.99%", u64::MAX) < u64::MAX);
    for bad in [
        "", "%", "5", "100%", "-1%", "+1%", "1.%", ".5%", "1.234%", "1,5%", "5 %", "655.36%",
    ] {
        assert!(bad.parse::<Parity>().is_err(), "{bad}");
    }
}

#[test]
fn names_of_packings_are_those_in_plans() {
    for pack in Pack::ALL {
        let json = serde_json::to_string(&pack).unwrap();
        assert_eq!(json, format!("\"{pack}\""));
        assert_eq!(pack.name().parse(), Ok(pack));
    }
    let error = "best".parse::<Pack>().unwrap_err().to_string();
    assert_eq!(error, "expected one of chronological, compact");
}

#[test]
fn schemas_take_what_is_written() {
    let schema = |schema: Schema| jsonschema::validator_for(schema.as_value()).unwrap();
    let mut generator = SchemaGenerator::default();
    let media = schema(Medium::json_schema(&mut generator));
    for text in ["dvd+r-dl", "sectors:5", "dir:2TB", "dir:10MiB", "dir:2049"] {
        assert!(media.is_valid(&text.into()), "{text}");
    }
    assert!(!media.is_valid(&"dvdr".into()) && !media.is_valid(&"dir:".into()));
    let parity = schema(Parity::json_schema(&mut generator));
    assert!(parity.is_valid(&"2.5%".into()) && !parity.is_valid(&"100%".into()));
}

proptest! {
    #[test]
    fn text_of_a_share_round_trips(hundredths in 0u16..10_000) {
        let parity = Parity::hundredths(hundredths).unwrap();
        let text = parity.to_string();
        prop_assert_eq!(text.parse::<Parity>(), Ok(parity));
        let json = serde_json::to_string(&parity).unwrap();
        prop_assert_eq!(serde_json::from_str::<Parity>(&json).unwrap(), parity);
    }

    #[test]
    fn no_text_of_a_medium_panics(text in ".{0,20}", size in any::<u64>()) {
        let _ = text.parse::<Medium>();
        let _ = format!("dir:{text}").parse::<Medium>();
        let medium = Medium::Directory(size.max(SECTOR));
        prop_assert_eq!(medium.to_string().parse::<Medium>(), Ok(medium));
    }
}
