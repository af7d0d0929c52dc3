use super::*;

const ACTION: &str = "rds-db:connect";
const RESOURCE: &str = "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/app";
const ROLE: &str = "arn:aws:iam::123456789012:role/app";

/// `A` allows, `D` denies.
fn check(statements: &[(char, &str, &str)]) -> Result<(), Reason> {
    let statements: Vec<Value> = statements
        .iter()
        .map(|(effect, action, resource)| {
            let effect = if *effect == 'A' { "Allow" } else { "Deny" };
            serde_json::json!({"Effect": effect, "Action": [action], "Resource": resource})
        })
        .collect();
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": statements});
    let for_all = parse(&policy.to_string()).unwrap();
    let policies = Policies { for_all, is_given: true, ..Policies::default() };
    policies.check(ROLE, ACTION, RESOURCE)
}

#[test]
fn a_resource_is_the_arn_of_the_user_or_a_pattern_of_it() {
    for resource in [
        RESOURCE,
        "*",
        "arn:*",
        "arn:aws:rds-db:*",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:*",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:*/app",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/*",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:*/*",
        "arn:aws:rds-db:*:*:dbuser:db-ABCDEFGHIJKL01234/app",
        "arn:aws:rds-db:us-east-?:123456789012:dbuser:db-ABCDEFGHIJKL0123?/a?p",
    ] {
        assert_eq!(check(&[('A', ACTION, resource)]), Ok(()), "{resource}");
    }
    for resource in [
        "",
        "arn:aws:rds:us-east-1:123456789012:db:mydb",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/App",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/app2",
        "arn:aws:rds-db:us-west-2:123456789012:dbuser:*/app",
        "arn:aws:rds-db:us-east-1:210987654321:dbuser:*/app",
        "arn:aws:rds-db:us-e*p",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/?",
        "arn:aws:rds-db:us-east-1?123456789012:dbuser:*",
    ] {
        assert_eq!(
            check(&[('A', ACTION, resource)]),
            Err(Reason::NotAllowed { permission: ACTION }),
            "{resource}"
        );
    }
}

#[test]
fn an_action_is_taken_in_any_case() {
    for action in ["rds-db:connect", "RDS-DB:Connect", "rds-db:*", "*", "rds-db:con????"] {
        assert_eq!(check(&[('A', action, RESOURCE)]), Ok(()), "{action}");
    }
    for action in ["rds:connect", "rds-db:", "connect", "rds-db:connects", "rds:*"] {
        assert_eq!(
            check(&[('A', action, RESOURCE)]),
            Err(Reason::NotAllowed { permission: ACTION }),
            "{action}"
        );
    }
}

#[test]
fn a_denial_wins_wherever_it_stands() {
    let (allow, deny) = (('A', ACTION, "*"), ('D', ACTION, RESOURCE));
    assert_eq!(check(&[allow, deny]), Err(Reason::Denied { permission: ACTION }));
    assert_eq!(check(&[deny, allow]), Err(Reason::Denied { permission: ACTION }));
    assert_eq!(check(&[allow, ('D', "rds:*", "*")]), Ok(()));
    assert_eq!(check(&[]), Err(Reason::NotAllowed { permission: ACTION }));
}

#[test]
fn what_is_not_named_is_the_rest() {
    let check = |statement: &str| {
        let for_all = parse(&format!("{{\"Statement\": {statement}}}")).unwrap();
        Policies { for_all, is_given: true, ..Policies::default() }.check(ROLE, ACTION, RESOURCE)
    };
    let rest = r#"{"Effect": "Allow", "NotAction": "rds:*", "NotResource": ["arn:aws:s3:::x"]}"#;
    assert_eq!(check(rest), Ok(()));
    let other = r#"{"Effect": "Allow", "NotAction": "rds-db:*", "Resource": "*"}"#;
    assert_eq!(check(other), Err(Reason::NotAllowed { permission: ACTION }));
}

#[test]
fn a_policy_is_for_everybody_or_for_one_role() {
    let folder = std::env::temp_dir().join(format!("rdsiam-policy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, effect: &str| {
        let file = folder.join(name);
        let text =
            format!(r#"{{"Statement": {{"Effect": "{effect}", "Action": "*", "Resource": "*"}}}}"#);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let (allow, deny) = (write("allow.json", "Allow"), write("deny.json", "Deny"));
    let load = |options: &[String]| Policies::load(options).unwrap();
    assert_eq!(load(&[]).check(ROLE, ACTION, RESOURCE), Ok(()));
    let one = load(&[format!("{ROLE}={allow}")]);
    assert_eq!(one.check(ROLE, ACTION, RESOURCE), Ok(()));
    assert_eq!(
        one.check("arn:aws:iam::1:role/b", ACTION, RESOURCE),
        Err(Reason::NotAllowed { permission: ACTION })
    );
    let both = load(&[allow.clone(), format!("{ROLE}={deny}")]);
    assert_eq!(both.check(ROLE, ACTION, RESOURCE), Err(Reason::Denied { permission: ACTION }));
    assert_eq!(both.check("arn:aws:iam::1:role/b", ACTION, RESOURCE), Ok(()));
    let missing = Policies::load(&["nowhere.json".into()]).unwrap_err().message();
    assert!(missing.starts_with("--policy nowhere.json: "), "{missing}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_not_evaluated_is_an_error() {
    for (text, why) in [
        ("", "no JSON"),
        ("{}", "no Statement"),
        (r#"{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}"#, "Effect"),
        (r#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#, "Action"),
        (r#"{"Statement": {"Effect": "Allow", "Action": "*"}}"#, "Resource"),
        (r#"{"Statement": {"Effect": "Allow", "Action": 1, "Resource": "*"}}"#, "Action"),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}}"#,
            "Condition",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": 1}}"#,
            "Principal",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "x/${aws:username}"}}"#,
            "variable",
        ),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}
