//! Plans of profiles, without any file.

use super::*;
use crate::error::Error;
use crate::style::Dialect;

const CONFIG: &str = "
[profile keys]
aws_access_key_id = AKIDKEYS
aws_secret_access_key = SECRETKEYS
[profile first]
role_arn = arn:first
source_profile = keys
role_session_name = me
external_id = 42
duration_seconds = 900
region = eu-west-1
[profile second]
role_arn = arn:second
source_profile = first
[profile itself]
role_arn = arn:itself
source_profile = itself
aws_access_key_id = AKIDITSELF
aws_secret_access_key = SECRETITSELF
[profile place]
role_arn = arn:place
credential_source = ec2instancemetadata
[profile process]
credential_process = run me
[profile of-process]
role_arn = arn:process
source_profile = process
[profile sso]
sso_session = work
sso_account_id = 1
sso_role_name = app
[sso-session work]
sso_start_url = https://work
sso_region = eu-west-1
[profile old-sso]
sso_start_url = https://old
sso_region = eu-west-1
sso_account_id = 1
sso_role_name = app
[profile login]
login_session = arn:login
region = eu-west-1
[profile nothing]
region = eu-west-1
[profile circle]
role_arn = arn:circle
source_profile = circled
[profile circled]
role_arn = arn:circled
source_profile = circle
[profile astray]
role_arn = arn:astray
source_profile = nowhere
[profile alone]
role_arn = arn:alone
[profile twice]
role_arn = arn:twice
source_profile = keys
credential_source = Environment
[profile elsewhere]
role_arn = arn:elsewhere
credential_source = Moon
[profile of-nothing]
role_arn = arn:of-nothing
source_profile = nothing
[profile code]
role_arn = arn:code
source_profile = keys
mfa_serial = arn:mfa
[profile forever]
role_arn = arn:forever
source_profile = keys
duration_seconds = ever
[profile half]
aws_access_key_id = AKIDHALF
[profile no-session]
sso_session = play
sso_account_id = 1
sso_role_name = app
[profile no-account]
sso_start_url = https://old
sso_region = eu-west-1
sso_role_name = app
[profile no-role]
web_identity_token_file = token
";

fn plan(name: &str) -> Result<Plan> {
    plan_as(name, Conventions::SDK)
}

fn plan_as(name: &str, conventions: Conventions) -> Result<Plan> {
    let set = ProfileSet::of_config(CONFIG, name, conventions.files.dialect).unwrap();
    let profiles = Profiles { set, named: true, conventions };
    for source in conventions.sources {
        if let Some(plan) = profiles.plan(*source)? {
            return Ok(plan);
        }
    }
    Err(Error::provider(profiles.absent().unwrap_or_default(), false))
}

fn arns(plan: &Plan) -> Vec<&str> {
    plan.roles.iter().map(|role| role.arn.as_str()).collect()
}

#[test]
fn roles_are_assumed_from_the_source_on() {
    let plan = plan("second").unwrap();
    assert_eq!(arns(&plan), ["arn:first", "arn:second"]);
    let first = plan.roles.first().unwrap();
    assert_eq!(first.session.as_deref(), Some("me"));
    assert_eq!((first.external_id.as_deref(), first.seconds), (Some("42"), Some(900)));
    assert_eq!(first.region.as_deref(), Some("eu-west-1"));
    let Base::Keys(keys) = plan.base else { panic!("keys") };
    assert_eq!(keys.access_key_id(), "AKIDKEYS");
}

#[test]
fn a_role_is_assumed_with_whatever_its_source_has() {
    let itself = plan("itself").unwrap();
    assert_eq!(arns(&itself), ["arn:itself"]);
    assert!(matches!(itself.base, Base::Keys(keys) if keys.access_key_id() == "AKIDITSELF"));
    assert!(matches!(plan("place").unwrap().base, Base::Place(Source::Instance)));
    let of_process = plan("of-process").unwrap();
    assert_eq!(arns(&of_process), ["arn:process"]);
    assert!(matches!(of_process.base, Base::Process(Command::Shell(line)) if line == "run me"));
}

#[test]
fn both_forms_of_sso_name_the_file_of_the_login() {
    for (name, filed_under) in [("sso", "work"), ("old-sso", "https://old")] {
        let Base::Sso(sso) = plan(name).unwrap().base else { panic!("{name}") };
        assert_eq!((sso.filed_under.as_str(), sso.region.as_str()), (filed_under, "eu-west-1"));
    }
}

#[test]
fn a_login_session_is_a_source() {
    let Base::Login(login) = plan("login").unwrap().base else { panic!() };
    assert_eq!((login.session_arn.as_str(), login.profile.as_str()), ("arn:login", "login"));
}

