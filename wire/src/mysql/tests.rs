use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::capabilities::{
    COMPRESS, CONNECT_ATTRS, CONNECT_WITH_DB, DEPRECATE_EOF, MULTI_STATEMENTS, MYSQL, PLUGIN_AUTH,
    PLUGIN_AUTH_LENENC, PROTOCOL_41, SECURE_CONNECTION, SSL,
};
use super::client::{Begin, Login, Password, begin, log_in, request_tls};
use super::server::{Accepted, accept};
use super::*;
use crate::Refusal;
use crate::tls::Authority;

const TOKEN: &str = "mydb.abc123.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=app";

fn greeting(plugin: &str) -> Greeting {
    Greeting {
        version: b"8.0.36".to_vec(),
        connection_id: 7,
        scramble: new_scramble().unwrap(),
        capabilities: MYSQL
            | PROTOCOL_41
            | SECURE_CONNECTION
            | PLUGIN_AUTH
            | PLUGIN_AUTH_LENENC
            | CONNECT_WITH_DB
            | CONNECT_ATTRS
            | DEPRECATE_EOF
            | SSL,
        charset: 45,
        status: 2,
        plugin: plugin.as_bytes().to_vec(),
    }
}

/// How a client sees a server that does this with its login.
async fn meet<F: Future<Output = ()>>(
    plugin: &str,
    password: Password<'_>,
    with_tls: bool,
    server: impl FnOnce(Accepted, Greeting) -> F,
) -> Login {
    let (near, far) = duplex(1 << 17);
    let greeting = greeting(plugin);
    let authority = Authority::new("test").unwrap();
    let acceptor = authority.server(&["localhost".to_owned()]).unwrap();
    let serve = async {
        let accepted = accept(Box::new(far), &greeting, Some(&acceptor)).await.unwrap();
        assert_eq!(accepted.is_tls, with_tls);
        assert_eq!(accepted.response.user, b"app");
        server(accepted, greeting.clone()).await;
    };
    let ask = async {
        let mut near = near;
        let Begin::Greeting(seen) = begin(&mut near).await.unwrap() else { panic!("refused") };
        assert_eq!(seen, greeting);
        let capabilities = seen.capabilities.set(SSL, with_tls);
        let response = Response::new(capabilities, "app", Some("app"));
        if with_tls {
            request_tls(&mut near, &response).await.unwrap();
            let roots =
                rustls::pki_types::pem::PemObject::pem_slice_iter(authority.pem().as_bytes())
                    .map(Result::unwrap)
                    .collect::<Vec<_>>();
            let config = crate::tls::client(roots).unwrap();
            let mut tls = crate::tls::connect(&config, "localhost", near).await.unwrap();
            return log_in(&mut tls, &seen, &response, password, true).await.unwrap();
        }
        log_in(&mut near, &seen, &response, password, false).await.unwrap()
    };
    tokio::join!(serve, ask).1
}

async fn take_token(mut client: Accepted, _: Greeting) {
    let password = client.ask_clear().await.unwrap().unwrap();
    assert_eq!(*password, TOKEN.as_bytes());
    client.send(&ok(2)).await.unwrap();
}

#[tokio::test]
async fn a_token_is_sent_over_tls_to_a_server_that_asks_for_it_in_clear() {
    for plugin in [NATIVE, CACHING_SHA2, CLEAR, "strange"] {
        let login = meet(plugin, Password::Token(TOKEN), true, take_token).await;
        assert!(matches!(login, Login::In(body) if body == ok(2)));
    }
}

#[tokio::test]
async fn a_token_is_not_sent_without_tls() {
    let login = meet(NATIVE, Password::Token(TOKEN), false, |mut client, _| async move {
        assert!(client.ask_clear().await.is_err());
    })
    .await;
    assert!(
        matches!(login, Login::OtherMethod(name) if name == "mysql_clear_password without TLS")
    );
}

#[tokio::test]
async fn a_token_is_not_an_answer_to_a_scramble() {
    let login =
        meet(CACHING_SHA2, Password::Token(TOKEN), true, |mut client, greeting| async move {
            assert!(client.response.auth.is_empty());
            assert!(client.ask_scrambled(&greeting, TOKEN).await.is_err());
        })
        .await;
    assert!(matches!(login, Login::OtherMethod(name) if name == NATIVE));
}

#[tokio::test]
async fn a_password_is_checked_without_being_shown() {
    for plugin in [NATIVE, CACHING_SHA2, CLEAR, "strange"] {
        for (given, wanted) in [("secret", "secret"), ("secret", "other"), ("", ""), ("", "x")] {
            let login =
                meet(plugin, Password::Any(given), false, |mut client, greeting| async move {
                    assert!(!client.response.auth.windows(6).any(|part| part == b"secret"));
                    if client.ask_scrambled(&greeting, wanted).await.unwrap() {
                        client.send(&ok(2)).await.unwrap();
                    } else {
                        let message = "Access denied for user 'app'@'localhost'";
                        client.refuse(&ErrorPacket { code: 1045, state: "28000", message }).await;
                    }
                })
                .await;
            match login {
                Login::In(_) => assert_eq!(given, wanted, "{plugin}"),
                Login::Refused(refusal, _) => {
                    assert_ne!(given, wanted, "{plugin}");
                    let text = "Access denied for user 'app'@'localhost'".to_owned();
                    assert_eq!(refusal, Refusal { code: "1045".to_owned(), text });
                }
                Login::OtherMethod(name) => panic!("{plugin}: {name}"),
            }
        }
    }
}

