//! A day of a service, simulated: many keys, credentials that rotate, a provider that fails or
//! gives stale ones, a clock that is set forward and back, evictions, invalidations. Every token
//! that is handed out is judged as the server would.
//!
//! A few short days run with the other tests. `RDSIAM_DAYS=100 cargo test -p rdsiam --test
//! simulation --release` runs more; `RDSIAM_SEED` replays one that failed.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and prints its seed"
)]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use rdsiam::{
    Client, Clock, Config, Credentials, CredentialsSource, Error, ErrorKind, ManualClock, Result,
    Target, Token, explain,
};

const HOST: &str = "db.abc.us-east-1.rds.amazonaws.com";
const START: i64 = 1_717_243_200;
const DAY: i64 = 86_400;
const MIN_REMAINING: i64 = 10;
const KEYS: u64 = 40;
const BOUND: usize = 32;

/// AWS, as far as it matters: which keys there are, until when, and whether it answers.
#[derive(Default)]
struct World {
    random: Rng,
    /// When each access key ends.
    ends: HashMap<String, i64>,
    current: String,
    before: String,
    down_until: i64,
    stale_until: i64,
    calls: usize,
    /// How often the provider failed, and how often it gave what was not the newest or was
    /// about to end.
    failed: usize,
    poor: usize,
}

impl World {
    fn rotate(&mut self, now: i64) {
        let life = match self.random.u8(0..3) {
            0 => self.random.i64(60..900),
            1 => self.random.i64(900..3600),
            _ => self.random.i64(3600..43_200),
        };
        let id = format!("AKID{}", self.ends.len());
        self.ends.insert(id.clone(), now + life);
        self.before = std::mem::replace(&mut self.current, id);
    }

    fn end(&self, id: &str) -> i64 {
        self.ends.get(id).copied().unwrap_or(i64::MIN)
    }

    /// Before they end, as services do; or only when they have.
    fn rotate_if_due(&mut self, now: i64) {
        let margin = if self.random.bool() { 300 } else { 0 };
        if self.end(&self.current) - margin <= now {
            self.rotate(now);
        }
    }
}

struct Provider {
    world: Arc<Mutex<World>>,
    clock: ManualClock,
}

impl CredentialsSource for Provider {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let now = Clock::Manual(self.clock.clone()).now()?;
        let mut world = self.world.lock().unwrap();
        world.calls += 1;
        if now < world.down_until {
            world.failed += 1;
            return Err(Error::provider("down", true));
        }
        world.rotate_if_due(now);
        let id = if now < world.stale_until && !world.before.is_empty() {
            world.before.clone()
        } else {
            world.current.clone()
        };
        let end = world.end(&id);
        // A step of the clock while the token is made may take what is missing.
        if id != world.current || end - now < MIN_REMAINING + 20 {
            world.poor += 1;
        }
        Credentials::with_expiry(&id, "SECRET", None, Some(end))
    }
}

struct Day {
    world: Arc<Mutex<World>>,
    clock: ManualClock,
    client: Client,
    random: Rng,
    now: i64,
    served: usize,
    refused: usize,
    /// The provider's troubles before each of the last calls: a refresh behind one of them may
    /// have met some, and be the one that the next caller waits for.
    troubles: VecDeque<(usize, usize)>,
}

impl Day {
    fn new(seed: u64) -> Self {
        let world = World { random: Rng::with_seed(seed), ..World::default() };
        let world = Arc::new(Mutex::new(world));
        world.lock().unwrap().rotate(START);
        let clock = ManualClock::at(START);
        let provider = Provider { world: Arc::clone(&world), clock: clock.clone() };
        let config =
            Config::new().source(provider).clock(Clock::Manual(clock.clone())).max_entries(BOUND);
        let client = Client::new(config).unwrap();
        let random = Rng::with_seed(!seed);
        Self {
            world,
            clock,
            client,
            random,
            now: START,
            served: 0,
            refused: 0,
            troubles: VecDeque::new(),
        }
    }

