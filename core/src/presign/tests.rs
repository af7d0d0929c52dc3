//! The signer against known answers, and against aws-sigv4's own signer of whole requests.

#![allow(clippy::string_slice, reason = "the vectors are ASCII")]

use proptest::char::range;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::sigv4::AmzDate;
use super::*;
use crate::clock::{Clock, ManualClock};
use crate::endpoint::Endpoint;
use crate::kind::Kind;
use crate::style::Style;
use crate::{Client, Config};

#[path = "../../tests/common/aws_sigv4.rs"]
mod aws_sigv4;
use aws_sigv4::{Login, sorted};

fn load(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
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
        let target = Target::new(text(vector, "host"), port, text(vector, "user"));
        let endpoint = Endpoint::of(&target).unwrap();
        let scope = SigningScope {
            service: Kind::Rds.service(),
            region: text(vector, "region"),
            expires: u32::try_from(vector["expires"].as_u64().unwrap()).unwrap(),
            style,
        };
        let endpoint = EndpointTemplate::new(&endpoint, text(vector, "user"), style);
        let credentials = credentials_of(vector, ["access_key_id", "secret_access_key"]);
        let unix_time = vector["unix_time"].as_i64().unwrap();
        let template = template(endpoint, &credentials, scope, unix_time);
        let stages = template.stages(&AmzDate::new(unix_time).unwrap());
        for (stage, name) in stages.iter().zip(["canonical_request", "string_to_sign"]) {
            assert_eq!(stage, text(vector, name), "{id}");
        }
        let token = template.sign(&credentials, unix_time).unwrap();
        assert_eq!(token.as_str(), text(vector, "token"), "{id}");
        run += 1;
    }
    assert_eq!(Some(run), file["count"].as_u64());
    assert!(run >= 60);
}

fn template(
    endpoint: EndpointTemplate,
    credentials: &Credentials,
    scope: SigningScope<'_>,
    now: i64,
) -> PresignTemplate {
    PresignTemplate::new(endpoint, Arc::new(SigningContext::new(credentials, scope, now).unwrap()))
}

/// The kind that a vector's service and parameters are of.
fn kind_of(vector: &Value) -> Kind {
    match (text(vector, "service"), text(&vector["params"], "Action")) {
        ("rds-db", _) => Kind::Rds,
        ("dsql", "DbConnect") => Kind::DsqlConnect,
        ("dsql", "DbConnectAdmin") => Kind::DsqlAdmin,
        ("elasticache", _) => Kind::ElastiCache,
        (service, action) => panic!("{service} {action}"),
    }
}

/// By the kind of a target, where the port is none that the vector leaves out.
#[test]
fn published_vectors_by_their_kind() {
    let file = load("published.json");
    let mut run = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let kind = kind_of(vector);
        if kind == Kind::Rds {
            continue;
        }
        let user = vector["params"]["User"].as_str().unwrap_or_default();
        let target = Target::new(text(vector, "hostname"), 0, user);
        let target = target.region(Some(text(vector, "region"))).kind(Some(kind));
        let credentials = credentials_of(vector, ["access_key", "secret_key"]);
        let unix_time = unix_time(text(vector, "amz_date"));
        let expires = u32::try_from(vector["expires"].as_u64().unwrap()).unwrap();
        let token = sign_at_unix(&credentials, &target, unix_time, expires, Conventions::BOTOCORE);
        let token = token.unwrap();
        let (_, signature) = token.as_str().rsplit_once('=').unwrap();
        assert_eq!(signature, text(vector, "signature"), "{}", text(vector, "id"));
        // In botocore's order, in which all of these were written down.
        if let Some(expected) = vector["expected_token"].as_str() {
            assert_eq!(token.as_str(), expected, "{}", text(vector, "id"));
        }
        run += 1;
    }
    assert_eq!(run, 9);
}