#[tokio::test]
async fn caching_sha2_sends_a_whole_password_over_tls_alone() {
    let full = |mut client: Accepted, _: Greeting| async move {
        client.send(&[MORE, FULL_AUTHENTICATION]).await.unwrap();
        if client.is_tls {
            let answer = receive(&mut client.stream).await.unwrap();
            assert_eq!(*answer.body, b"secret\0");
            client.sequence = answer.sequence + 1;
            client.send(&ok(2)).await.unwrap();
        } else {
            assert!(receive(&mut client.stream).await.is_err());
        }
    };
    let login = meet(CACHING_SHA2, Password::Any("secret"), true, full).await;
    assert!(matches!(login, Login::In(_)));
    let login = meet(CACHING_SHA2, Password::Any("secret"), false, full).await;
    assert!(
        matches!(login, Login::OtherMethod(name) if name == "caching_sha2_password without TLS")
    );
}

/// By PyMySQL's functions of the same names.
#[test]
fn scrambles_are_those_of_another_implementation() {
    let scramble = [10, 47, 74, 111, 75, 73, 34, 48, 88, 76, 114, 74, 37, 13, 3, 80, 82, 2, 23, 21];
    for (plugin, wanted) in [
        (NATIVE, "6a149bdd80bda1ebf0fa2bd2cf2e9717fecc34bb"),
        (CACHING_SHA2, "f490e76f66d9d86665ce54d98c78d0acfe2fb0b08b423da807144873d30b312c"),
    ] {
        let answer = scramble::answer(plugin, "secret", &scramble).unwrap();
        let hex: String = answer.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, wanted);
        assert!(scramble::is_right(plugin, "secret", &scramble, &answer));
        assert!(!scramble::is_right(plugin, "secret", &scramble, &answer[1..]));
        assert!(!scramble::is_right(plugin, "", &scramble, &answer));
    }
}

#[test]
fn what_passes_after_the_login_is_what_both_ends_can_do() {
    let mariadb = Capabilities(0x0000_003D_81BF_F7FE);
    let server = Greeting { capabilities: mariadb.with(COMPRESS), ..greeting(NATIVE) };
    let told = server.relayed(true, CACHING_SHA2, [b'x'; SCRAMBLE]);
    assert!(!told.capabilities.has(COMPRESS) && told.capabilities.has(SSL));
    assert_eq!(Greeting::parse(&told.encode()).unwrap(), told);
    // A client of MariaDB, and one of MySQL, which has none of MariaDB's capabilities.
    let mut client = Response::new(told.capabilities, "app", None);
    client.capabilities = client.capabilities.with(MULTI_STATEMENTS);
    let relayed = client.relayed(server.capabilities, false, "root");
    assert_eq!(relayed.capabilities.0 >> 32, 0x3D);
    assert!(!relayed.capabilities.has(SSL) && relayed.user == b"root");
    let parsed = Response::parse(&relayed.encode()).unwrap();
    assert_eq!(parsed.capabilities, relayed.capabilities);
    client.capabilities = Capabilities(client.capabilities.0 & 0xFFFF_FFFF | 1);
    let relayed = client.relayed(server.capabilities, false, "root");
    assert!(relayed.capabilities.has(MYSQL) && relayed.capabilities.0 >> 32 == 0);
}

#[test]
fn a_login_is_read_as_it_was_written() {
    for length in [0, 1, 20, 250, 251, 255, 256, 3000, 65_535] {
        let mut response = Response::new(greeting(NATIVE).capabilities, "üser", Some("db"));
        response.auth = zeroize::Zeroizing::new(vec![b'x'; length]);
        response.plugin = Some(CLEAR.as_bytes().to_vec());
        response.attributes = vec![b'y'; length];
        let read = Response::parse(&response.encode()).unwrap();
        assert_eq!(read.user, response.user);
        assert_eq!(read.auth, response.auth);
        assert_eq!(read.database, response.database);
        assert_eq!(read.plugin, response.plugin);
        assert_eq!(read.attributes, response.attributes);
        assert!(!Response::is_tls_request(&response.encode()));
        response.capabilities = response.capabilities.with(SSL);
        assert!(Response::is_tls_request(&response.head()));
    }
}

/// What comes of bytes that no MySQL would send, on either side: an error, and an end.
async fn babble(says: &[u8]) {
    let (mut near, far) = duplex(1 << 20);
    near.write_all(says).await.unwrap();
    let mut rest: DuplexStream = far;
    near.shutdown().await.unwrap();
    let response = Response::new(greeting(NATIVE).capabilities, "app", None);
    let password = Password::Any("secret");
    let _ = log_in(&mut rest, &greeting(NATIVE), &response, password, true).await;
    let _ = Greeting::parse(says);
    let _ = Response::parse(says);
    let _ = Refusal::of_mysql(says);
    let (mut near, far) = duplex(1 << 20);
    near.write_all(says).await.unwrap();
    near.shutdown().await.unwrap();
    if let Ok(mut accepted) = accept(Box::new(far), &greeting(NATIVE), None).await {
        let _ = accepted.ask_clear().await;
    }
    let mut rest = Vec::new();
    let _ = near.read_to_end(&mut rest).await;
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(kinds in proptest::collection::vec(
        (proptest::sample::select(vec![0_u8, 1, 0xFE, 0xFF, 10, 3, 4]),
         proptest::collection::vec(proptest::num::u8::ANY, 0..60)), 0..6)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut says = Vec::new();
        for (at, (kind, body)) in kinds.iter().enumerate() {
            let body = [&[*kind], body.as_slice()].concat();
            says.extend(packet::encode(u8::try_from(at).unwrap(), &body).unwrap());
        }
        runtime.block_on(babble(&says));
        for (_, body) in &kinds {
            runtime.block_on(babble(body));
        }
    }
}
