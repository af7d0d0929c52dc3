//! Searches in an environment that the caller gives, with files of their own.

use std::collections::HashMap;
use std::path::PathBuf;

use super::*;
use crate::config::Config;
use crate::credentials::Provider;
use crate::environment::Environment;
use crate::style::Conventions;

struct Home(PathBuf);

impl Home {
    fn new(name: &str, config: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rdsiam-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join(".aws")).unwrap();
        std::fs::write(path.join(".aws/config"), config).unwrap();
        Self(path)
    }

    fn search(&self, conventions: Conventions, variables: &[(&str, &str)]) -> Search {
        let home = self.0.display().to_string();
        let all = [("HOME", home.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
        let all = all.iter().chain(variables).map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let environment = Environment::given(all.collect::<HashMap<_, _>>());
        Search { profile: None, region: None, conventions, environment }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn ask(search: &Search) -> Result<Credentials> {
    let provider = Provider::Default(search.clone());
    match provider.immediate()? {
        Some(found) => Ok(found.into_owned()),
        None => credentials(search, &mut Deadline::new(std::time::Duration::from_secs(10))),
    }
}

const ALL: [Conventions; 3] = [Conventions::BOTOCORE, Conventions::JS, Conventions::SDK];

#[test]
fn two_environments_in_one_process_have_their_own_keys_profiles_and_regions() {
    let config = "[default]\nregion = eu-west-1\naws_access_key_id = AKIDFILE\n\
                  aws_secret_access_key = S\n[profile two]\nregion = eu-west-2\n\
                  aws_access_key_id = AKIDTWO\naws_secret_access_key = S\n";
    let home = Home::new("two", config);
    for conventions in ALL {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "S")];
        for (variables, key, region) in [
            (&keys[..], "AKIDENV", "eu-west-1"),
            (&[("AWS_PROFILE", "two")], "AKIDTWO", "eu-west-2"),
            (&[], "AKIDFILE", "eu-west-1"),
        ] {
            let search = home.search(conventions, variables);
            assert_eq!(ask(&search).unwrap().access_key_id(), key);
            assert_eq!(profile_region(&search).unwrap().as_deref(), Some(region));
        }
    }
}

/// The JS SDK passes the environment of the caller on, and so has the shell that runs it.
#[cfg(unix)]
#[test]
fn a_process_has_the_environment_that_was_given() {
    let script = r#"sh -c 'printf "{\"Version\": 1, \"AccessKeyId\": \"$NAME\", \"SecretAccessKey\": \"S\"}"'"#;
    let home = Home::new("process", &format!("[default]\ncredential_process = {script}\n"));
    for conventions in ALL {
        let path = std::env::var("PATH").unwrap();
        let search = home.search(conventions, &[("NAME", "AKIDGIVEN"), ("PATH", &path)]);
        let Base::Process(command) = select::select(&search).unwrap().plan.base else { panic!() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(process::credentials(&command, &search.environment));
        assert_eq!(found.unwrap().access_key_id(), "AKIDGIVEN", "{conventions:?}");
    }
}

/// The config file is a pipe: while the fetch waits for it, the environment changes.
#[cfg(unix)]
#[test]
fn a_fetch_keeps_the_environment_that_it_began_with() {
    let home = Home::new("pipe", "");
    let pipe = home.0.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let search = home.search(Conventions::SDK, &[]);
    let path = std::env::var("PATH").unwrap();
    let given = |name: &str| {
        let config = pipe.display().to_string();
        let all = [("AWS_CONFIG_FILE", config.as_str()), ("NAME", name), ("PATH", path.as_str())];
        let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
        search.environment.replace(Some(HashMap::from(all)));
    };
    given("AKIDFIRST");
    let config = Config::new().environment(search.environment.clone());
    let client = crate::Client::new(config).unwrap();
    let waiting = std::thread::spawn(move || {
        let host = "db.abc.us-east-1.rds.amazonaws.com";
        client.get(&crate::Target::new(host, 5432, "app")).unwrap()
    });
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    given("AKIDSECOND");
    let script = r#"sh -c 'printf "{\"Version\": 1, \"AccessKeyId\": \"$NAME\", \"SecretAccessKey\": \"S\"}"'"#;
    std::io::Write::write_all(
        &mut pipe,
        format!("[default]\ncredential_process = {script}\n").as_bytes(),
    )
    .unwrap();
    drop(pipe);
    let token = waiting.join().unwrap();
    assert!(token.as_str().contains("AKIDFIRST"), "the first tenant's fetch");
}

#[test]
fn what_is_set_and_not_honoured_is_named_where_no_credentials_come() {
    let home = Home::new("ignored", "[default]\nretry_mode = standard\nmax_attempts = 9\n");
    for conventions in ALL {
        let none = ask(&home.search(conventions, &[])).unwrap_err();
        let named = "attached. Set, but not honoured: max_attempts of the profile, \
                     retry_mode of the profile";
        assert!(none.message().ends_with(named), "{none}");
        let set = [("AWS_RETRY_MODE", "x"), ("AWS_ROLE_ARN", ""), ("AWS_PROFILE", "no")];
        let none = ask(&home.search(conventions, &set)).unwrap_err();
        assert!(none.message().ends_with("not honoured: AWS_RETRY_MODE"), "{none}");
    }
    let failing = Home::new("failing", "[default]\ncredential_process = false\nretry_mode = x\n");
    let selected = select::select(&failing.search(Conventions::SDK, &[])).unwrap();
    let failed = selected.attempts.failed(&selected.plan.label, &Error::provider("no", false));
    assert!(failed.message().ends_with(" Set, but not honoured: retry_mode of the profile."));
}

#[test]
fn settings_that_are_empty_are_among_what_was_tried() {
    let home = Home::new("empty", "[default]\naws_access_key_id =\naws_secret_access_key =\n");
    for conventions in [Conventions::BOTOCORE, Conventions::SDK] {
        let none = ask(&home.search(conventions, &[])).unwrap_err();
        let named = "has settings that are empty: aws_access_key_id, aws_secret_access_key";
        assert!(none.message().contains(named), "{none}");
    }
}

/// For boto3 the environment and the profile complete each other.
#[test]
fn half_a_web_identity_is_named_where_it_was_found() {
    let home = Home::new("identity", "[default]\nweb_identity_token_file = /t\n");
    let error = |variables| {
        let search = home.search(Conventions::BOTOCORE, variables);
        select::select(&search).err().unwrap()
    };
    let of_profile = error(&[]);
    assert!(of_profile.message().contains("web_identity_token_file of the profile is set"));
    let of_environment = error(&[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")]);
    let words = "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not";
    assert!(of_environment.message().contains(words), "{of_environment}");
    let search = home.search(Conventions::BOTOCORE, &[("AWS_ROLE_ARN", "arn:a")]);
    let Base::WebIdentity(identity) = select::select(&search).unwrap().plan.base else { panic!() };
    assert_eq!((identity.token_file.as_str(), identity.role.as_str()), ("/t", "arn:a"));
}

/// What one file lacks because nobody may read it is said.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_named() {
    let home = Home::new("folder", "");
    std::fs::remove_file(home.0.join(".aws/config")).unwrap();
    std::fs::create_dir(home.0.join(".aws/config")).unwrap();
    for conventions in ALL {
        let none = ask(&home.search(conventions, &[])).unwrap_err();
        assert!(none.message().contains(".aws/config ("), "{none}");
    }
}
