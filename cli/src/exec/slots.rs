//! A file whose token can be replaced while others read it.
//!
//! Nothing can replace a file in memory at once, as a rename does on disk. So there is room for two lines.
//! A client takes the one that dominates (the first in a password file, the last in an option file),
//! unless it begins with `#` and so is a comment. A new token is written where no client looks, and one
//! byte changes over: whoever reads meanwhile finds the old token or the new one, whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use zeroize::Zeroizing;

/// How a client reads its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Comes before the two lines.
    pub(super) head: String,
    /// What stands before and after the token in its line. It begins with anything but `#`.
    pub(super) before: String,
    pub(super) after: String,
    pub(super) escaping: Escaping,
    /// Which of two lines counts.
    pub(super) dominant: Dominant,
    /// The longest line that the client reads.
    pub(super) longest: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escaping {
    Pgpass,
    Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dominant {
    First,
    Last,
}

/// Room for a line. A token is 3 KB at most; much longer session tokens have been announced.
const SLOT: u64 = 16 * 1024;

impl Layout {
    /// The line with a token.
    fn line(&self, token: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        let token = match self.escaping {
            Escaping::Pgpass => {
                Zeroizing::new(rdsiam::quote(token, rdsiam::Quoting::Pgpass).as_str().to_owned())
            }
            Escaping::Options => Zeroizing::new(token.replace('\\', "\\\\").replace('"', "\\\"")),
        };
        let length = self.before.len() + token.len() + self.after.len() + 1;
        if length > self.longest {
            return Err(io::Error::other(format!(
                "the token is too long: a line of {length} bytes, where the client reads {}",
                self.longest
            )));
        }
        let mut line = Zeroizing::new(Vec::with_capacity(length));
        for part in [self.before.as_bytes(), token.as_bytes(), self.after.as_bytes(), b"\n"] {
            line.extend_from_slice(part);
        }
        Ok(line)
    }

    fn start(&self, slot: u64) -> u64 {
        (self.head.len() as u64).saturating_add(slot.saturating_mul(SLOT))
    }

    fn dominant_slot(&self) -> u64 {
        match self.dominant {
            Dominant::First => 0,
            Dominant::Last => 1,
        }
    }

    /// Writes the first token into an empty file.
    pub(super) fn fill(&self, file: &File, token: &str) -> io::Result<()> {
        file.write_all_at(self.head.as_bytes(), 0)?;
        let dominant = self.dominant_slot();
        self.write(file, 1 - dominant, &Zeroizing::new(b"#\n".to_vec()))?;
        self.write(file, dominant, &self.line(token)?)
    }

    /// Replaces the token. Only one process may do so.
    pub(super) fn replace(&self, file: &File, token: &str) -> io::Result<()> {
        let mut line = self.line(token)?;
        let dominant = self.dominant_slot();
        let mut first = [0];
        file.read_exact_at(&mut first, self.start(dominant))?;
        if first == *b"#" {
            let begin = line.first().copied().unwrap_or_default();
            if let Some(first) = line.first_mut() {
                *first = b'#';
            }
            self.write(file, dominant, &line)?;
            file.write_all_at(&[begin], self.start(dominant))
        } else {
            self.write(file, 1 - dominant, &line)?;
            file.write_all_at(b"#", self.start(dominant))
        }
    }

    /// A line, and comments up to the end of its room.
    fn write(&self, file: &File, slot: u64, line: &[u8]) -> io::Result<()> {
        let room = usize::try_from(SLOT).unwrap_or(usize::MAX).saturating_sub(line.len());
        let mut text = Zeroizing::new(line.to_vec());
        // Lines of their own, each short: some clients read a line into a buffer of 4 KB.
        let filler = b"#------------------------------\n";
        text.extend(filler.iter().cycle().take(room));
        if let Some(last) = text.last_mut() {
            *last = b'\n';
        }
        file.write_all_at(&text, self.start(slot))
    }
}

#[cfg(test)]
#[allow(clippy::string_slice, reason = "the texts of the tests are ASCII")]
mod tests {
    use super::*;
    use std::io::{Read as _, Seek as _};

    fn layouts() -> [Layout; 2] {
        [
            Layout {
                head: String::new(),
                before: "db.example.com:5432:*:app:".into(),
                after: String::new(),
                escaping: Escaping::Pgpass,
                dominant: Dominant::First,
                longest: 12_000,
            },
            Layout {
                head: "[client]\nuser=\"app\"\n".into(),
                before: "password=\"".into(),
                after: "\"".into(),
                escaping: Escaping::Options,
                dominant: Dominant::Last,
                longest: 4_000,
            },
        ]
    }

    /// What a client takes from the file.
    fn effective(layout: &Layout, file: &mut File) -> String {
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        assert!(text.starts_with(&layout.head));
        // Nothing else but comments, on which MySQL's clients insist.
        for line in text[layout.head.len()..].lines() {
            assert!(line.is_empty() || line.starts_with('#') || line.starts_with(&layout.before));
        }
        let mut lines = text.lines().filter(|line| line.starts_with(&layout.before));
        let line = match layout.dominant {
            Dominant::First => lines.next(),
            Dominant::Last => lines.next_back(),
        };
        let line = line.unwrap();
        line[layout.before.len()..line.len() - layout.after.len()].to_owned()
    }

    fn file(name: &str) -> File {
        let path = std::env::temp_dir().join(format!("rdsiam-{name}-{}", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file
    }

    #[test]
    fn the_last_token_that_was_written_counts() {
        for (number, layout) in layouts().iter().enumerate() {
            let mut file = file(&format!("slots-{number}"));
            layout.fill(&file, "token-0").unwrap();
            assert_eq!(effective(layout, &mut file), "token-0");
            for round in 1..7 {
                let token = format!("token-{round}{}", "x".repeat(round * 300 % 700));
                layout.replace(&file, &token).unwrap();
                assert_eq!(effective(layout, &mut file), token);
            }
        }
    }

    #[test]
    fn a_reader_finds_a_whole_token_at_each_write() {
        for (number, layout) in layouts().iter().enumerate() {
            let file = file(&format!("whole-{number}"));
            let lengths = [40, 3_000, 7, 1_500];
            let token = |round: usize| {
                let letter = char::from(b'a' + u8::try_from(round % 26).unwrap());
                letter.to_string().repeat(lengths[round % 4])
            };
            layout.fill(&file, &token(0)).unwrap();
            let mut reader = file.try_clone().unwrap();
            let done = std::sync::atomic::AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    for round in 1..2_000 {
                        layout.replace(&file, &token(round)).unwrap();
                        // In practice minutes pass, and no reader takes so long.
                        std::thread::sleep(std::time::Duration::from_micros(50));
                    }
                    done.store(true, std::sync::atomic::Ordering::Relaxed);
                });
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let found = effective_at(layout, &mut reader);
                    let first = found.chars().next().unwrap();
                    assert!(found.chars().all(|c| c == first), "{found}");
                    assert!(lengths.contains(&found.len()));
                }
            });
        }
    }

    /// As [`effective`], by one read, for a file that another thread's position has no part in.
    fn effective_at(layout: &Layout, file: &mut File) -> String {
        let length = file.metadata().unwrap().len();
        let mut text = vec![0; usize::try_from(length).unwrap()];
        file.read_exact_at(&mut text, 0).unwrap();
        let text = String::from_utf8(text).unwrap();
        let mut lines = text.lines().filter(|line| line.starts_with(&layout.before));
        let line = match layout.dominant {
            Dominant::First => lines.next(),
            Dominant::Last => lines.next_back(),
        };
        let line = line.unwrap();
        line[layout.before.len()..line.len() - layout.after.len()].to_owned()
    }

    #[test]
    fn a_line_that_the_client_would_cut_is_an_error() {
        let [_, options] = layouts();
        assert!(options.fill(&file("long"), &"x".repeat(4_000)).is_err());
    }

    #[test]
    fn quotes_and_backslashes_are_escaped() {
        let [pgpass, options] = layouts();
        assert!(pgpass.line("a:b\\c").unwrap().ends_with(b"app:a\\:b\\\\c\n"));
        assert_eq!(options.line("a\"b\\c").unwrap().as_slice(), b"password=\"a\\\"b\\\\c\"\n");
    }
}