#[test]
fn what_is_wrong_with_a_profile_is_named() {
    for (name, words) in [
        ("nothing", "neither keys nor another source"),
        ("nowhere", "is not in the AWS config"),
        ("circle", "profile circle: its source_profile goes in a circle: circle, circled"),
        ("astray", "profile astray: its source_profile nowhere is not there"),
        ("alone", "neither source_profile nor credential_source"),
        ("twice", "keep one"),
        ("elsewhere", "Environment, EcsContainer or Ec2InstanceMetadata"),
        ("of-nothing", "profile nothing: a role is to be assumed with it"),
        ("code", "mfa_serial"),
        ("forever", "duration_seconds is not a whole number"),
        ("half", "has aws_access_key_id but not aws_secret_access_key"),
        ("no-session", "there is no section [sso-session play]"),
        ("no-account", "sso_account_id is missing"),
        ("no-role", "has web_identity_token_file but not role_arn"),
    ] {
        let error = plan(name).err().unwrap();
        assert!(error.message().contains(words), "{name}: {error}");
        assert!(!error.retryable());
    }
}

/// With boto3 no shell runs it, with the others one does.
#[test]
fn a_process_is_words_or_a_line_as_the_row_says() {
    for conventions in [Conventions::BOTOCORE, Conventions::JS, Conventions::SDK] {
        let base = plan_as("process", conventions).unwrap().base;
        match base {
            Base::Process(Command::Program(words)) => {
                assert_eq!(
                    (words, conventions),
                    (vec!["run".to_owned(), "me".to_owned()], Conventions::BOTOCORE)
                );
            }
            Base::Process(Command::Shell(line)) => {
                assert_eq!(line, "run me");
                assert_ne!(conventions, Conventions::BOTOCORE);
            }
            _ => panic!("a process"),
        }
    }
}

#[test]
fn a_login_is_planned_in_each_row() {
    for conventions in [Conventions::BOTOCORE, Conventions::JS, Conventions::SDK] {
        let Base::Login(login) = plan_as("login", conventions).unwrap().base else {
            panic!("a login")
        };
        assert_eq!((login.session_arn.as_str(), login.profile.as_str()), ("arn:login", "login"));
        assert_eq!(login.region.as_deref(), Some("eu-west-1"));
    }
}

/// The JS SDK goes on to the next source where the others refuse.
#[test]
fn what_is_incomplete_is_refused_or_skipped() {
    for name in ["half", "alone", "twice", "no-role"] {
        assert!(plan_as(name, Conventions::BOTOCORE).err().unwrap().message().contains(name));
        let skipped = plan_as(name, Conventions::JS).err().unwrap();
        assert!(skipped.message().contains("alone, which is not enough"), "{name}: {skipped}");
    }
}

/// A part of the last message: the whole is held to boto3 and the JS SDK by the tests of the bindings.
#[test]
fn settings_that_are_empty_are_named() {
    let text = "[default]\naws_access_key_id =\naws_secret_access_key = SECRET\n";
    for conventions in [Conventions::BOTOCORE, Conventions::SDK] {
        let set = ProfileSet::of_config(text, "default", conventions.files.dialect).unwrap();
        let profiles = Profiles { set, named: false, conventions };
        let told = match profiles.absent() {
            Some(told) => told,
            None => profiles.plan(Source::Keys).err().unwrap().message().to_owned(),
        };
        assert!(told.contains("empty") && told.contains("aws_access_key_id"), "{told}");
        assert!(!told.contains("SECRET ") && !told.contains("= SECRET"), "{told}");
    }
}

#[test]
fn a_line_that_python_refuses_is_named_and_not_quoted() {
    let refused = |text: &str| ProfileSet::of_config(text, "default", Dialect::Python).unwrap_err();
    for (text, line) in [
        ("[default]\nSECRET\n", 2),
        ("SECRET = 1\n[default]\n", 1),
        ("[a]\nb = SECRET\nB = 1\n", 3),
        ("[a]\n[b]\n[a]\n", 3),
        ("[a]\n\nb =\n  SECRET\n", 3),
    ] {
        let told = refused(text);
        assert!(told.contains(&format!("line: {line}")) && !told.contains("SECRET"), "{told}");
        ProfileSet::of_config(text, "default", Dialect::Tolerant).unwrap();
        ProfileSet::of_config(text, "default", Dialect::Js).unwrap();
    }
}

#[test]
fn no_text_makes_the_parsers_panic() {
    let seed =
        std::env::var("RDSIAM_SEED").map_or_else(|_| fastrand::u64(..), |s| s.parse().unwrap());
    println!("RDSIAM_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let pieces = [
        "[",
        "]",
        "default",
        "profile ",
        "\"",
        "'",
        "\\",
        "=",
        ":",
        " ",
        "\t",
        "\r",
        "\n",
        "#",
        ";",
        "a",
        "\u{feff}",
        "\u{85}",
        "é",
        "[default]\n",
        "a = b\n",
        "  c = d\n",
        "DEFAULT",
    ];
    for _ in 0..20_000 {
        let text: String =
            (0..random.usize(0..40)).map(|_| pieces[random.usize(0..pieces.len())]).collect();
        for dialect in [Dialect::Python, Dialect::Js, Dialect::Tolerant] {
            let set = ProfileSet::of_config(&text, "default", dialect);
            assert!(set.is_ok() || dialect == Dialect::Python, "{text:?}");
        }
    }
}
