//! The endpoint of ECS and of EKS Pod Identity.

use hyper::StatusCode;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::{Answer, Services, json as in_json};
use crate::time::rfc3339;

pub(crate) const PATH: &str = "/credentials";
/// As those of a task of ECS.
const SECONDS: i64 = 6 * 3600;

pub(super) fn answer(services: &Services, head: &Parts) -> Answer {
    let given = head.headers.get(AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    if !bool::from(given.ct_eq(services.authorization.as_bytes())) {
        let told = json!({"code": "AccessDenied", "message": "wrong or missing Authorization"});
        return in_json(StatusCode::FORBIDDEN, &told);
    }
    let rds = &services.rds;
    let role = rds.container_role();
    let Ok(key) = rds.credentials(rds.session(&role, "container"), SECONDS) else {
        let told = json!({"code": "InternalServerError", "message": "no random numbers"});
        return in_json(StatusCode::INTERNAL_SERVER_ERROR, &told);
    };
    in_json(
        StatusCode::OK,
        &json!({
            "RoleArn": role,
            "AccessKeyId": key.id,
            "SecretAccessKey": *key.secret,
            "Token": key.session_token.as_deref(),
            "Expiration": key.expires_at.map(rfc3339),
        }),
    )
}
