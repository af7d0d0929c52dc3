use tokio::io::BufReader;

use super::*;

/// All commands, with the words that follow, and how it ends.
async fn commands(bytes: &[u8], at_once: usize) -> (Vec<Vec<u8>>, Option<io::ErrorKind>) {
    let (mut one, other) = tokio::io::duplex(at_once);
    let bytes = bytes.to_vec();
    let writer = tokio::spawn(async move {
        let _ = one.write_all(&bytes).await;
    });
    let mut from = BufReader::with_capacity(at_once.min(7), other);
    let mut found = Vec::new();
    let ended = loop {
        match read(&mut from).await {
            Ok(None) => break None,
            Ok(Some(Command::Login(words))) => found.push(encode(&words)),
            Ok(Some(Command::Other { head: mut whole, words_left, .. })) => {
                match copy_words(&mut from, words_left, &mut whole).await {
                    Ok(()) => found.push(whole),
                    Err(error) => break Some(error.kind()),
                }
            }
            Err(error) => break Some(error.kind()),
        }
    };
    drop(from);
    writer.await.unwrap();
    (found, ended)
}

#[tokio::test]
async fn commands_come_in_parts_and_several_at_once() {
    let all = [
        encode(&["PING"]),
        encode(&["AUTH", "app", "token"]),
        encode(&["SET", "a\r\nb", &"x".repeat(10_000)]),
        encode(&["hello", "3", "AUTH", "app", ""]),
        encode(&["GET", ""]),
    ];
    for at_once in [1, 2, 3, 5, 64, 100_000] {
        let (found, ended) = commands(&all.concat(), at_once).await;
        assert_eq!((found.as_slice(), ended), (all.as_slice(), None), "{at_once}");
    }
}

#[tokio::test]
async fn a_command_is_a_login_or_has_words_to_follow() {
    let mut bytes = &encode(&["AuTh", "app", "token"])[..];
    let words = ["AuTh", "app", "token"].map(|word| word.as_bytes().to_vec()).to_vec();
    assert_eq!(read(&mut bytes).await.unwrap(), Some(Command::Login(words)));
    let words = ["auth", "app"].map(|word| word.as_bytes().to_vec()).to_vec();
    assert_eq!(read(&mut &b"'auth' app\n"[..]).await.unwrap(), Some(Command::Login(words)));
    let mut bytes = &encode(&["SET", "a", "b"])[..];
    let other = Command::Other {
        name: b"SET".to_vec(),
        head: b"*3\r\n$3\r\nSET\r\n".to_vec(),
        words_left: 2,
    };
    assert_eq!(read(&mut bytes).await.unwrap(), Some(other));
    assert_eq!(bytes, b"$1\r\na\r\n$1\r\nb\r\n");
}

#[tokio::test]
async fn what_the_server_passes_over_is_no_command() {
    let (found, ended) = commands(b"*0\r\n*-1\r\n\r\n\n   \r\n*1\r\n$4\r\nPING\r\n", 100).await;
    assert_eq!((found, ended), (vec![encode(&["PING"])], None));
}

#[tokio::test]
async fn lengths_are_bounded_and_written_in_one_way() {
    for text in [
        "*2147483648\r\n$4\r\nPING\r\n",
        "*99999999999999999999\r\n",
        "*+1\r\n$4\r\nPING\r\n",
        "*01\r\n$4\r\nPING\r\n",
        "*\r\n",
        "*1\n$4\r\nPING\r\n",
        "*1 \r\n$4\r\nPING\r\n",
        "*1\r\n:4\r\n",
        "*1\r\nPING\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\n$65537\r\n",
        "*2\r\n$3\r\nGET\r\n$-1\r\n",
        "*2\r\n$3\r\nGET\r\n$536870913\r\n",
        "*2\r\n$3\r\nGET\r\n$9223372036854775808\r\n",
        "*2\r\n$4\r\nAUTH\r\n$65538\r\n",
        "*17\r\n$4\r\nAUTH\r\n$1\r\nx\r\n",
    ] {
        let (found, ended) = commands(text.as_bytes(), 100).await;
        assert_eq!((found, ended), (vec![], Some(io::ErrorKind::InvalidData)), "{text:?}");
    }
    let (_, ended) = commands(&vec![b'x'; 70_000], 1000).await;
    assert_eq!(ended, Some(io::ErrorKind::InvalidData));
    for text in ["*1\r\n$4\r\nPIN", "*2\r\n$3\r\nGET\r\n", "*2\r\n$3\r\nGET\r\n$5\r\nab", "PING"] {
        let (_, ended) = commands(text.as_bytes(), 100).await;
        assert_eq!(ended, Some(io::ErrorKind::UnexpectedEof), "{text:?}");
    }
}

#[tokio::test]
async fn a_line_is_a_command_with_words_in_quotes() {
    for (text, words) in [
        ("PING\r\n", vec!["PING"]),
        ("  AUTH  app\ttoken \n", vec!["AUTH", "app", "token"]),
        ("\"AUTH\" app 'to ken'\r\n", vec!["AUTH", "app", "to ken"]),
        (r#""\x41UT\x48" "a\"\\\n\tb" 'it\'s \n' """#, vec!["AUTH", "a\"\\\n\tb", "it's \\n", ""]),
    ] {
        let (found, ended) = commands(format!("{text}\n").as_bytes(), 3).await;
        assert_eq!((found, ended), (vec![encode(&words)], None), "{text}");
    }
    for text in ["\"AUTH\n", "'x\n", "\"AUTH\"x y\n", "AU\"T\"H x\n", "\"x\\\n"] {
        let (found, ended) = commands(text.as_bytes(), 3).await;
        assert_eq!((found, ended), (vec![], Some(io::ErrorKind::InvalidData)), "{text}");
    }
}
