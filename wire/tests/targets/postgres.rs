//! Any bytes as a client of PostgreSQL, and as a server: nothing panics, nobody is let in without the
//! password, and a token goes to nobody who does not ask for a password in clear.

use std::sync::LazyLock;

use rdsiam_wire::postgres::client::{Login, Password, ask, log_in, request_tls};
use rdsiam_wire::postgres::scram::Verifier;
use rdsiam_wire::postgres::server::{Request, accept, ask_clear, ask_scram};
use rdsiam_wire::postgres::{LONGEST_MESSAGE, Opening, Startup};

use super::peer::{Peer, TLS, contains, finish};

const TOKEN: &str = "mydb.abc123.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app";
const LONGEST_PASSWORD: usize = 70_000;
/// Thousands of hashes, once.
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new("a password").unwrap());

pub(crate) fn run(data: &[u8]) {
    let Some((&[role, piece], input)) = data.split_first_chunk() else { return };
    match role % 5 {
        0 => as_server(input, piece, true),
        1 => as_server(input, piece, false),
        2 => as_client(input, piece, Password::Token(TOKEN)),
        3 => as_client(input, piece, Password::Any(TOKEN)),
        _ => {
            let _ = finish(request_tls(&mut Peer::new(input, piece)));
            let _ = finish(ask(&mut Peer::new(input, piece), "SELECT 1"));
        }
    }
}

fn as_server(input: &[u8], piece: u8, by_scram: bool) {
    let Ok(mut accepted) = finish(accept(Box::new(Peer::new(input, piece)), Some(&TLS))) else {
        return;
    };
    match accepted.request {
        Request::Cancel(key) => {
            assert_eq!(Opening::parse(&key.encode()[4..]).unwrap(), Opening::Cancel(key));
        }
        Request::Startup(startup) => {
            let again = Opening::parse(&startup.encode()[4..]).unwrap();
            assert_eq!(again, Opening::Startup(startup));
            if by_scram {
                let is_right = finish(ask_scram(&mut accepted.stream, &VERIFIER));
                assert!(!matches!(is_right, Ok(true)), "let in without the password");
            } else if let Ok(password) = finish(ask_clear(&mut accepted.stream, LONGEST_PASSWORD)) {
                assert!(contains(input, &password), "a password that nobody sent");
            }
        }
    }
}

fn as_client(input: &[u8], piece: u8, password: Password<'_>) {
    let mut peer = Peer::new(input, piece);
    let told = peer.told();
    let login = finish(log_in(&mut peer, &Startup::new(&[("user", "app")]), password));
    // AuthenticationCleartextPassword, with a length of any size.
    let is_asked = input.windows(9).any(|said| said[0] == b'R' && said.ends_with(&[0, 0, 0, 3]));
    assert!(is_asked || !told.has(TOKEN.as_bytes()), "the token was sent unasked");
    if let Ok(Login::In(session)) = login {
        assert!(session.messages.len() <= input.len().min(2 * LONGEST_MESSAGE));
    }
}
