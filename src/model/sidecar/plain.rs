//! A look at the text of a sidecar index before it is parsed.
//!
//! A parser of YAML takes time that grows with the square of the depth of `[` and `{`: a file of a
//! few hundred kilobytes can keep it busy for minutes. Sidecar indexes are written without such
//! collections but for the empty ones, so whatever holds another is not one of them. What is
//! refused here by mistake is hashed again, and no more.

/// Whether the text holds no collection in brackets but for empty ones, as far as that can be told
/// line by line; a scalar or a bracket that goes on in the next line is none that mediastruct
/// writes.
pub(super) fn is_plain(text: &str) -> bool {
    // All that YAML takes for the end of a line.
    let mut lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    lines.all(is_plain_line)
}

fn is_plain_line(line: &str) -> bool {
    // Documents and directives begin in the first column; names in a sidecar index never do.
    if ["---", "...", "%"]
        .iter()
        .any(|mark| line.starts_with(mark))
    {
        return false;
    }
    let mut rest = node(line);
    loop {
        rest = match rest.chars().next() {
            Some('[' | '{') => return ["[]", "{}"].contains(&rest.trim_end_matches(BLANK)),
            Some(quote @ ('"' | '\'')) => match after_quoted(&rest[1..], quote) {
                Some(rest) => rest,
                None => return false,
            },
            _ => rest,
        };
        match after_colon(rest) {
            Some(value) => rest = node(value),
            None => return true,
        }
    }
}

const BLANK: [char; 2] = [' ', '\t'];

/// Where a scalar or a collection may begin: behind blanks, the marks of lists and long keys,
/// anchors and tags.
fn node(text: &str) -> &str {
    let mut rest = text.trim_start_matches(BLANK);
    while let Some(mark) = rest.chars().next() {
        let end = rest.find(BLANK).unwrap_or(rest.len());
        let is_mark = match mark {
            '-' | '?' | ':' => end == 1,
            '&' | '!' => true,
            _ => false,
        };
        // An anchor or a tag may end at a bracket as well as at a blank.
        let end = match rest[..end].find(['[', '{']) {
            Some(bracket) if matches!(mark, '&' | '!') => bracket,
            _ => end,
        };
        if !is_mark {
            break;
        }
        rest = rest[end..].trim_start_matches(BLANK);
    }
    rest
}

/// What follows the quote that closes a scalar; none where it goes on in the next line.
fn after_quoted(text: &str, quote: char) -> Option<&str> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return Some(&text[at + 1..]);
            }
        }
    }
    None
}

/// What follows the first colon that ends a key.
fn after_colon(text: &str) -> Option<&str> {
    let ends = |(at, _): &(usize, _)| {
        let rest = &text[at + 1..];
        rest.is_empty() || rest.starts_with(BLANK)
    };
    let (at, _) = text.match_indices(':').find(ends)?;
    Some(&text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn names_with_brackets_are_plain_and_collections_are_not() {
        for text in [
            "files: {}\nstamps: {}\n",
            "files:\n  a[1].jpg: abc\n  '[b]: {.jpg': abc\n  \"c\\\": [\": abc\n",
            "  'it''s: [': abc\n  a, [b: abc\n  -[: abc\n  x:[y: abc\n",
            "  ? some [very] long name\n  : abc\n",
        ] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "[",
            "files: [",
            "files:\t{a: b}",
            "  - - [x]",
            "? [",
            ": {",
            "a: &b [x]",
            "a: &b[x]",
            "a: !c {x",
            "a: \"x",
            "'a': 'x",
            "a: x\r[",
            "a\u{2028}[",
            "--- [",
            "\"a\": [",
            "a: b: [",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
