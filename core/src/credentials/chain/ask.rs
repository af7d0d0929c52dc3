//! Asks the source that was selected, and assumes the roles that are to be assumed with it.

use std::time::Duration;

use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::profile::{Base, Plan, ProfileSet, Profiles, Role};
use super::wire::Wire;
use super::{container, instance, process, sso, sts};
use crate::credentials::{Credentials, Source, environment};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::style::Conventions;

/// Where STS is asked if nothing says where: with both peers it is this region.
const STS_REGION: &str = "us-east-1";
/// The first pause before a request is tried again. The SDK's own is a second, which is a long
/// time in front of a login.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const CONNECT: Duration = Duration::from_secs(3);

/// What the sources share while one call lasts.
pub(super) struct Context {
    pub(super) wire: Wire,
    pub(super) region: Option<String>,
    pub(super) profiles: Profiles,
    pub(super) conventions: Conventions,
    pub(super) environment: Environment,
}

impl Context {
    pub(super) async fn ask(self, plan: Plan) -> Result<Credentials> {
        let mut credentials = self.ask_base(plan.base).await?;
        for role in plan.roles {
            credentials = self.assume(&role, credentials).await?;
        }
        Ok(credentials)
    }

    async fn ask_base(&self, base: Base) -> Result<Credentials> {
        match base {
            Base::Keys(credentials) => Ok(credentials),
            Base::Process(command) => process::credentials(&command, &self.environment).await,
            Base::Sso(sso) => sso::credentials(&self.provider(), sso, &self.wire).await,
            // Until the client for its renewal is built in.
            Base::Login(login) => Err(Error::provider(
                format!(
                    "profile {}: logins of `aws login` cannot be used yet; give another profile \
                     credential_process = aws configure export-credentials --format process \
                     --profile {}",
                    login.profile, login.profile
                ),
                false,
            )),
            Base::WebIdentity(identity) => {
                sts::with_web_identity(&self.client(None), identity, &self.wire).await
            }
            Base::Environment => environment::read(&self.environment, self.conventions)?
                .ok_or_else(|| Error::provider(environment::NOT_SET, false)),
            Base::Place(Source::Container) => {
                container::credentials(&self.provider(), &self.wire).await
            }
            Base::Place(_) => instance::credentials(&self.provider(), &self.wire).await,
        }
    }

    async fn assume(&self, role: &Role, with: Credentials) -> Result<Credentials> {
        let config = self.client(role.region.as_deref());
        sts::assume(&config, role, with, &self.wire).await
    }

    /// For the client of STS.
    fn client(&self, region: Option<&str>) -> SdkConfig {
        let region = region.or(self.region.as_deref()).unwrap_or(STS_REGION);
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(self.wire.clone())
            .time_source(SystemTimeSource::new())
            .retry_config(retries())
            .timeout_config(timeouts)
            .service_config(Endpoints {
                profiles: self.profiles.set().clone(),
                environment: self.environment.clone(),
            });
        config.set_sleep_impl(default_async_sleep());
        config.build()
    }

    /// For those providers of the SDK that bring their own client.
    fn provider(&self) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_http_client(self.wire.clone())
            .with_retry_config(retries())
    }
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_initial_backoff(FIRST_PAUSE)
}

/// AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS, and what the config file says about them.
#[derive(Debug)]
struct Endpoints {
    profiles: ProfileSet,
    environment: Environment,
}

impl Endpoints {
    /// The environment first, the profile second, and what is for one service before what is for
    /// all.
    fn find(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let Self { profiles, environment } = self;
        let variable = |name: &str| environment.text(name).ok().flatten();
        let service = key.service_id().to_uppercase().replace(' ', "_");
        let of_profile = || {
            let of_service = profiles.get_of_service(key.service_id(), key.profile());
            of_service.or_else(|| profiles.get(key.profile())).map(str::to_owned)
        };
        variable(&format!("{}_{service}", key.env()))
            .or_else(|| variable(key.env()))
            .or_else(of_profile)
    }

    fn ignored(&self) -> bool {
        let variable = self.environment.text("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").ok().flatten();
        let setting = || self.profiles.get("ignore_configured_endpoint_urls").map(str::to_owned);
        variable.or_else(setting).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if self.ignored() { None } else { self.find(key) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Dialect;

    fn sts_endpoint(config: &str, dialect: Dialect) -> Option<String> {
        let profiles = ProfileSet::of_config(config, "default", dialect).unwrap();
        let key = ServiceConfigKey::builder()
            .service_id("STS")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        Endpoints { profiles, environment: Environment::process() }.load_config(key.unwrap())
    }

    #[test]
    fn a_profile_may_say_where_sts_is_and_that_nothing_of_it_counts() {
        let services = "[services mine]\nsts =\n  endpoint_url = https://sts.example\n";
        let profile = "[default]\nservices = mine\n";
        let ignored = "ignore_configured_endpoint_urls = true\n";
        for dialect in [Dialect::Python, Dialect::Js, Dialect::Tolerant] {
            let endpoint = |config: &str| sts_endpoint(config, dialect);
            assert_eq!(
                endpoint(&format!("{profile}{services}")).as_deref(),
                Some("https://sts.example")
            );
            assert_eq!(endpoint(&format!("{profile}{ignored}{services}")), None);
            assert_eq!(endpoint("[default]\nregion = eu-west-1\n"), None);
            let both = format!("{profile}endpoint_url = https://all.example\n");
            assert_eq!(endpoint(&both).as_deref(), Some("https://all.example"));
        }
    }
}
