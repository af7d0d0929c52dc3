//! Sets faults and tells of logins: for tests in any language.

use hyper::{Method, StatusCode};
use serde_json::Value;

use super::{Answer, json, text};
use crate::local::faults::Fault;
use crate::local::rds::Rds;

pub(super) fn answer(rds: &Rds, method: &Method, path: &str, body: &[u8]) -> Answer {
    match (method, path) {
        (&Method::GET, "/logins") => json(StatusCode::OK, &rds.journal.json()),
        (&Method::DELETE, "/logins") => {
            rds.journal.clear();
            json(StatusCode::OK, &Value::Null)
        }
        (&Method::PUT, "/faults") => match faults(body) {
            Ok(faults) => {
                rds.faults.set(faults);
                json(StatusCode::OK, &Value::Null)
            }
            Err(why) => text(StatusCode::BAD_REQUEST, &why),
        },
        _ => text(StatusCode::NOT_FOUND, "it is GET or DELETE /logins, or PUT /faults"),
    }
}

fn faults(body: &[u8]) -> Result<Vec<Fault>, String> {
    let wrong = |_| "the body is no list of faults in JSON, such as [\"refuse=1\"]".to_owned();
    let texts: Vec<String> = serde_json::from_slice(body).map_err(wrong)?;
    texts.iter().map(|text| text.parse()).collect()
}
