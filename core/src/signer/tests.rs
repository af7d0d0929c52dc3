//! The signer against known answers, and against aws-sigv4's own signer of whole requests.

#![allow(clippy::string_slice, reason = "the vectors are ASCII")]

use serde_json::Value;

use super::*;

#[path = "../../tests/common/aws_sigv4.rs"]
mod aws_sigv4;
use aws_sigv4::{Login, sorted};

fn load(name: &str) -> Value {
    let path = format!("{}/../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is no text in {value}"))
}

fn credentials_of(vector: &Value, names: [&str; 2]) -> Credentials {
    let [id, secret] = names.map(|name| text(vector, name));
    Credentials::new(id, secret, vector["session_token"].as_str()).unwrap()
}

#[test]
fn every_stage_of_every_vector() {
    let file = load("tokens.json");
    let mut run = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let id = text(vector, "id");
        let style = match text(vector, "style") {
            "botocore" => Style::Botocore,
            "js" => Style::Js,
            other => panic!("{id}: style {other}"),
        };
        let port = u16::try_from(vector["port"].as_u64().unwrap()).unwrap();
        let endpoint = Endpoint::new(text(vector, "host"), port).unwrap();
        let request = Request {
            endpoint: &endpoint,
            user: text(vector, "user"),
            region: text(vector, "region"),
            expires: u32::try_from(vector["expires"].as_u64().unwrap()).unwrap(),
        };
        let credentials = credentials_of(vector, ["access_key_id", "secret_access_key"]);
        let layout = Layout::new(&request, &credentials, style);
        let unix_time = vector["unix_time"].as_i64().unwrap();
        let stamp = Stamp::new(unix_time).unwrap();

        assert_eq!(layout.canonical_request(&stamp), text(vector, "canonical_request"), "{id}");
        let day = layout.day(unix_time, &stamp);
        assert_eq!(layout.string_to_sign(&stamp, &day), text(vector, "string_to_sign"), "{id}");
        assert_eq!(layout.sign(unix_time).unwrap().as_str(), text(vector, "token"), "{id}");
        run += 1;
    }
    assert_eq!(Some(run), file["count"].as_u64());
    assert!(run >= 60);
}

/// DSQL and ElastiCache have no API here, but their recipe is the same and so is the code.
#[test]
fn published_vectors_of_every_service() {
    let file = load("published.json");
    let mut run = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let parameters = vector["params"].as_object().unwrap();
        let presign = Presign {
            service: text(vector, "service"),
            address: text(vector, "signed_host").to_owned(),
            signed_host: text(vector, "signed_host").to_owned(),
            parameters: parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                .collect(),
            region: text(vector, "region"),
            expires: u32::try_from(vector["expires"].as_u64().unwrap()).unwrap(),
        };
        let credentials = credentials_of(vector, ["access_key", "secret_key"]);
        let layout = Layout::of(presign, &credentials, Style::Botocore);
        let token = layout.sign(unix_time(text(vector, "amz_date"))).unwrap();
        let (_, signature) = token.as_str().rsplit_once('=').unwrap();
        assert_eq!(signature, text(vector, "signature"), "{}", text(vector, "id"));
        if let Some(expected) = vector["expected_token"].as_str() {
            let sorted = |token: &str| {
                let mut parts: Vec<_> = token.split(['?', '&']).map(str::to_owned).collect();
                parts.sort();
                parts
            };
            assert_eq!(sorted(token.as_str()), sorted(expected), "{}", text(vector, "id"));
        }
        run += 1;
    }
    assert_eq!(run, 16);
}

fn unix_time(stamp: &str) -> i64 {
    let number = |from: usize, to: usize| stamp[from..to].parse::<u8>().unwrap();
    let month = time::Month::try_from(number(4, 6)).unwrap();
    let date = time::Date::from_calendar_date(stamp[..4].parse().unwrap(), month, number(6, 8));
    let at = date.unwrap().with_hms(number(9, 11), number(11, 13), number(13, 15)).unwrap();
    at.assume_utc().unix_timestamp()
}

/// The same inputs for aws-sigv4.
fn login<'a>(request: &'a Request<'_>, credentials: &'a Credentials, unix_time: i64) -> Login<'a> {
    Login {
        host: request.endpoint.host(),
        port: request.endpoint.port(),
        user: request.user,
        region: request.region,
        access_key_id: credentials.access_key_id(),
        secret_access_key: credentials.secret_access_key(),
        session_token: credentials.session_token(),
        unix_time,
        expires: request.expires,
    }
}

