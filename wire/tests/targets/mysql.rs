//! Any bytes as a client of MySQL, and as a server: nothing panics, nobody is let in without the password,
//! and a token goes to nobody without TLS, or who does not ask for a password in clear.

use rdsiam_wire::mysql::capabilities::{CONNECT_ATTRS, PROTOCOL_41};
use rdsiam_wire::mysql::client::{Begin, Login, Password, begin, log_in};
use rdsiam_wire::mysql::server::accept;
use rdsiam_wire::mysql::{
    CLEAR, Capabilities, Greeting, LONGEST_PACKET, NATIVE, Response, ask, new_scramble,
};

use super::peer::{Peer, TLS, contains, finish};

const TOKEN: &str = "mydb.abc123.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=app";
const ALL: Capabilities = Capabilities(u64::MAX);

pub(crate) fn run(data: &[u8]) {
    let Some((&[role, piece], input)) = data.split_first_chunk() else { return };
    match role % 5 {
        0 => as_server(input, piece, true),
        1 => as_server(input, piece, false),
        2 => as_client(input, piece, true),
        3 => as_client(input, piece, false),
        _ => {
            let _ = finish(ask(&mut Peer::new(input, piece), "SELECT 1"));
        }
    }
}

fn as_server(input: &[u8], piece: u8, by_scramble: bool) {
    let greeting = Greeting {
        version: b"8.0.36".to_vec(),
        connection_id: 7,
        scramble: new_scramble().unwrap(),
        capabilities: ALL,
        charset: 45,
        status: 2,
        plugin: NATIVE.as_bytes().to_vec(),
    };
    let accepting = accept(Box::new(Peer::new(input, piece)), &greeting, Some(&TLS));
    let Ok(mut accepted) = finish(accepting) else { return };
    check_relayed(&accepted.response);
    if by_scramble {
        let is_right = finish(accepted.ask_scrambled(&greeting, "a password"));
        assert!(!matches!(is_right, Ok(true)), "let in without the password");
    } else if let Ok(Some(password)) = finish(accepted.ask_clear()) {
        assert!(contains(input, &password), "a password that nobody sent");
    }
}

/// What a client asked for is what the server behind is asked for.
fn check_relayed(given: &Response) {
    let relayed = given.relayed(ALL, true, "app");
    let Ok(read) = Response::parse(&relayed.encode()) else {
        panic!("a login that no server reads");
    };
    assert!(read.capabilities.has(PROTOCOL_41));
    assert_eq!(read.capabilities, relayed.capabilities);
    assert_eq!(read.user, b"app");
    assert!(read.auth.is_empty());
    assert_eq!(read.database, given.database);
    if read.capabilities.has(CONNECT_ATTRS) {
        assert_eq!(read.attributes, given.attributes);
    }
}

fn as_client(input: &[u8], piece: u8, is_tls: bool) {
    let mut peer = Peer::new(input, piece);
    let told = peer.told();
    let Ok(Begin::Greeting(greeting)) = finish(begin(&mut peer)) else { return };
    assert_eq!(Greeting::parse(&greeting.encode()).unwrap(), greeting);
    let response = Response::new(greeting.capabilities, "app", Some("app"));
    let password = Password::Token(TOKEN);
    let login = finish(log_in(&mut peer, &greeting, &response, password, is_tls));
    if let Ok(Login::In(ok)) = login {
        assert!(ok.len() <= LONGEST_PACKET);
    }
    let is_asked = is_tls && contains(input, CLEAR.as_bytes());
    assert!(is_asked || !told.has(TOKEN.as_bytes()), "the token was sent unasked");
}