#[test]
fn published_vectors_of_every_service() {
    let file = load("published.json");
    let mut run = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let parameters = vector["params"].as_object().unwrap();
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let host = text(vector, "signed_host");
        let endpoint = EndpointTemplate::of(&[host], host.len(), &parameters);
        let scope = SigningScope {
            service: text(vector, "service"),
            region: text(vector, "region"),
            expires: u32::try_from(vector["expires"].as_u64().unwrap()).unwrap(),
            style: Style::Botocore,
        };
        let credentials = credentials_of(vector, ["access_key", "secret_key"]);
        let unix_time = unix_time(text(vector, "amz_date"));
        let template = template(endpoint, &credentials, scope, unix_time);
        let token = template.sign(&credentials, unix_time).unwrap();
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

#[test]
fn one_client_signs_for_each_kind_as_a_new_one_does() {
    let credentials = Credentials::new("AKID", "SECRET", Some("T")).unwrap();
    let clock = Clock::Manual(ManualClock::at(1_717_243_200));
    let config = Config::new().credentials(credentials.clone()).clock(clock);
    let client = Client::new(config).unwrap();
    for _ in 0..2 {
        for kind in Kind::ALL {
            let target = Target::new("cache-or-host", 5432, "App").region(Some("us-east-1"));
            let target = target.kind(Some(kind));
            let new =
                sign_at_unix(&credentials, &target, 1_717_243_200, 900, Conventions::SDK).unwrap();
            assert_eq!(client.sign(&target).unwrap().as_str(), new.as_str());
            assert_eq!(client.get(&target).unwrap().as_str(), new.as_str());
        }
    }
    assert_eq!(client.stats().entries, 6);
}

#[test]
fn a_life_that_only_dsql_allows_is_refused_for_the_others() {
    let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
    let config = Config::new().credentials(credentials).expires(Duration::from_secs(604_800));
    let client = Client::new(config.region("us-east-1")).unwrap();
    let dsql = Target::new("abc.dsql.us-east-1.on.aws", 5432, "app");
    let token = client.get(&dsql).unwrap();
    assert_eq!(token.expires_at(), token.signed_at() + Duration::from_secs(604_800));
    client.check(&dsql).unwrap();
    for kind in Kind::ALL.into_iter().filter(|kind| !kind.is_dsql()) {
        let target = Target::new("cache-or-host", 5432, "app").kind(Some(kind));
        let errors = [
            client.get(&target).unwrap_err(),
            client.sign(&target).unwrap_err(),
            client.handle(&target).unwrap_err(),
            client.check(&target).unwrap_err(),
        ];
        for error in errors {
            assert!(error.message().starts_with("expires is 604800; "), "{error}");
        }
    }
}

/// All of Unicode but NUL, half of it ASCII.
fn any_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![range('\u{1}', '\u{7f}'), range('\u{80}', char::MAX)];
    vec(character, 1..24).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_input_agrees_with_aws_sigv4(
        kind in select(&Kind::ALL[..]),
        host in "h[a-z0-9-]{1,40}",
        port in 1..=u16::MAX,
        user in any_text(),
        region in "xx-test-[1-9]",
        secret_access_key in any_text(),
        session in option::of("[ABCabc019+/=]{1,1200}"),
        unix_time in 0..4_000_000_000_i64,
        life in 0..u32::MAX,
    ) {
        let domain = if kind.is_cache() { "" } else { ".example.com" };
        let host = format!("{host}{domain}");
        let login = Login {
            kind: kind.name(),
            host: &host,
            port,
            user: &user,
            region: &region,
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: &secret_access_key,
            session_token: session.as_deref(),
            unix_time,
            expires: 1 + life % kind.max_expires(),
        };
        let credentials =
            Credentials::new(login.access_key_id, &secret_access_key, login.session_token).unwrap();
        let target = Target::new(&host, port, &user).region(Some(&region)).kind(Some(kind));
        let ours = sign_at_unix(
            &credentials,
            &target,
            unix_time,
            login.expires,
            Conventions::BOTOCORE,
        )
        .unwrap();
        // Its http crate drops no port but 443.
        let theirs = login.token();
        prop_assert_eq!(sorted(ours.as_str()), sorted(&theirs));
    }
}

const DB: Target<'_> =
    Target { host: "db.example.com", port: 5432, user: "u", region: Some("us-east-1"), kind: None };

fn sign(credentials: &Credentials, now: i64) -> Result<Token> {
    sign_at_unix(credentials, &DB, now, 900, Conventions::BOTOCORE)
}

#[test]
fn token_expires_with_its_credentials_and_expired_ones_never_sign() {
    let until = |end| Credentials::with_unix_expiry("AKID", "SECRET", None, Some(end)).unwrap();
    for (end, expires_at) in [(5000, 1900), (1900, 1900), (1899, 1899), (1001, 1001)] {
        assert_eq!(sign(&until(end), 1000).unwrap().unix_expires_at(), expires_at);
    }
    for end in [1000, 999, 0] {
        let error = sign(&until(end), 1000).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::CredentialsExpired);
        assert!(error.message().contains("1970-01-01T00:"), "{error}");
    }
}

#[test]
fn context_is_for_its_keys_its_region_and_its_day() {
    let credentials = Credentials::new("AKID", "SECRET", Some("T")).unwrap();
    let style = Style::Botocore;
    let scope = SigningScope { service: "rds-db", region: "us-east-1", expires: 900, style };
    let context = SigningContext::new(&credentials, scope, 86_400).unwrap();
    let later = Credentials::with_unix_expiry("AKID", "SECRET", Some("T"), Some(9)).unwrap();
    for credentials in [&credentials, &later] {
        for (now, serves) in [(86_399, false), (86_400, true), (172_799, true), (172_800, false)] {
            assert_eq!(context.is_for(credentials, "us-east-1", now), serves, "{now}");
        }
    }
    assert!(!context.is_for(&credentials, "us-east-2", 86_400));
    assert!(context.is_of("rds-db") && !context.is_of("dsql"));
    for other in [("AKIE", "SECRET", Some("T")), ("AKID", "S", Some("T")), ("AKID", "SECRET", None)]
    {
        let other = Credentials::new(other.0, other.1, other.2).unwrap();
        assert!(!context.is_for(&other, "us-east-1", 86_400));
    }
}

#[test]
fn client_signs_like_a_new_one_on_every_side_of_midnight() {
    let credentials = Credentials::new("AKID", "SECRET", Some("T/+=")).unwrap();
    let clock = ManualClock::at(0);
    let config = Config::new().credentials(credentials.clone()).clock(Clock::Manual(clock.clone()));
    let client = Client::new(config.conventions(Conventions::BOTOCORE)).unwrap();
    for now in [86_399, 86_400, 86_399, 172_800, 0, 1_717_243_200, 1_717_243_201] {
        clock.set(now);
        for region in ["us-east-1", "us-east-2", "us-east-1"] {
            let target = DB.region(Some(region));
            let fresh =
                sign_at_unix(&credentials, &target, now, 900, Conventions::BOTOCORE).unwrap();
            assert_eq!(client.sign(&target).unwrap().as_str(), fresh.as_str());
        }
    }
}
