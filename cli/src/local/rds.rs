//! The database service of one account and region: who may log in.

use rdsiam_wire::tls::Authority;

use super::faults::Faults;
use super::journal::{Entry, Journal};
use super::keys::{Key, KeyRing, Principal};
use super::policy::Policies;
use super::service::{Service, dsql_cluster, dsql_region};
use super::verify::{self, Reason};
use crate::failure::{Failure, Result};
use crate::policy::partition_of;
use crate::time;

/// What a client has to sign for, and verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A database user, and how it logs in to the database behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    /// `None`: the login of the database's URL.
    pub(crate) login: Option<(String, Option<String>)>,
}

/// Everything that all databases and endpoints share.
pub(crate) struct Rds {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) resource_id: String,
    pub(crate) users: Vec<User>,
    pub(crate) keys: KeyRing,
    pub(crate) policies: Policies,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) authority: Authority,
}

impl Rds {
    /// By the clock of the service, which a fault may set.
    pub(crate) fn now(&self) -> i64 {
        time::now() + self.faults.skew()
    }

    /// Whether this password lets the user in. Says so in the journal.
    pub(crate) fn judge(
        &self,
        engine: &'static str,
        endpoint: &Endpoint,
        user: &str,
        token: &[u8],
    ) -> std::result::Result<&User, Reason> {
        let verdict = self.verdict(endpoint, user, token);
        self.note(engine, user, verdict.as_ref().err().copied());
        verdict
    }

    pub(crate) fn note(&self, engine: &'static str, user: &str, refusal: Option<Reason>) {
        let user = user.to_owned();
        self.journal.add(Entry { at: self.now(), engine, user, refusal });
    }

    pub(crate) fn find_user(&self, name: &str) -> std::result::Result<&User, Reason> {
        self.users.iter().find(|user| user.name == name).ok_or(Reason::UnknownUser)
    }

    fn verdict(
        &self,
        endpoint: &Endpoint,
        user: &str,
        token: &[u8],
    ) -> std::result::Result<&User, Reason> {
        let found = self.find_user(user)?;
        self.faults.check_rate()?;
        self.faults.check_refusals()?;
        let token = str::from_utf8(token)
            .map_err(|_| Reason::Malformed("a character that no token has"))?;
        let Endpoint { host, port } = endpoint;
        let service = Service::of(host);
        // A cluster of DSQL says itself where it is.
        let region = self.faults.region(dsql_region(host).unwrap_or(&self.region));
        let login = verify::Login { service, host, port: *port, region: &region, user };
        let now = self.now() + self.faults.token_age();
        let key = verify::verify(token, login, &self.keys, now)?;
        let permission = service.permission(user);
        self.policies.check(&key.principal.owner, permission, &self.resource(host, user))?;
        Ok(found)
    }

    /// The resource of the permission.
    pub(crate) fn resource(&self, host: &str, user: &str) -> String {
        if let Some(region) = dsql_region(host) {
            return dsql_cluster(host, region, &self.account);
        }
        let (region, account, id) = (&self.region, &self.account, &self.resource_id);
        format!("arn:{}:rds-db:{region}:{account}:dbuser:{id}/{user}", partition_of(region))
    }

    /// The user of IAM whose keys stay.
    pub(crate) fn user(&self) -> Principal {
        let arn = format!("arn:{}:iam::{}:user/local", partition_of(&self.region), self.account);
        Principal { owner: arn.clone(), arn }
    }

    /// A session of a role of this account.
    pub(crate) fn session(&self, role_arn: &str, session: &str) -> Principal {
        let role = role_arn.rsplit('/').next().unwrap_or(role_arn);
        let partition = partition_of(&self.region);
        let account = role_arn.split(':').nth(4).unwrap_or(&self.account);
        Principal {
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}"),
            owner: role_arn.to_owned(),
        }
    }

    /// The role whose keys the container endpoint hands out.
    pub(crate) fn container_role(&self) -> String {
        format!("arn:{}:iam::{}:role/local", partition_of(&self.region), self.account)
    }

    /// Credentials that live so many seconds, or fewer if a fault says so.
    pub(crate) fn credentials(
        &self,
        principal: Principal,
        seconds: i64,
    ) -> Result<std::sync::Arc<Key>> {
        let seconds = self.faults.life_of_credentials().unwrap_or(seconds);
        self.keys.temporary(principal, self.now() + seconds)
    }
}

/// `USER`, `USER=LOGIN` or `USER=LOGIN:PASSWORD`.
pub(crate) fn parse_user(text: &str) -> Result<User> {
    let (name, login) = match text.split_once('=') {
        Some((name, login)) => (name, Some(login)),
        None => (text, None),
    };
    if name.is_empty() || login == Some("") {
        return Err(Failure::usage("--user is USER, USER=LOGIN or USER=LOGIN:PASSWORD"));
    }
    let login = login.map(|login| match login.split_once(':') {
        Some((login, password)) => (login.to_owned(), Some(password.to_owned())),
        None => (login.to_owned(), None),
    });
    Ok(User { name: name.to_owned(), login })
}
