use super::*;

const SIGNED: i64 = 1_717_243_200;

fn token() -> String {
    format!(
        "db.abc.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=a%40b&X-Amz-Algorithm=\
         AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20240601%2Fus-east-1%2Frds-db%2F\
         aws4_request&X-Amz-Date=20240601T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
         &X-Amz-Security-Token=SESSIONSECRET&X-Amz-Signature={}",
        "0f".repeat(32)
    )
}

fn problems(token: &str, now: i64) -> Vec<String> {
    explain_at(token, now).problems
}

#[test]
fn a_good_token_is_told_whole_and_without_its_secrets() {
    let told = explain_at(&token(), SIGNED + 100);
    assert_eq!(told.problems, Vec::<String>::new());
    assert_eq!(told.host.as_deref(), Some("db.abc.us-east-1.rds.amazonaws.com"));
    assert_eq!((told.port, told.user.as_deref()), (Some(5432), Some("a@b")));
    assert_eq!(told.access_key_id.as_deref(), Some("AKIDEXAMPLE"));
    assert_eq!(told.region.as_deref(), Some("us-east-1"));
    assert_eq!((told.signed_at, told.expires_at), (Some(SIGNED), Some(SIGNED + 900)));
    assert_eq!((told.remaining_seconds, told.length), (Some(800), token().len()));
    let text = format!("{told} {told:?}");
    assert!(!text.contains("SESSIONSECRET") && !text.contains("0f0f"));
}

