//! The region that a client signs for.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Client, Shared};
use crate::error::Result;
use crate::freshness::{Freshness, REREAD_AFTER};
use crate::refresh_cache::{RefreshCache, Refreshable, Wait, spawn};
use crate::region;
use crate::target::Target;

/// The region of the profile. To read it takes a file, which may be on a mount that hangs.
pub(super) type RegionCache = RefreshCache<ProfileRegion>;

#[derive(Clone)]
pub(super) struct ProfileRegion(Option<String>);

impl Refreshable for ProfileRegion {
    fn freshness(&self, fetched_at: i64, _min_remaining: i64, now: i64) -> Freshness {
        if (0..REREAD_AFTER).contains(&now.saturating_sub(fetched_at)) {
            Freshness::Fresh
        } else {
            Freshness::Stale
        }
    }

    fn has_no_expiry(&self) -> bool {
        true
    }

    fn outlives(&self, _fetched: &Self) -> bool {
        false
    }
}

impl Client {
    /// The region that a target is signed for. Reads the profile if it has to.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target,
    /// [`RegionMissing`](crate::ErrorKind::RegionMissing) if there is none, and what reading the
    /// profile may fail with.
    pub fn region(&self, target: &Target<'_>) -> Result<String> {
        self.0.region_of(target, &mut Wait::by(&self.0.config, &mut || Ok(())))
    }
}

impl Shared {
    pub(crate) fn region_of(
        self: &Arc<Self>,
        target: &Target<'_>,
        wait: &mut Wait<'_>,
    ) -> Result<String> {
        let endpoint = target.endpoint()?;
        let explicit = region::explicit(target, &endpoint, self.config.region.as_deref());
        self.region(explicit, wait).map(Cow::into_owned)
    }

    /// The explicit region, or else that of the environment or the profile.
    pub(super) fn region<'a>(
        self: &Arc<Self>,
        explicit: Option<&'a str>,
        wait: &mut Wait<'_>,
    ) -> Result<Cow<'a, str>> {
        if let Some(region) = explicit {
            return Ok(Cow::Borrowed(region));
        }
        let variables = self.config.conventions.region_variables;
        if let Some(region) = region::from_environment(&self.config.environment, variables)? {
            return Ok(Cow::Owned(region));
        }
        let start = |request| {
            let client = Arc::clone(self);
            let search = self.config.search().snapshot();
            spawn(request, move |request| {
                let region = search.profile_region().map(ProfileRegion);
                match client.config.clock.now() {
                    Ok(now) => request.end(region, now),
                    Err(error) => request.fail(error),
                }
            });
        };
        let found = self.region.obtain(0, &self.config.clock, wait, Some(&start))?;
        let ProfileRegion(found) = found.unwrap_or_else(|stale| stale);
        found.map(Cow::Owned).ok_or_else(|| region::missing(variables))
    }
}
