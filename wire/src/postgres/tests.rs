use std::num::NonZeroU32;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use ring::{digest, hmac, pbkdf2};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::client::{Login, Password, log_in};
use super::scram::{Exchange, Verifier};
use super::server::{Request, accept, ask_clear, ask_scram, refuse};
use super::*;

const PASSWORD: &str = "correct horse battery staple";
/// Thousands of hashes, once.
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(PASSWORD).unwrap());

proptest! {
    #[test]
    fn no_first_packet_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Opening::parse(&bytes);
        // And with a right beginning.
        for code in [[0, 3, 0, 0], [4, 210, 22, 46], [4, 210, 22, 47], [4, 210, 22, 48]] {
            let _ = Opening::parse(&[&code, bytes.as_slice()].concat());
        }
    }

    #[test]
    fn parameters_pass_as_they_are(
        version in 0_u16..9,
        parameters in prop::collection::vec(("[^\0]{1,9}", "[^\0]{0,30}"), 0..9),
    ) {
        let mut body = [0, 3].to_vec();
        body.extend(version.to_be_bytes());
        for (name, value) in &parameters {
            for text in [name, value] {
                body.extend(text.bytes());
                body.push(0);
            }
        }
        body.push(0);
        let Opening::Startup(startup) = Opening::parse(&body).unwrap() else { panic!() };
        let packet = startup.encode();
        prop_assert_eq!(&packet[4..], &body);
        prop_assert_eq!(usize::try_from(u32::from_be_bytes(*packet.first_chunk().unwrap())).unwrap(), packet.len());
    }

    #[test]
    fn messages_are_the_same_in_whatever_pieces_they_come(
        messages in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..99)), 0..9),
        pieces in prop::collection::vec(1_usize..40, 1..30),
    ) {
        let sent: Vec<_> = messages.iter().map(|(kind, body)| message(*kind, body)).collect();
        let all = sent.concat();
        let mut decoder = Decoder::new(200);
        let mut got = vec![];
        let mut rest = all.as_slice();
        for piece in pieces.iter().cycle() {
            let (now, later) = rest.split_at(rest.len().min(*piece));
            decoder.push(now);
            while let Some(message) = decoder.next_message().unwrap() {
                got.push(message.as_bytes().to_vec());
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(got, sent);
        prop_assert!(decoder.into_rest().is_empty());
    }

    #[test]
    fn a_message_that_is_too_long_is_refused_before_it_has_come(length in any::<u32>()) {
        let mut decoder = Decoder::new(1000);
        decoder.push(&[b"R", length.to_be_bytes().as_slice()].concat());
        let is_right = (4..=1000).contains(&length);
        prop_assert_eq!(decoder.next_message().is_ok(), is_right);
    }

    #[test]
    fn no_answer_of_a_server_panics_a_client(
        bytes in prop::collection::vec(prop::sample::select(b"REZSKDN\0\x01\x03\x05\x0a\x08\x0cSCRAM-SHA-256".to_vec()), 0..200),
    ) {
        block_on(async {
            let (mut client, mut server) = duplex(10_000);
            server.write_all(&bytes).await.unwrap();
            drop(server.shutdown().await);
            let startup = Startup::new(&[("user", "app")]);
            let _ = log_in(&mut client, &startup, Password::Any("x")).await;
        });
    }

    #[test]
    fn no_answer_of_a_client_panics_a_server(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Exchange::new(&VERIFIER, &bytes);
        let text = [b"n,,n=,r=abc", bytes.as_slice()].concat();
        if let Ok((exchange, _)) = Exchange::new(&VERIFIER, &text) {
            assert!(!matches!(exchange.finish(&bytes), Ok(Some(_))));
        }
        block_on(async {
            let (mut client, server) = duplex(10_000);
            client.write_all(&bytes).await.unwrap();
            drop(client.shutdown().await);
            let _ = accept(Box::new(server), None).await;
        });
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// RFC 7677, section 3.
#[test]
fn scram_is_that_of_the_rfc() {
    const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";
    let mut salted = [0; 32];
    let salt = BASE64_STANDARD.decode(SALT).unwrap();
    let rounds = NonZeroU32::new(4096).unwrap();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, b"pencil", &mut salted);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let stored = digest::digest(&digest::SHA256, hmac::sign(&key, b"Client Key").as_ref());
    let server = hmac::sign(&key, b"Server Key");
    let verifier = format!(
        "SCRAM-SHA-256$4096:{SALT}${}:{}",
        BASE64_STANDARD.encode(stored),
        BASE64_STANDARD.encode(server)
    );
    let verifier = Verifier::parse(&verifier).unwrap();
    let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let (exchange, challenge) = Exchange::with_nonce(&verifier, first, nonce).unwrap();
    assert_eq!(challenge, format!("r=rOprNGfwEbeRWgbNEkqO{nonce},s={SALT},i=4096"));
    let last = format!(
        "c=biws,r=rOprNGfwEbeRWgbNEkqO{nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    );
    let proof = exchange.finish(last.as_bytes()).unwrap();
    assert_eq!(proof.as_deref(), Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    // Another proof, and a nonce that is not the one of this login.
    let (exchange, _) = Exchange::with_nonce(&verifier, first, nonce).unwrap();
    let wrong = last.replace("p=dHzb", "p=eHzb");
    assert_eq!(exchange.finish(wrong.as_bytes()).unwrap(), None);
    let (exchange, _) = Exchange::with_nonce(&verifier, first, "another").unwrap();
    assert!(exchange.finish(last.as_bytes()).is_err());
}

#[test]
fn channel_binding_and_another_identity_are_refused() {
    for first in ["p=tls-unique,,n=,r=abc", "n,a=admin,n=,r=abc", "n,,n=,r=", "n,,m=x,n=,r=abc", ""]
    {
        assert!(Exchange::new(&VERIFIER, first.as_bytes()).is_err(), "{first}");
    }
    assert!(Exchange::new(&VERIFIER, b"y,,n=,r=abc").is_ok());
}

async fn scram_server(stream: DuplexStream) -> Option<bool> {
    let accepted = accept(Box::new(stream), None).await.unwrap();
    let Request::Startup(startup) = accepted.request else { panic!() };
    assert_eq!(startup.get("user"), Some(b"app".as_slice()));
    let mut found = accepted.stream;
    let is_right = ask_scram(&mut found, &VERIFIER).await.ok();
    if is_right == Some(true) {
        let said = [message(b'R', &[0; 4]), message(b'K', b"12345678"), message(b'Z', b"I")];
        found.write_all(&said.concat()).await.unwrap();
    } else {
        refuse(&mut found, &ErrorResponse { code: "28P01", message: "no", hint: None }).await;
    }
    is_right
}

#[tokio::test]
async fn a_client_of_another_library_logs_in_by_scram_with_the_right_password_alone() {
    for (password, expected) in [(PASSWORD, true), ("wrong", false), ("", false)] {
        let (mut client, server) = duplex(10_000);
        let server = tokio::spawn(scram_server(server));
        let startup = Startup::new(&[("user", "app")]);
        let login = log_in(&mut client, &startup, Password::Any(password)).await.unwrap();
        match login {
            Login::In(session) => {
                assert!(expected);
                assert!(session.messages.starts_with(b"R\0\0\0\x08\0\0\0\0K"));
                let key = session.cancel_key.unwrap();
                assert_eq!(
                    key.encode(),
                    [&[0, 0, 0, 16, 4, 210, 22, 46], b"12345678".as_slice()].concat()
                );
            }
            Login::Refused(refusal, _) => {
                assert!(!expected);
                assert_eq!((refusal.code.as_str(), refusal.text.as_str()), ("28P01", "no"));
            }
            Login::OtherMethod(method) => panic!("{method}"),
        }
        assert_eq!(server.await.unwrap(), Some(expected));
    }
}

#[tokio::test]
async fn a_token_is_sent_only_where_it_is_asked_for_in_clear() {
    for (method, name) in [
        ([0, 0, 0, 5, 1, 2, 3, 4].as_slice(), "MD5"),
        (b"\0\0\0\x0aSCRAM-SHA-256\0\0", "SCRAM"),
        (b"\0\0\0\x0aOTHER\0\0", "SASL"),
        (&[0, 0, 0, 7], "Kerberos"),
    ] {
        let (mut client, mut server) = duplex(10_000);
        server.write_all(&message(b'R', method)).await.unwrap();
        let startup = Startup::new(&[("user", "app")]);
        let login = log_in(&mut client, &startup, Password::Token("secret-token")).await.unwrap();
        assert!(matches!(login, Login::OtherMethod(found) if found.contains(name)), "{name}");
        drop(client);
        let mut heard = vec![];
        server.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, startup.encode());
    }
}

#[tokio::test]
async fn a_password_in_clear_arrives_as_it_is() {
    let token = "x".repeat(60_000);
    let (mut client, mut server) = duplex(100_000);
    let sent = [token.as_bytes(), b"\0"].concat();
    client.write_all(&message(b'p', &sent)).await.unwrap();
    assert_eq!(*ask_clear(&mut server, 65_536).await.unwrap(), token.as_bytes());
    // Too long, another message, and one without its end.
    for (bytes, longest) in [
        (message(b'p', &sent), 50_000),
        (message(b'Q', &sent), 65_536),
        (message(b'p', token.as_bytes()), 65_536),
    ] {
        let (mut client, mut server) = duplex(100_000);
        client.write_all(&bytes).await.unwrap();
        assert!(ask_clear(&mut server, longest).await.is_err());
    }
}

#[tokio::test]
async fn encryption_that_is_not_there_is_declined_once_each() {
    let tls = [0, 0, 0, 8, 4, 210, 22, 47];
    let kerberos = [0, 0, 0, 8, 4, 210, 22, 48];
    let startup = Startup::new(&[("user", "app")]);
    let (mut client, server) = duplex(1000);
    client.write_all(&[&kerberos, &tls, startup.encode().as_slice()].concat()).await.unwrap();
    let accepted = accept(Box::new(server), None).await.unwrap();
    assert_eq!(accepted.request, Request::Startup(startup));
    assert!(!accepted.is_tls);
    let mut answers = [0; 2];
    client.read_exact(&mut answers).await.unwrap();
    assert_eq!(&answers, b"NN");
    let (mut client, server) = duplex(1000);
    client.write_all(&tls.repeat(9)).await.unwrap();
    assert!(accept(Box::new(server), None).await.is_err());
}

#[tokio::test]
async fn a_server_that_goes_on_for_ever_is_left() {
    let (mut client, mut server) = duplex(10_000);
    let babbling = tokio::spawn(async move {
        while server.write_all(&message(b'N', &[b'x'; 1000])).await.is_ok() {}
    });
    let startup = Startup::new(&[("user", "app")]);
    assert!(log_in(&mut client, &startup, Password::None).await.is_err());
    drop(client);
    babbling.await.unwrap();
}

#[test]
fn an_error_has_its_code_its_text_and_no_nul() {
    let error = ErrorResponse { code: "28000", message: "no\0 way", hint: Some("try") }.encode();
    let refusal = crate::Refusal::of_postgres(&error[5..]);
    assert_eq!((refusal.code.as_str(), refusal.text.as_str()), ("28000", "no way"));
}

/// How a login goes at a server that asks for so many rounds, with the nonce of this client.
async fn rounds(count: u32) -> std::io::Result<Login> {
    let (mut client, mut server) = duplex(10_000);
    let startup = Startup::new(&[("user", "app")]);
    let length = startup.encode().len();
    tokio::spawn(async move {
        let mut opening = vec![0; length];
        server.read_exact(&mut opening).await.unwrap();
        server.write_all(&message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0")).await.unwrap();
        let said = receive(&mut server, &mut Decoder::new(1000)).await.unwrap();
        let text = String::from_utf8_lossy(said.body()).into_owned();
        let (_, nonce) = text.split_once("r=").unwrap();
        let challenge = format!("\0\0\0\x0br={nonce}more,s=QSXCR+Q6sek8bf92,i={count}");
        server.write_all(&message(b'R', challenge.as_bytes())).await.unwrap();
        let _ = receive(&mut server, &mut Decoder::new(1000)).await;
    });
    log_in(&mut client, &startup, Password::Any(PASSWORD)).await
}

#[tokio::test]
async fn a_server_that_asks_for_hours_of_hashes_is_left() {
    let failed = rounds(u32::MAX).await.err().unwrap().to_string();
    assert!(failed.contains("too many rounds"), "{failed}");
    // One that is bearable gets its answer.
    let failed = rounds(4096).await.err().unwrap();
    assert_eq!(failed.kind(), std::io::ErrorKind::UnexpectedEof);
}
