//! A cache of ElastiCache or MemoryDB: clients sign its name, and not where it is.

use std::time::Duration;

use super::service::Service;
use crate::failure::{Failure, Result};
use crate::policy::partition_of;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cache {
    pub(crate) service: Service,
    pub(crate) name: String,
    /// How long a connection stays after its last AUTH.
    pub(crate) auth_lasts: Duration,
}

impl Cache {
    /// `NAME` or `KIND:NAME`.
    pub(crate) fn parse(text: &str, auth_lasts: u32) -> Result<Self> {
        let wrong = || {
            Failure::usage(
                "--cache is elasticache:NAME, elasticache-serverless:NAME or memorydb:NAME, \
                 the name in lower case",
            )
        };
        let (kind, name) = text.split_once(':').unwrap_or(("elasticache", text));
        let service = match kind {
            "elasticache" => Service::ElastiCache,
            "elasticache-serverless" => Service::ElastiCacheServerless,
            "memorydb" => Service::MemoryDb,
            _ => return Err(wrong()),
        };
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || !name.bytes().all(is_plain) {
            return Err(wrong());
        }
        let auth_lasts = Duration::from_secs(auth_lasts.into());
        Ok(Self { service, name: name.to_owned(), auth_lasts })
    }

    /// As the libraries call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self.service {
            Service::ElastiCacheServerless => "elasticache-serverless",
            service => service.name(),
        }
    }

    /// A policy has to allow both, the cache and the user.
    pub(crate) fn resources(&self, region: &str, account: &str, user: &str) -> Vec<String> {
        let service = self.service.name();
        let (cache, between) = match self.service {
            Service::ElastiCacheServerless => ("serverlesscache", ':'),
            Service::MemoryDb => ("cluster", '/'),
            _ => ("replicationgroup", ':'),
        };
        let arn = |what: &str, name: &str| {
            format!(
                "arn:{}:{service}:{region}:{account}:{what}{between}{name}",
                partition_of(region)
            )
        };
        vec![arn(cache, &self.name), arn("user", user)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_has_a_kind_a_name_and_two_resources() {
        for (text, kind, resources) in [
            ("my-cache", "elasticache", ["replicationgroup:my-cache", "user:app"]),
            ("elasticache:x", "elasticache", ["replicationgroup:x", "user:app"]),
            (
                "elasticache-serverless:x",
                "elasticache-serverless",
                ["serverlesscache:x", "user:app"],
            ),
            ("memorydb:x", "memorydb", ["cluster/x", "user/app"]),
        ] {
            let cache = Cache::parse(text, 1).unwrap();
            assert_eq!(cache.kind(), kind, "{text}");
            let service = kind.split('-').next().unwrap();
            let wanted = resources.map(|end| format!("arn:aws-cn:{service}:cn-north-1:1:{end}"));
            assert_eq!(cache.resources("cn-north-1", "1", "app"), wanted, "{text}");
        }
        for text in ["", "redis:x", "My-Cache", "memorydb:", "a.b"] {
            let error = Cache::parse(text, 1).unwrap_err().message();
            assert!(error.contains("memorydb:NAME"), "{text}: {error}");
        }
    }
}
