use serde_json::Value;
use zeroize::Zeroizing;

use super::*;
use crate::local::keys::Principal;

struct Vector {
    token: String,
    host: String,
    port: u16,
    user: String,
    region: String,
    key: Key,
    at: i64,
    expires: i64,
}

/// Tokens that the AWS SDKs made, or whose signatures other projects publish.
fn vectors() -> Vec<Vector> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/tokens.json");
    let known: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let vectors: Vec<Vector> =
        known["vectors"].as_array().unwrap().iter().map(Vector::new).collect();
    assert_eq!(known["count"], vectors.len());
    vectors
}

impl Vector {
    fn new(known: &Value) -> Self {
        let text = |name: &str| known[name].as_str().unwrap().to_owned();
        let token = text("token");
        // As written there: the host is in lower case, and IPv6 has its brackets.
        let (host, _) = token.split_once('/').unwrap().0.rsplit_once(':').unwrap();
        let session_token = known["session_token"].as_str();
        Self {
            host: host.to_owned(),
            port: known["port"].as_u64().unwrap().try_into().unwrap(),
            user: text("user"),
            region: text("region"),
            at: known["unix_time"].as_i64().unwrap(),
            expires: known["expires"].as_i64().unwrap(),
            key: Key {
                id: text("access_key_id"),
                secret: Zeroizing::new(text("secret_access_key")),
                session_token: session_token
                    .filter(|text| !text.is_empty())
                    .map(|text| Zeroizing::new(text.to_owned())),
                expires_at: None,
                principal: Principal { arn: String::new(), owner: String::new() },
            },
            token,
        }
    }

    fn login(&self) -> Login<'_> {
        Login {
            service: Service::Rds,
            host: &self.host,
            port: self.port,
            region: &self.region,
            user: &self.user,
        }
    }

    fn judge(&self, token: &str, login: Login<'_>, now: i64) -> Result<Arc<Key>, Reason> {
        let keys = KeyRing::default();
        keys.insert(self.key.clone());
        verify(token, login, &keys, now)
    }

    fn refused(&self, token: &str) -> Reason {
        self.judge(token, self.login(), self.at).unwrap_err()
    }
}

#[test]
fn tokens_of_the_aws_sdks_are_accepted() {
    for vector in vectors() {
        let done = vector.judge(&vector.token, vector.login(), vector.at);
        assert!(done.is_ok(), "{}: {done:?}", vector.token);
    }
}

#[test]
fn a_token_lives_from_five_minutes_before_its_date_until_its_expiry() {
    for vector in vectors() {
        let at = |now| vector.judge(&vector.token, vector.login(), now).err();
        assert_eq!(at(vector.at - 301), Some(Reason::FromTheFuture { ahead: 301 }));
        assert_eq!(at(vector.at - 300), None);
        assert_eq!(at(vector.at + vector.expires - 1), None);
        assert_eq!(at(vector.at + vector.expires), Some(Reason::Expired { ago: 0 }));
    }
}

#[test]
fn another_login_is_refused() {
    for vector in vectors() {
        let right = vector.login();
        for (login, reason) in [
            (Login { host: "other", ..right }, Reason::WrongHost),
            (Login { port: right.port ^ 1, ..right }, Reason::WrongPort),
            (Login { user: "other", ..right }, Reason::WrongUser),
            (Login { region: "xx-east-1", ..right }, Reason::WrongRegion),
        ] {
            assert_eq!(vector.judge(&vector.token, login, vector.at).err(), Some(reason));
        }
    }
}

#[test]
fn another_key_is_refused() {
    for vector in vectors() {
        let judge = |key: Key| {
            let keys = KeyRing::default();
            keys.insert(key);
            verify(&vector.token, vector.login(), &keys, vector.at).err()
        };
        let mut key = vector.key.clone();
        key.id.push('X');
        assert_eq!(judge(key), Some(Reason::UnknownKey));
        let mut key = vector.key.clone();
        key.secret.push('X');
        assert_eq!(judge(key), Some(Reason::BadSignature));
        let mut key = vector.key.clone();
        let reason = match key.session_token.take() {
            Some(_) => Reason::WrongSessionToken,
            None => {
                key.session_token = Some(Zeroizing::new("X".into()));
                Reason::MissingSessionToken
            }
        };
        assert_eq!(judge(key), Some(reason));
        let mut key = vector.key.clone();
        key.expires_at = Some(vector.at + 1);
        assert_eq!(judge(key), None);
        let mut key = vector.key.clone();
        key.expires_at = Some(vector.at);
        assert_eq!(judge(key), Some(Reason::CredentialsExpired));
    }
}

