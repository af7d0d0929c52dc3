//! Test builds only: panics at a named place, to prove that no panic leaves a face.

/// Panics if the environment variable `RDSIAM_PANIC_IN` names this place.
#[allow(clippy::panic, reason = "to panic is what it is for; never part of a shipped build")]
pub fn point(place: &str) {
    if std::env::var("RDSIAM_PANIC_IN").is_ok_and(|wanted| wanted == place) {
        panic!("injected panic in {place}");
    }
}
