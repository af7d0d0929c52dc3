//! The signer of a client. It keeps what the next signature most likely needs again.

use std::borrow::Cow;
use std::sync::Arc;

use super::{EndpointTemplate, PresignTemplate, SigningContext, SigningScope};
use crate::config::Config;
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::event::Event;
use crate::kind::Kind;
use crate::region;
use crate::style::Style;
use crate::sync::RwLock;
use crate::target::{Target, TargetBuf};
use crate::token::Token;

/// None of the locks is ever waited for: what they hold can be made anew, and a child of `fork` may find
/// them locked for ever.
pub(crate) struct Signer {
    style: Style,
    expires: u32,
    /// Of the last new endpoint: one for all endpoints of a service, a region and a day.
    context: RwLock<Option<Arc<SigningContext>>>,
    last: RwLock<Option<Prepared>>,
    /// Whose region is not that of their host, and whose caller was told.
    told: RwLock<Vec<TargetBuf>>,
}

/// The target that was signed for last.
struct Prepared {
    target: TargetBuf,
    /// The region, unless the environment or the profile has it.
    explicit: Option<String>,
    template: PresignTemplate,
}

/// Finds the region if there is no explicit one.
type FindRegion<'f> = &'f mut dyn for<'a> FnMut(Option<&'a str>) -> Result<Cow<'a, str>>;

impl Signer {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            style: config.conventions.style,
            expires: config.expires_s(),
            context: RwLock::new(None),
            last: RwLock::new(None),
            told: RwLock::new(Vec::new()),
        }
    }

    /// Signs with credentials that are valid now.
    pub(crate) fn sign(
        &self,
        target: &Target<'_>,
        credentials: &Credentials,
        config: &Config,
        region: FindRegion<'_>,
    ) -> Result<Token> {
        if let Ok(last) = self.last.try_read()
            && let Some(last) = last.as_ref().filter(|last| last.target.borrowed() == *target)
        {
            let region = region(last.explicit.as_deref())?;
            let now = config.clock.now()?;
            if last.template.context().is_for(credentials, &region, now) {
                return last.template.sign(credentials, now);
            }
        }
        let endpoint = target.endpoint()?;
        let explicit = region::explicit(target, &endpoint, config.region.as_deref());
        let found = region(explicit)?;
        let now = config.clock.now()?;
        let template = self.prepare(target, &endpoint, &found, credentials, now)?;
        self.tell_of_mismatch(target, &endpoint, config);
        let token = template.sign(credentials, now)?;
        if let Ok(mut last) = self.last.try_write() {
            let explicit = explicit.map(str::to_owned);
            *last = Some(Prepared { target: target.to_buf(), explicit, template });
        }
        Ok(token)
    }

    /// As [`sign`](Self::sign) for a target whose token is cached: the next signature is most likely for
    /// another.
    pub(crate) fn sign_once(
        &self,
        target: &Target<'_>,
        credentials: &Credentials,
        config: &Config,
        region: FindRegion<'_>,
    ) -> Result<Token> {
        let endpoint = target.endpoint()?;
        let found = region(region::explicit(target, &endpoint, config.region.as_deref()))?;
        let now = config.clock.now()?;
        self.tell_of_mismatch(target, &endpoint, config);
        self.prepare(target, &endpoint, &found, credentials, now)?.sign(credentials, now)
    }

    fn prepare(
        &self,
        target: &Target<'_>,
        endpoint: &Endpoint,
        region: &str,
        credentials: &Credentials,
        now: i64,
    ) -> Result<PresignTemplate> {
        let kind = endpoint.kind();
        kind.check_expires(self.expires)?;
        let context = self.context(kind, region, credentials, now)?;
        let endpoint = EndpointTemplate::new(endpoint, target.user, self.style);
        Ok(PresignTemplate::new(endpoint, context))
    }

    /// Once for each target, of the last ones.
    fn tell_of_mismatch(&self, target: &Target<'_>, endpoint: &Endpoint, config: &Config) {
        const REMEMBERED: usize = 64;
        let mismatch = target.region.and_then(|region| region::mismatch(region, endpoint.host()));
        let (Some(text), Ok(mut told)) = (mismatch, self.told.try_write()) else { return };
        if told.iter().any(|known| known.borrowed() == *target) {
            return;
        }
        if told.len() >= REMEMBERED {
            told.remove(0);
        }
        told.push(target.to_buf());
        drop(told);
        config.emit(&Event::RegionMismatch(text));
    }

    fn context(
        &self,
        kind: Kind,
        region: &str,
        credentials: &Credentials,
        now: i64,
    ) -> Result<Arc<SigningContext>> {
        let service = kind.service();
        let known = self.context.try_read().ok().and_then(|context| context.clone());
        let known = known.filter(|known| known.is_of(service));
        if let Some(known) = known.filter(|known| known.is_for(credentials, region, now)) {
            return Ok(known);
        }
        let scope = SigningScope { service, region, expires: self.expires, style: self.style };
        let context = Arc::new(SigningContext::new(credentials, scope, now)?);
        if let Ok(mut known) = self.context.try_write() {
            *known = Some(Arc::clone(&context));
        }
        Ok(context)
    }
}
