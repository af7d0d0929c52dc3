//! Asks the source that was selected, and assumes the roles that are to be assumed with it.

use std::time::Duration;

use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::container::Endpoint;
use super::http::RecordingHttpClient;
use super::instance::Service;
use super::login::{self, SignIn};
use super::network::Variant;
use super::profile::{Base, Login, Plan, ProfileSet, Profiles, Role, Sso};
use super::request::FIRST_PAUSE;
use super::settings::Settings;
use super::sso::Portal;
use super::{cached, process, sso, sts};
use crate::credentials::{Credentials, Source, environment};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::style::{Conventions, Network as Rules};

/// Where STS is asked if nothing says where: with boto3 and the JS SDK it is this region.
const STS_REGION: &str = "us-east-1";
const CONNECT: Duration = Duration::from_secs(3);

/// What the sources share while one call lasts.
pub(super) struct Context {
    pub(super) client: RecordingHttpClient,
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
            Base::Sso(sso) => self.sso(sso).await,
            Base::Login(login) => self.login(login).await,
            Base::WebIdentity(identity) => {
                sts::with_web_identity(&self.sts(None)?, identity, &self.client).await
            }
            Base::Environment => environment::read(&self.environment, self.conventions)?
                .ok_or_else(|| Error::provider(environment::NOT_SET, false)),
            Base::Place(Source::Container) => {
                Endpoint::read(&self.settings())?.credentials(&self.client).await
            }
            Base::Place(_) => Service::read(&self.settings())?.credentials(&self.client).await,
        }
    }

    async fn sso(&self, sso: Sso) -> Result<Credentials> {
        let portal = Portal {
            home: cached::home(&self.settings()),
            roles: self.config("SSO", &sso.region)?,
            logins: self.config("SSO OIDC", &sso.region)?,
        };
        sso::credentials(sso, &portal, &self.client).await
    }

    async fn login(&self, login: Login) -> Result<Credentials> {
        let region = self.region.as_deref().unwrap_or(STS_REGION).to_owned();
        let service = SignIn {
            folder: login::cache_folder(&self.settings()),
            endpoint: self.endpoints().of("Signin"),
            region,
            variant: self.variant_of("Signin")?,
        };
        login::credentials(login, &service, &self.client).await
    }

    async fn assume(&self, role: &Role, with: Credentials) -> Result<Credentials> {
        let config = self.sts(role.region.as_deref())?;
        sts::assume(&config, role, with, &self.client).await
    }

    fn settings(&self) -> Settings<'_> {
        Settings::new(&self.profiles, &self.environment, self.conventions.network)
    }

    fn endpoints(&self) -> Endpoints {
        let profiles = self.profiles.set().clone();
        Endpoints { profiles, environment: self.environment.clone() }
    }

    /// For botocore a configured endpoint is asked whatever the variant; the others, and the
    /// AWS crates, refuse both at once.
    fn variant_of(&self, service: &str) -> Result<Variant> {
        let botocore = self.conventions.network == Rules::Botocore;
        let configured = botocore && self.endpoints().of(service).is_some();
        if configured { Ok(Variant::default()) } else { self.client.network().variant() }
    }

    fn sts(&self, region: Option<&str>) -> Result<SdkConfig> {
        self.config("STS", region.or(self.region.as_deref()).unwrap_or(STS_REGION))
    }

    /// For a client of the SDK.
    fn config(&self, service: &str, region: &str) -> Result<SdkConfig> {
        let variant = self.variant_of(service)?;
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(self.client.clone())
            .use_fips(variant.fips)
            .use_dual_stack(variant.dual_stack)
            .time_source(SystemTimeSource::new())
            .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE))
            .timeout_config(timeouts)
            .service_config(self.endpoints());
        config.set_sleep_impl(default_async_sleep());
        Ok(config.build())
    }
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

impl Endpoints {
    /// The endpoint that is configured for a service.
    fn of(&self, service: &str) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url");
        self.load_config(key.build().ok()?)
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
        Endpoints { profiles, environment: Environment::process() }.of("STS")
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