    fn run(&mut self) {
        let mut passed = 0;
        while passed < DAY {
            let step = self.random.i64(0..20);
            passed += step;
            self.move_clock(step);
            self.trouble();
            for _ in 0..self.random.u8(1..6) {
                self.call();
            }
        }
    }

    fn move_clock(&mut self, step: i64) {
        let jump = match self.random.u16(0..2000) {
            0 => self.random.i64(-3600..0),
            1 => self.random.i64(0..3600),
            _ => step,
        };
        self.now += jump;
        self.clock.set(self.now);
    }

    fn trouble(&mut self) {
        let mut world = self.world.lock().unwrap();
        match self.random.u16(0..400) {
            0 => world.down_until = self.now + self.random.i64(1..600),
            1 => world.stale_until = self.now + self.random.i64(1..1200),
            // After a clock that was set back, the trouble of the future is over.
            _ if world.down_until > self.now + 600 => world.down_until = self.now,
            _ if world.stale_until > self.now + 1200 => world.stale_until = self.now,
            _ => {}
        }
    }

    fn call(&mut self) {
        let user = format!("user{}", self.random.u64(0..KEYS));
        let target = Target::new(HOST, 5432, &user);
        if self.random.u16(0..1000) == 0 {
            self.client.invalidate(&target).unwrap();
        }
        match self.client.get(&target) {
            Ok(token) => self.judge(&token, &user),
            Err(error) => self.excuse(&error),
        }
        assert!(self.client.stats().entries <= BOUND as u64, "the bound");
        let world = self.world.lock().unwrap();
        self.troubles.push_back((world.failed, world.poor));
        if self.troubles.len() > 8 {
            self.troubles.pop_front();
        }
    }

    /// As the server would, now and for as long as was promised.
    fn judge(&mut self, token: &Token, user: &str) {
        self.served += 1;
        let told = explain(token.as_str()).unwrap();
        let end = self.world.lock().unwrap().end(&told.access_key_id.unwrap());
        let end = end.min(told.expires_at.unwrap());
        assert_eq!(told.user.as_deref(), Some(user));
        assert_eq!(token.expires_at(), end, "the end that is told is the true one");
        assert!(told.signed_at.unwrap() <= self.now, "a token from the future");
        assert!(end - self.now >= MIN_REMAINING, "{} s left", end - self.now);
    }

    /// An error has to have a reason outside of this library.
    fn excuse(&mut self, error: &Error) {
        self.refused += 1;
        let world = self.world.lock().unwrap();
        let (failed, poor) = self.troubles.front().copied().unwrap_or_default();
        match error.kind() {
            ErrorKind::CredentialsProvider => assert!(world.failed > failed, "{error}"),
            ErrorKind::CredentialsExpired => assert!(world.poor > poor, "{error}"),
            _ => unreachable_error(error),
        }
    }
}

#[allow(clippy::panic, reason = "a test fails by panicking")]
fn unreachable_error(error: &Error) {
    panic!("{error:?}");
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn days_without_a_bad_token() {
    let replayed = setting("RDSIAM_SEED");
    let days = if replayed.is_some() { 1 } else { setting("RDSIAM_DAYS").unwrap_or(5) };
    for _ in 0..days {
        let seed = replayed.unwrap_or_else(|| fastrand::u64(..));
        println!("RDSIAM_SEED={seed}");
        let mut day = Day::new(seed);
        day.run();
        let stats = day.client.stats();
        let calls = day.world.lock().unwrap().calls as u64;
        println!("{} served, {} refused, {calls} calls, {stats:?}", day.served, day.refused);
        assert!(day.served > 10_000 && stats.evictions > 0 && stats.invalidations > 0);
        assert!(stats.hits > stats.misses, "a cache");
        assert!(calls <= 2 * stats.refreshes + 2, "a provider is asked twice at the most");
    }
}
