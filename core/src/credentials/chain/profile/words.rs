//! A line to words, as boto3 splits the names of profiles and the command of a
//! `credential_process`: Python's `shlex.split`, which knows quotes and backslashes and nothing
//! else of a shell. The crates for this take `#` for a comment, which it does not.

/// Nothing if a quote is not closed or the line ends with a backslash.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// A command line of Windows, as boto3 splits it there: double quotes alone, and backslashes that
/// escape only in front of one.
#[cfg(any(windows, test))]
pub(super) fn split_for_windows(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let (mut quoted, mut backslashes) = (false, 0_usize);
    for c in line.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        let literal = if c == '"' { backslashes / 2 } else { backslashes };
        if literal > 0 {
            word.get_or_insert_default().extend(std::iter::repeat_n('\\', literal));
        }
        let escaped = backslashes % 2 == 1;
        backslashes = 0;
        match c {
            '"' if escaped => word.get_or_insert_default().push('"'),
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    if quoted {
        return None;
    }
    if backslashes > 0 {
        word.get_or_insert_default().extend(std::iter::repeat_n('\\', backslashes));
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python's `shlex.split` makes of each.
    #[test]
    fn lines_are_split_as_python_does() {
        for (line, words) in [
            (
                "helper --url https://idp/?a=1&b=2 --x",
                &["helper", "--url", "https://idp/?a=1&b=2", "--x"][..],
            ),
            ("a 'b  c' \"d e\"f g''h ''", &["a", "b  c", "d ef", "gh", ""]),
            (r#"a\ b "c\"d\\e\f" 'g\h' i\j"#, &["a b", "c\"d\\e\\f", "g\\h", "ij"]),
            ("a #b;c|d>e $HOME `f`", &["a", "#b;c|d>e", "$HOME", "`f`"]),
            ("  \t ", &[]),
        ] {
            assert_eq!(
                split(line).as_deref(),
                Some(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()[..]),
                "{line}"
            );
        }
        for line in ["a 'b", "a \"b", "a \"b\\", "a \\"] {
            assert_eq!(split(line), None, "{line}");
        }
    }

    /// What botocore's function for Windows makes of each.
    #[test]
    fn command_lines_of_windows_are_split_as_botocore_does() {
        for (line, words) in [
            (
                r"C:\bin\h.exe --url https://a/?b=1&c",
                &[r"C:\bin\h.exe", "--url", "https://a/?b=1&c"][..],
            ),
            (
                r#""C:\Program Files\h.exe" "a b" c"d e"f"#,
                &[r"C:\Program Files\h.exe", "a b", "cd ef"],
            ),
            (r#"h a\\b\ "c\"d" \"e f\""#, &["h", r"a\\b\", "c\"d", "\"e", "f\""]),
            (r#"h "" "a\\" b\\\"c"#, &["h", "", r"a\", r#"b\"c"#]),
            ("h\ta\nb  c ", &["h", "a\nb", "c"]),
            ("h 'a b' %PATH%", &["h", "'a", "b'", "%PATH%"]),
            ("", &[]),
        ] {
            let expected: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(split_for_windows(line), Some(expected), "{line}");
        }
        for line in [r#"h "a"#, r#"h "a\\\""#] {
            assert_eq!(split_for_windows(line), None, "{line}");
        }
    }
}