#[test]
fn the_text_for_a_person_has_each_part() {
    let text = explain_at(&token(), SIGNED + 1000).to_string();
    for line in [
        "host:        db.abc.us-east-1.rds.amazonaws.com\n",
        "access key:  AKIDEXAMPLE (temporary)\n",
        "signed at:   2024-06-01T12:00:00Z\n",
        "remaining:   -100 s\n",
        "\nproblem:     it ended at 2024-06-01T12:15:00Z, 100 s ago",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let without = token().replace("&X-Amz-Security-Token=SESSIONSECRET", "");
    let text = explain_at(&without, SIGNED).to_string();
    assert!(text.contains("access key:  AKIDEXAMPLE (long-term)\n"), "{text}");
    assert!(explain(&token()).unwrap().problems.concat().contains("it ended"));
}

#[test]
fn a_clock_that_is_five_minutes_off_is_no_fault() {
    assert_eq!(problems(&token(), SIGNED - 300), Vec::<String>::new());
    assert!(problems(&token(), SIGNED - 301).concat().contains("in the future"));
}

#[test]
fn a_value_with_a_secret_in_it_is_not_shown() {
    for name in ["X-Amz-Security-Token", "X-Amz-Signature"] {
        let slipped = format!("Credential=AKID%26{name}%3DSECRET%2F");
        let told = explain_at(&token().replacen("Credential=", &slipped, 1), SIGNED);
        assert!(told.problems.concat().contains("has other parameters in it"), "{told}");
        assert!(!told.to_string().contains("SECRET"), "{told}");
    }
}

#[test]
fn a_tunnel_is_not_told_of_other_names() {
    let host = "db.abc.us-east-1.rds.amazonaws.com";
    let told = problems(&token().replacen(host, "localhost", 1), SIGNED).concat();
    assert!(told.contains("tunnel") && !told.contains("not an RDS endpoint"), "{told}");
}

#[test]
fn a_token_tells_when_it_was_signed() {
    assert_eq!(signing_time(&token()), Some(SIGNED));
    assert_eq!(signing_time("no token"), None);
    assert_eq!(signing_time(&token().replace("X-Amz-Date", "Date")), None);
}

#[test]
fn each_fault_is_named() {
    for (from, to, word) in [
        ("/?", "?", "'/'"),
        ("db.abc", "https://db.abc", "scheme"),
        (":5432", "", "host:port"),
        ("Action=connect&", "", "Action is missing"),
        ("Action=connect&", "Action=connect&Action=connect&", "more than once"),
        ("Action=connect", "Action=DbConnect", "not connect"),
        ("rds-db", "dsql", "dsql"),
        ("20240601T12", "20240602T12", "another day"),
        ("20240601T120000Z", "20240601T12000", "not a date"),
        ("Expires=900", "Expires=901", "1 to 900"),
        ("SESSIONSECRET", "", "aws-cli#6091"),
        ("AKIDEXAMPLE", "ASIAEXAMPLE", ""),
        ("0f0f0f", "", "64 hexadecimal"),
        ("%2Fus-east-1", "%2Feu-west-1", "eu-west-1"),
        ("db.abc.us-east-1.rds.amazonaws.com", "db.example.com", "not an RDS endpoint"),
        ("db.abc.us-east-1.rds.amazonaws.com", "localhost", "tunnel"),
        ("&X-Amz-Date", "&amp;X-Amz-Date", "encoded twice"),
    ] {
        let changed = token().replacen(from, to, 1);
        assert_ne!(changed, token(), "{from}");
        let told = problems(&changed, SIGNED).join("\n");
        assert!(told.contains(word) && (word.is_empty() == told.is_empty()), "{to}: {told}");
    }
    let without = token().replace("&X-Amz-Security-Token=SESSIONSECRET", "");
    assert_eq!(problems(&without, SIGNED), Vec::<String>::new());
    let temporary = without.replace("AKIDEXAMPLE", "ASIAEXAMPLE");
    assert!(problems(&temporary, SIGNED)[0].contains("session token"));
}

fn token_of(kind: Kind) -> String {
    let (host, user) = match kind {
        kind if kind.is_cache() => ("my-cache", "app"),
        Kind::Rds => ("db.abc.us-east-1.rds.amazonaws.com", "app"),
        _ => ("abc.dsql.us-east-1.on.aws", "app"),
    };
    let target = Target::new(host, 5432, user).region(Some("us-east-1")).kind(Some(kind));
    let credentials = crate::Credentials::new("AKID", "SECRET", Some("SESSIONSECRET")).unwrap();
    let style = crate::Conventions::SDK;
    let token = crate::presign::sign_at_unix(&credentials, &target, SIGNED, 900, style);
    token.unwrap().as_str().to_owned()
}

#[test]
fn a_token_of_each_kind_is_told_without_a_problem() {
    for kind in Kind::ALL {
        let told = explain_at(&token_of(kind), SIGNED);
        assert_eq!(told.problems, Vec::<String>::new(), "{kind}");
        assert_eq!((told.kind, told.region.as_deref()), (Some(kind), Some("us-east-1")));
        assert_eq!(told.user.as_deref(), Some("app").filter(|_| kind.signs_user()));
        assert_eq!(told.port, Some(5432).filter(|_| kind == Kind::Rds));
        let text = told.to_string();
        assert_eq!(text.contains(&format!("kind:        {kind}\n")), kind != Kind::Rds);
        assert_eq!(text.contains("cache:       my-cache\n"), kind.is_cache());
        assert_eq!(text.contains("port:"), kind == Kind::Rds);
        assert_eq!(text.contains("user:"), !kind.is_dsql());
    }
}

#[test]
fn each_fault_of_the_other_kinds_is_named() {
    for (kind, from, to, word) in [
        (Kind::DsqlConnect, "DbConnect", "connect", "not DbConnect or DbConnectAdmin"),
        (Kind::DsqlConnect, "abc.dsql.us-east-1.on.aws", "db.example.com", "not a DSQL endpoint"),
        (Kind::DsqlConnect, "abc.dsql.us-east-1.on.aws", "abc.dsql.us-east-1.on.aws:5432", "port"),
        (Kind::DsqlAdmin, "%2Fus-east-1", "%2Feu-west-1", "region eu-west-1"),
        (Kind::DsqlAdmin, "Expires=900", "Expires=604801", "1 to 604800"),
        (Kind::DsqlAdmin, "Expires=900", "Expires=604800", ""),
        (Kind::ElastiCache, "Action=connect", "Action=DbConnect", "not connect"),
        (Kind::ElastiCache, "User=app&", "", "User is missing"),
        (Kind::ElastiCache, "User=app", "User=", "User is empty"),
        (Kind::ElastiCache, "User=app", "User=App", "upper-case"),
        (Kind::ElastiCache, "my-cache", "my-cache.abc.cache.amazonaws.com", "not its endpoint"),
        (Kind::MemoryDb, "Expires=900", "Expires=901", "1 to 900"),
        (Kind::ElastiCacheServerless, "User=app&", "User=app&DBUser=app&", "does not have"),
        (Kind::Rds, "db.abc.us-east-1.rds.amazonaws.com", "abc.dsql.us-east-1.on.aws", "rds-db"),
    ] {
        let changed = token_of(kind).replacen(from, to, 1);
        assert_ne!(changed, token_of(kind), "{from}");
        let told = problems(&changed, SIGNED).join("\n");
        assert!(told.contains(word) && (word.is_empty() == told.is_empty()), "{to}: {told}");
    }
}

#[test]
fn times_are_judged_by_the_clock() {
    assert!(problems(&token(), SIGNED + 900)[0].contains("ended"));
    assert!(problems(&token(), SIGNED - 301)[0].contains("future"));
    assert_eq!(problems(&token(), SIGNED - 300).len(), 0);
}

/// Found in URLs of drivers around a token, and in tokens that were encoded once too often.
#[test]
fn a_secret_in_the_wrong_place_is_not_shown_either() {
    let token = token();
    let quoted = token.replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
    let (head, tail) = token.split_once("a%40b").unwrap();
    for text in [
        format!("postgresql://app:{quoted}@db.example.com:5432/?sslmode=require"),
        format!("{head}{}", tail.replace('&', "%26").replace('=', "%3D")),
        format!("{token}:1/?{token}"),
        token.replace("Credential=", &format!("Credential={}", tail.replace('&', "%26"))),
    ] {
        let told = explain_at(&text, SIGNED);
        let told = format!("{told} {told:?}");
        assert!(!told.contains("SESSIONSECRET") && !told.contains("0f0f"), "{told}");
    }
}

#[test]
fn no_text_is_too_odd() {
    for text in ["", "/?", "?", "a:1/?", "é/?%", "a:1/?X-Amz-Date=2024é601T120000Z", "\0"] {
        assert!(!explain_at(text, SIGNED).problems.is_empty(), "{text:?}");
    }
}
