//! Dedupe through the program: what it tells, and that the numbers add up.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{Library, everything};

const DATASET: [&str; 6] = ["--files", "300", "--size", "2000", "--seed", "11"];

/// The numbers of the columns of a table in a text, row by row, by the heading of its first
/// column; bytes are those in brackets, where there are some.
fn table(text: &str, heading: &str) -> Vec<(String, Vec<u64>)> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(heading));
    assert!(lines.next().is_some(), "no table '{heading}' in: {text}");
    let rows = lines.take_while(|line| line.starts_with("  "));
    rows.map(|line| {
        let mut cells = line.trim_start().split("  ").map(str::trim);
        let name = cells.next().unwrap().to_owned();
        let numbers = cells.filter(|cell| !cell.is_empty()).map(number);
        (name, numbers.collect())
    })
    .collect()
}

/// `5,220`, `12 bytes` or `5.2 kB (5,220 bytes)`.
fn number(cell: &str) -> u64 {
    let exact = cell.split_once('(').map_or(cell, |(_, exact)| exact);
    let end = exact.find(|c: char| c != ',' && !c.is_ascii_digit());
    let digits = &exact[..end.unwrap_or(exact.len())];
    digits.replace(',', "").parse().unwrap()
}

/// The number of a line such as `  seen      9 files`.
fn line(text: &str, name: &str) -> u64 {
    let mut lines = text.lines().filter_map(|l| l.strip_prefix(name));
    let first = lines.next().unwrap().split_whitespace().next();
    number(first.unwrap())
}

/// Makes sure that the last row of a table is the sum of the others, and gives it.
fn total(rows: &[(String, Vec<u64>)]) -> &[u64] {
    let ((name, total), rows) = rows.split_last().unwrap();
    assert_eq!(name, "total");
    for (column, total) in total.iter().enumerate() {
        let sum: u64 = rows.iter().map(|(_, numbers)| numbers[column]).sum();
        assert_eq!(*total, sum, "column {column}");
    }
    total
}

#[test]
fn law_9_every_number_that_is_printed_adds_up() {
    let library = Library::with_dataset(&DATASET);
    library.write("media/2019/p.CR2", "a raw file without a copy");
    library.write("media/2019/p.JPG", "a picture with a copy");
    library.write("archive/01/p.JPG", "a picture with a copy");
    library.run(&["crawl"]);
    for options in [
        &[][..],
        &["--only", "media/2018", "--only", "media/2019"],
        &["--min-size", "3kB", "--keep", "newest"],
    ] {
        let command = [&["plan", "dedupe", "-o", "plan.json"][..], options].concat();
        let said = library.succeed(&command);
        let shown = library.succeed(&["show", "plan.json"]).out;
        for text in [said.err, shown] {
            let units = table(&text, "  unit ");
            for (unit, numbers) in &units {
                let [seen, moves, _, kept, skipped] = numbers[..] else {
                    panic!("{numbers:?}");
                };
                assert_eq!(seen, moves + kept + skipped, "{unit}");
            }
            let [seen, moves, bytes, kept, skipped] = total(&units)[..] else {
                panic!("{units:?}");
            };
            assert_eq!(seen, line(&text, "  seen "));
            assert_eq!(moves, line(&text, "  moves "));
            assert_eq!(kept, line(&text, "  kept "));
            assert_eq!(skipped, line(&text, "  left out "));
            let remains = table(&text, "  why a file stays");
            assert_eq!(total(&remains)[0], kept + skipped);

            // And they are those of the disk.
            let on_disk = library.census();
            let indexed = on_disk.iter().filter(|(path, file)| {
                let name = path.to_string();
                file.content.is_some()
                    && (name.starts_with("media/") || name.starts_with("archive/"))
            });
            assert_eq!(seen, indexed.count() as u64);
            let plan = library.plan("plan.json");
            assert_eq!(moves, plan.moves.len() as u64);
            assert_eq!(bytes, plan.moves.iter().map(|m| m.size).sum::<u64>());
            assert!(moves > 3 && text.contains("media/2019/p.CR2"), "{text}");
        }
    }
}

#[test]
fn a_directory_that_is_elsewhere_whole_is_named_once() {
    let library = Library::new();
    for (path, content) in [
        ("archive/01/a", "one"),
        ("media/2018/b", "two"),
        ("media/2019/old phone/DCIM/a", "one"),
        ("media/2019/old phone/DCIM/100/b", "two"),
        ("media/2019/old phone-2/a", "one"),
        ("media/2019/old phone-2/c", "three"),
    ] {
        library.write(path, content);
    }
    library.succeed(&["crawl"]);
    let said = library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    let told = table(&said.err, "  directories that are elsewhere whole");
    assert_eq!(told, [("media/2019/old phone".to_owned(), vec![2, 6])]);

    // With one of its moves taken out of the plan, it does not go as a whole.
    let text = library.read("plan.json");
    let lines = text.lines().filter(|l| !l.contains("DCIM/100/b\",\"to"));
    library.write("plan.json", &lines.collect::<Vec<_>>().join("\n"));
    let shown = library.succeed(&["show", "plan.json"]).out;
    assert!(!shown.contains("elsewhere whole"), "{shown}");
    assert!(
        shown.contains("its move was taken out of the plan"),
        "{shown}"
    );
}

#[test]
fn law_8_why_a_file_stays_or_moves_is_told_and_nothing_written() {
    let library = Library::new();
    for (path, content) in [
        ("archive/01/a.JPG", "picture"),
        ("media/2018/a.CR2", "raw"),
        ("media/2018/a.JPG", "picture"),
        ("media/2019/b\u{1b}.JPG", "picture"),
    ] {
        library.write(path, content);
    }
    library.succeed(&["crawl"]);
    let before = everything(library.root(), &[&library.path("logs")]);
    let why = |path: &str| library.succeed(&["plan", "dedupe", "--why", path]).out;
    let picture = why("media/2018/a.JPG");
    for told in [
        "stays: copy of archive/01/a.JPG, but it stays with media/2018/a.CR2",
        "hash        ",
        "copies      archive/01/a.JPG: stays, in the archive",
        "media/2019/b\\u{1b}.JPG: moves",
        "bundle      media/2018/a.CR2",
    ] {
        assert!(picture.contains(told), "{told}: {picture}");
    }
    let system = library.path("media/2019/b\u{1b}.JPG");
    let moves = why(system.to_str().unwrap());
    let told = "moves to duplicates/2019/b\\u{1b}.JPG, as a copy of archive/01/a.JPG";
    assert!(moves.contains(told) && !moves.contains('\u{1b}'), "{moves}");
    assert_eq!(why("./media/2019/b\u{1b}.JPG"), moves);

    for (path, code) in [
        ("media/2018/c.JPG", 1),
        ("media", 64),
        ("c.JPG", 64),
        ("/", 64),
    ] {
        let said = library.end_with(code, &["plan", "dedupe", "--why", path]);
        assert!(
            said.out.is_empty() && said.err.contains("hint: "),
            "{said:?}"
        );
    }
    library.end_with(
        64,
        &["plan", "dedupe", "--why", "media/2018/a.JPG", "-o", "x"],
    );
    let after = everything(library.root(), &[&library.path("logs")]);
    before.assert_same(&after, "--why");
}
