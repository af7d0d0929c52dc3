//! What a program is told: where the databases are, what to sign for, and where keys are had.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use super::Keys;
use super::engine::Engine;
use super::http::Services;
use super::keys::Key;
use super::listener::Listener;

/// Everything that variables are made of.
pub(super) struct Told<'a> {
    pub(super) services: &'a Services,
    pub(super) listeners: &'a [std::sync::Arc<Listener>],
    pub(super) database: &'a str,
    pub(super) ca: &'a Path,
    pub(super) http: std::net::SocketAddr,
    pub(super) key: &'a Key,
    pub(super) keys: Keys,
}

/// Variables that would lead around those that are set here.
pub(super) const REMOVED: [&str; 12] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

impl Told<'_> {
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let rds = &self.services.rds;
        let sts = format!("http://{}", self.http);
        let mut all = Vec::new();
        let mut set = |name: &str, value: &str| all.push((name.to_owned(), value.to_owned()));
        set("AWS_REGION", &rds.region);
        set("AWS_DEFAULT_REGION", &rds.region);
        set("AWS_EC2_METADATA_DISABLED", "true");
        set("AWS_ENDPOINT_URL_STS", &sts);
        match self.keys {
            Keys::Environment => {
                set("AWS_ACCESS_KEY_ID", &self.key.id);
                set("AWS_SECRET_ACCESS_KEY", &self.key.secret);
                if let Some(token) = &self.key.session_token {
                    set("AWS_SESSION_TOKEN", token);
                }
            }
            Keys::Container => {
                set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{sts}/credentials"));
                set("AWS_CONTAINER_AUTHORIZATION_TOKEN", &self.services.authorization);
            }
        }
        let ca = self.ca.display().to_string();
        set("RDSIAM_CA_BUNDLE", &ca);
        set("RDSIAM_LOCAL_CA", &ca);
        set("RDSIAM_LOCAL_REGION", &rds.region);
        set("RDSIAM_LOCAL_CONTROL", &format!("{sts}/{}", self.services.control));
        let mut seen = HashMap::new();
        for listener in self.listeners {
            let name = listener.engine.word().to_ascii_uppercase();
            let count = seen.entry(name.clone()).or_insert(0);
            *count += 1;
            let number = if *count == 1 { String::new() } else { format!("_{count}") };
            for (field, value) in self.fields(listener) {
                let field = field.to_ascii_uppercase();
                set(&format!("RDSIAM_LOCAL_{name}{number}_{field}"), &value);
            }
        }
        all
    }

    fn fields(&self, listener: &Listener) -> Vec<(&'static str, String)> {
        let user = self.services.rds.users.first().map_or("app", |user| user.name.as_str());
        let mut fields = vec![
            ("host", listener.endpoint.host.clone()),
            ("hostaddr", listener.address.ip().to_string()),
            ("port", listener.address.port().to_string()),
            ("sign_port", listener.endpoint.port.to_string()),
            ("user", user.to_owned()),
            ("database", self.database_of(listener)),
        ];
        if let Some(cache) = &listener.endpoint.cache {
            fields.push(("name", cache.name.clone()));
            fields.push(("kind", cache.kind().to_owned()));
        }
        fields
    }

    fn database_of(&self, listener: &Listener) -> String {
        match &listener.behind {
            super::listener::Behind::Server(server) => server.database.clone(),
            super::listener::Behind::None => None,
        }
        .unwrap_or_else(|| match listener.engine {
            Engine::Redis => "0".to_owned(),
            Engine::Postgres | Engine::Mysql => self.database.to_owned(),
        })
    }

    pub(super) fn json(&self) -> Value {
        let databases: Vec<Value> = self
            .listeners
            .iter()
            .map(|listener| {
                let mut told = json!({ "engine": listener.engine.word() });
                for (field, value) in self.fields(listener) {
                    let value = match field {
                        "port" => json!(listener.address.port()),
                        "sign_port" => json!(listener.endpoint.port),
                        _ => json!(value),
                    };
                    if let Some(told) = told.as_object_mut() {
                        told.insert(field.to_owned(), value);
                    }
                }
                told
            })
            .collect();
        let variables: serde_json::Map<String, Value> =
            self.variables().into_iter().map(|(name, value)| (name, value.into())).collect();
        let sts = format!("http://{}", self.http);
        json!({
            "databases": databases,
            "ca": self.ca,
            "region": self.services.rds.region,
            "control": format!("{sts}/{}", self.services.control),
            "environment": variables,
            "removed": REMOVED,
        })
    }

    /// Lines for `eval` in a shell.
    pub(super) fn shell(&self) -> String {
        let mut lines: Vec<String> = REMOVED.iter().map(|name| format!("unset {name}")).collect();
        lines.extend(
            self.variables()
                .into_iter()
                .map(|(name, value)| format!("export {name}='{}'", value.replace('\'', "'\\''"))),
        );
        lines.join("\n")
    }
}
