//! What kind of endpoint a host name is.

use rdsiam::region_of_host;

/// An endpoint of RDS, by its name alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Instance(String),
    /// The writer, the readers, or a group of them.
    Cluster(String),
    ClusterReader(String),
    ClusterCustom(String),
    /// Of RDS Proxy.
    Proxy(String),
    FurtherOfProxy(String),
    /// Leads to the writer of an Aurora global database, in one region or another.
    Global(String),
    /// No name that RDS gives.
    Other,
}

impl Endpoint {
    pub(crate) fn of_host(host: &str) -> Self {
        let mut labels = host.split('.');
        let (name, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
        let third = labels.next().unwrap_or_default();
        let name = name.to_owned();
        if second.starts_with("global-") && host.contains(".global.rds.amazonaws.") {
            return Self::Global(name);
        }
        if region_of_host(host).is_none() {
            return Self::Other;
        }
        match second {
            _ if second.starts_with("cluster-ro-") => Self::ClusterReader(name),
            _ if second.starts_with("cluster-custom-") => Self::ClusterCustom(name),
            _ if second.starts_with("cluster-") => Self::Cluster(name),
            _ if second.starts_with("proxy-") => Self::Proxy(name),
            "endpoint" if third.starts_with("proxy-") => Self::FurtherOfProxy(name),
            _ => Self::Instance(name),
        }
    }

    /// What it is called.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Instance(_) => "the endpoint of an instance",
            Self::Cluster(_) => "the writer endpoint of a cluster",
            Self::ClusterReader(_) => "the reader endpoint of a cluster",
            Self::ClusterCustom(_) => "a custom endpoint of a cluster",
            Self::Proxy(_) => "the endpoint of an RDS Proxy",
            Self::FurtherOfProxy(_) => "a further endpoint of an RDS Proxy",
            Self::Global(_) => "the global endpoint of an Aurora global database",
            Self::Other => "not an endpoint of RDS",
        }
    }

    pub(crate) fn is_proxy(&self) -> bool {
        matches!(self, Self::Proxy(_) | Self::FurtherOfProxy(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_in_the_second_label() {
        let of = |label: &str| Endpoint::of_host(&format!("a.{label}.us-east-1.rds.amazonaws.com"));
        let name = || "a".to_owned();
        for (label, expected) in [
            ("abc123", Endpoint::Instance(name())),
            ("cluster-abc123", Endpoint::Cluster(name())),
            ("cluster-ro-abc123", Endpoint::ClusterReader(name())),
            ("cluster-custom-abc123", Endpoint::ClusterCustom(name())),
            ("proxy-abc123", Endpoint::Proxy(name())),
            ("endpoint.proxy-abc123", Endpoint::FurtherOfProxy(name())),
        ] {
            assert_eq!(of(label), expected, "{label}");
        }
        let global = Endpoint::of_host("g.global-abc.global.rds.amazonaws.com");
        assert_eq!(global, Endpoint::Global(name().replace('a', "g")));
        assert_eq!(Endpoint::of_host("db.example.com"), Endpoint::Other);
        assert_eq!(Endpoint::of_host("a.b.rds.cn-north-1.amazonaws.com.cn").kind(), of("b").kind());
    }
}