#[test]
fn every_character_counts() {
    let vector = vectors().into_iter().find(|vector| vector.key.session_token.is_some()).unwrap();
    let token = &vector.token;
    let without_slash = token.replacen('/', "", 1);
    for (at, old) in token.char_indices() {
        for new in ["0", "a", "A", "%", "&", "?", "/", " ", "\0", "é", ""] {
            if new != old.to_string() {
                let changed =
                    [token.get(..at).unwrap(), new, token.get(at + 1..).unwrap()].concat();
                if changed != without_slash {
                    vector.refused(&changed);
                }
            }
        }
        vector.refused(token.get(..at).unwrap());
    }
    vector.refused(&format!("{token}&"));
    vector.refused(&format!("{token}\n"));
    vector.refused(&format!("https://{token}"));
    vector.refused(&"x".repeat(LONGEST_TOKEN + 1));
}

#[test]
fn a_token_of_the_sdk_for_go_has_no_slash() {
    for vector in vectors() {
        let token = vector.token.replacen("/?", "?", 1);
        assert_ne!(token, vector.token);
        assert!(vector.judge(&token, vector.login(), vector.at).is_ok());
        let token = vector.token.replacen("/?", "//?", 1);
        assert_eq!(vector.refused(&token), Reason::WrongPath);
    }
}

#[test]
fn a_signature_in_capitals_is_another_one() {
    let vector = vectors().remove(0);
    let (start, signature) = vector.token.split_at(vector.token.find("Signature=").unwrap() + 10);
    assert_eq!(signature.len(), 64);
    let capitals = format!("{start}{}", signature.to_ascii_uppercase());
    assert_eq!(vector.refused(&capitals), Reason::BadSignature);
}

#[test]
fn no_reason_quotes_the_token() {
    let vector = vectors().remove(0);
    let changed = vector.token.replace("Action=connect", "Action=SECRETWORD");
    let reason = vector.refused(&changed);
    assert_eq!(reason, Reason::WrongAction { wanted: "connect" });
    assert!(!reason.to_string().contains("SECRETWORD"));
    assert_eq!(reason.aws_error(), (400, "InvalidToken"));
}

#[test]
fn a_token_of_dsql_is_for_its_host_and_action() {
    let vector = published_dsql();
    let text = |name: &str| vector[name].as_str().unwrap().to_owned();
    let (token, host, region) = (text("expected_token"), text("hostname"), text("region"));
    let expires = vector["expires"].as_i64().unwrap();
    let keys = KeyRing::default();
    keys.insert(Key {
        id: text("access_key"),
        secret: Zeroizing::new(text("secret_key")),
        session_token: None,
        expires_at: None,
        principal: Principal { arn: String::new(), owner: String::new() },
    });
    let at = parameters::unix_time(&text("amz_date")).unwrap();
    let right =
        Login { service: Service::Dsql, host: &host, port: 5432, region: &region, user: "app" };
    let judge = |login, now| verify(&token, login, &keys, now).err();
    assert_eq!(judge(right, at), None);
    // Neither is signed.
    assert_eq!(judge(Login { port: 1, user: "other", ..right }, at + expires - 1), None);
    assert_eq!(judge(right, at + expires), Some(Reason::Expired { ago: 0 }));
    let wanted = "DbConnectAdmin";
    assert_eq!(judge(Login { user: "admin", ..right }, at), Some(Reason::WrongAction { wanted }));
    assert_eq!(judge(Login { host: "other", ..right }, at), Some(Reason::WrongHost));
    assert_eq!(judge(Login { region: "eu-west-1", ..right }, at), Some(Reason::WrongRegion));
    let rds = Login { service: Service::Rds, ..right };
    assert!(matches!(judge(rds, at), Some(Reason::Malformed(_))));
    let with_user = token.replacen("&X-Amz-Algorithm", "&DBUser=app&X-Amz-Algorithm", 1);
    assert!(matches!(verify(&with_user, right, &keys, at), Err(Reason::Malformed(_))));
}

/// A published token of an SDK, without a session token.
fn published_dsql() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/published.json");
    let known: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut all = known["vectors"].as_array().unwrap().iter();
    let is_wanted = |vector: &&Value| {
        let token = vector["expected_token"].as_str().unwrap_or_default();
        token.contains(".on.aws/?Action=DbConnect&") && vector["session_token"].is_null()
    };
    all.find(is_wanted).unwrap().clone()
}