#[test]
fn ten_thousand_random_inputs_agree_with_aws_sigv4() {
    let seed = std::env::var("RDSIAM_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("RDSIAM_SEED is a number"));
    println!("RDSIAM_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..10_000 {
        let host = random_word(&mut random, 40, "abcdefghijklmnopqrstuvwxyz0123456789-");
        let endpoint = Endpoint::new(&format!("h{host}.example.com"), random.u16(1..)).unwrap();
        let user = random_user(&mut random);
        let region = format!("xx-test-{}", random.u8(1..10));
        let session = random_word(&mut random, 1200, "ABCabc019+/=");
        let session = random.bool().then_some(session.as_str());
        let credentials = Credentials::new("AKIDEXAMPLE", &random_user(&mut random), session);
        let credentials = credentials.unwrap();
        let request = Request {
            endpoint: &endpoint,
            user: &user,
            region: &region,
            expires: random.u32(1..=900),
        };
        let unix_time = random.i64(0..4_000_000_000);
        let ours = Layout::new(&request, &credentials, Style::Botocore).sign(unix_time).unwrap();
        let theirs = login(&request, &credentials, unix_time).token();
        // Its http crate drops no port but 443.
        assert_eq!(sorted(ours.as_str()), sorted(&theirs), "{request:?}");
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} user {:?} region {} for {}",
            self.endpoint, self.user, self.region, self.expires
        )
    }
}

fn random_word(random: &mut fastrand::Rng, longest: usize, alphabet: &str) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    (0..random.usize(1..=longest)).filter_map(|_| random.choice(&alphabet)).collect()
}

fn random_user(random: &mut fastrand::Rng) -> String {
    (0..random.usize(1..24))
        .map(
            |_| {
                if random.bool() { random.char('\u{1}'..='\u{7f}') } else { random.char('\u{1}'..) }
            },
        )
        .collect()
}

fn layout_for(credentials: &Credentials) -> Layout {
    let endpoint = Endpoint::new("db.example.com", 5432).unwrap();
    let request = Request { endpoint: &endpoint, user: "u", region: "us-east-1", expires: 900 };
    Layout::new(&request, credentials, Style::Botocore)
}

#[test]
fn a_kept_layout_signs_as_a_new_one_on_every_side_of_midnight() {
    let credentials = Credentials::new("AKID", "SECRET", Some("T/+=")).unwrap();
    let kept = layout_for(&credentials);
    for unix_time in [86_399, 86_400, 86_399, 172_800, 0, 1_717_243_200, 1_717_243_201] {
        let fresh = layout_for(&credentials);
        assert_eq!(kept.sign(unix_time).unwrap().as_str(), fresh.sign(unix_time).unwrap().as_str());
    }
}

#[test]
fn a_token_ends_with_its_credentials_and_ended_ones_never_sign() {
    let until = |end| Credentials::with_expiry("AKID", "SECRET", None, Some(end)).unwrap();
    for (end, expires_at) in [(5000, 1900), (1900, 1900), (1899, 1899), (1001, 1001)] {
        assert_eq!(layout_for(&until(end)).sign(1000).unwrap().expires_at(), expires_at);
    }
    for end in [1000, 999, 0] {
        let error = layout_for(&until(end)).sign(1000).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::CredentialsExpired);
        assert!(error.message().contains("1970-01-01T00:"), "{error}");
    }
}

#[test]
fn a_layout_serves_only_its_keys_and_its_region() {
    let credentials = Credentials::new("AKID", "SECRET", Some("T")).unwrap();
    let layout = layout_for(&credentials);
    let later = Credentials::with_expiry("AKID", "SECRET", Some("T"), Some(9)).unwrap();
    assert!(layout.serves(&credentials, "us-east-1") && layout.serves(&later, "us-east-1"));
    assert!(!layout.serves(&credentials, "us-east-2"));
    for other in [("AKIE", "SECRET", Some("T")), ("AKID", "S", Some("T")), ("AKID", "SECRET", None)]
    {
        let other = Credentials::new(other.0, other.1, other.2).unwrap();
        assert!(!layout.serves(&other, "us-east-1"));
    }
}

#[test]
fn the_buffer_of_a_token_is_made_once() {
    let credentials = Credentials::new("AKID", "SECRET", Some("a/+=")).unwrap();
    let token = layout_for(&credentials).sign(0).unwrap();
    assert!(token.as_str().contains("X-Amz-Security-Token=a%2F%2B%3D"));
    assert_eq!(session_parameter(Some("a/+=")).len(), session_parameter(Some("a/+=")).capacity());
    assert_eq!(joined(&["ab", "c"]).capacity(), 3);
    assert!(session_parameter(Some("")).is_empty() && session_parameter(None).is_empty());
}
