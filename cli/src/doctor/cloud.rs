//! What AWS knows: the clock, the identity, the database's settings, the policy.

use rdsiam::{Client, binding};

use super::cause::Cause;
use super::report::{Finding, Report, Verdict};
use crate::aws::account::Identity;
use crate::aws::endpoint::Endpoint;
use crate::aws::resource::{Lookup, Resource};
use crate::aws::simulate::Verdict as Policy;
use crate::aws::{Aws, Denied, account, resource, simulate};
use crate::connection::Connection;
use crate::enable;
use crate::time::now;

/// A signature may be off by so many seconds.
const LONGEST_SKEW: i64 = 300;

pub(super) fn look(
    connection: &Connection,
    client: &Client,
    region: &str,
    validity: Option<(i64, i64)>,
    report: &mut Report,
) {
    let aws = binding::sdk_credentials(client, &connection.target())
        .map_err(Into::into)
        .and_then(|credentials| Aws::new(credentials, region));
    let aws = match aws {
        Ok(aws) => aws,
        Err(failure) => {
            report.add(Finding::not_checked("aws", failure.message()));
            return;
        }
    };
    let identity = account::identity(&aws);
    clock(&aws, validity, report);
    let is_rejected = match &identity {
        Ok(found) => {
            report.add(Finding::good(
                "identity",
                format!("{} in account {}", found.arn, found.account),
            ));
            false
        }
        Err(denied) => {
            let finding = rejected(denied, &aws);
            let is_bad = finding.verdict == Verdict::Bad;
            report.add(finding);
            is_bad
        }
    };
    if is_rejected {
        return;
    }
    let endpoint = Endpoint::of_host(&connection.host);
    let found = resource::find(&aws, &endpoint, &connection.host);
    report.add(settings(&found, &endpoint, connection, region));
    if let Lookup::Found(found) = &found {
        report.add(policy(&aws, identity.ok().as_ref(), found, &connection.user));
        report.findings.extend(policy_of_proxy(&aws, found, &connection.user));
    } else {
        report.add(Finding::not_checked("policy", "the resource id is not known"));
    }
}

/// By the `Date` of the answer, whatever else it says.
fn clock(aws: &Aws, validity: Option<(i64, i64)>, report: &mut Report) {
    const STEP: &str = "clock";
    let Some(ahead) = aws.dates().ahead() else {
        report.add(Finding::not_checked(STEP, "AWS gave no answer"));
        return;
    };
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let seen = format!("{} s {way} AWS's", ahead.abs());
    if ahead.abs() <= LONGEST_SKEW {
        report.add(Finding::good(STEP, seen));
        return;
    }
    // By the right time the certificate is valid: then it is the clock that is wrong with it.
    let right = now().saturating_sub(ahead);
    if validity.is_some_and(|(begin, end)| begin <= right && right < end) {
        for finding in report.findings.iter_mut().filter(|one| one.step == "tls") {
            finding.verdict = Verdict::Doubt;
        }
    }
    let bad = Finding::bad(STEP, Cause::ClockWrong, seen);
    report.add(bad.remedy("set the clock, and let it be kept (chrony, systemd-timesyncd)"));
}

fn rejected(denied: &Denied, aws: &Aws) -> Finding {
    const STEP: &str = "identity";
    let code = denied.code.as_deref().unwrap_or_default();
    let is_clock = aws.dates().ahead().is_some_and(|ahead| ahead.abs() > LONGEST_SKEW);
    match code {
        "ExpiredToken" | "ExpiredTokenException" => {
            Finding::bad(STEP, Cause::CredentialsExpired, denied.to_string())
                .remedy("renew them: log in to SSO again, or assume the role anew")
        }
        "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
            if !is_clock =>
        {
            Finding::bad(STEP, Cause::CredentialsRejected, denied.to_string()).remedy(
                "the access key does not exist or is off, its secret is another's, or the session \
                 token is: make or fetch them anew",
            )
        }
        _ => Finding::not_checked(STEP, denied.to_string())
            .lacking(denied.is_permission().then_some(denied.action)),
    }
}

fn settings(found: &Lookup, endpoint: &Endpoint, connection: &Connection, region: &str) -> Finding {
    const STEP: &str = "database";
    match found {
        Lookup::Unknown => {
            Finding::not_checked(STEP, format!("the host is {}, which RDS does not look up", endpoint.kind()))
        }
        Lookup::Denied(denied) => Finding::not_checked(STEP, denied.to_string())
            .lacking(denied.is_permission().then_some(denied.action)),
        Lookup::Absent => Finding::doubt(
            STEP,
            Cause::ResourceAbsent,
            format!("this account has no {} in {region}", connection.host),
        )
        .remedy(
            "if the database is of another account, the credentials have to be of a role there; the \
             policy cannot name it across accounts",
        ),
        Lookup::Found(found) => described(found, endpoint, connection, region),
    }
}

fn described(
    found: &Resource,
    endpoint: &Endpoint,
    connection: &Connection,
    region: &str,
) -> Finding {
    const STEP: &str = "database";
    let Resource { kind, name, engine, id, .. } = found;
    let seen = format!(
        "{kind} {name} ({engine}), {id}, IAM {}",
        if found.is_iam_on { "on" } else { "off" }
    );
    let turn_on = enable::command(endpoint, &connection.host, region);
    let turn_on = turn_on.unwrap_or_else(|_| format!("turn it on for the {kind} {name}"));
    if endpoint.is_proxy() {
        let proxy = found.proxy.clone().unwrap_or_default();
        let way = if proxy.logs_in_by_iam { "IAM" } else { "a secret" };
        let tls = if proxy.requires_tls { ", TLS required" } else { "" };
        let seen = format!("{seen}, logs in to the database by {way}{tls}");
        if found.is_iam_on {
            return Finding::good(STEP, seen);
        }
        return Finding::bad(STEP, Cause::ProxyIamOff, seen)
            .remedy("set IAMAuth to REQUIRED for the user's secret, or the proxy's DefaultAuthScheme to IAM_AUTH");
    }
    let serves = [
        "available",
        "backing-up",
        "modifying",
        "storage-optimization",
        "configuring-iam-database-auth",
    ];
    let status = found.status.as_str();
    if !found.is_iam_on && found.pending == Some(true) {
        return Finding::bad(STEP, Cause::IamPending, format!("{seen}, to be turned on later"))
            .remedy(format!("apply it now: {turn_on}"));
    }
    if !found.is_iam_on {
        return Finding::bad(STEP, Cause::IamOff, seen).remedy(turn_on);
    }
    if !status.is_empty() && !serves.contains(&status) {
        return Finding::doubt(
            STEP,
            Cause::ResourceNotAvailable,
            format!("{seen}, status {status}"),
        )
        .remedy("wait until it is available, or start it");
    }
    Finding::good(STEP, format!("{seen}, {status}"))
}

fn arn(found: &Resource, user: &str) -> Option<String> {
    let (partition, region, account) = found.place()?;
    Some(format!("arn:{partition}:rds-db:{region}:{account}:dbuser:{}/{user}", found.id))
}

fn policy(aws: &Aws, identity: Option<&Identity>, found: &Resource, user: &str) -> Finding {
    const STEP: &str = "policy";
    let (Some(identity), Some(arn)) = (identity, arn(found, user)) else {
        return Finding::not_checked(STEP, "who the credentials are is not known");
    };
    if identity.arn.ends_with(":root") {
        return Finding::not_checked(STEP, "the root user cannot be simulated");
    }
    let principal = match account::principal(aws, identity) {
        Ok(principal) => principal,
        Err(denied) => return unseen(STEP, &denied),
    };
    judged(STEP, aws, &principal, &arn, "")
}

/// A proxy that logs in by IAM itself needs another grant for each database behind it.
fn policy_of_proxy(aws: &Aws, found: &Resource, user: &str) -> Vec<Finding> {
    let Some(proxy) = found.proxy.as_ref().filter(|proxy| proxy.logs_in_by_iam) else {
        return Vec::new();
    };
    let arns = proxy.targets.iter().filter_map(|target| arn(target, user));
    arns.map(|arn| judged("proxy policy", aws, &proxy.role_arn, &arn, " --for proxy")).collect()
}

fn unseen(step: &'static str, denied: &Denied) -> Finding {
    let permission = denied.is_permission().then_some(denied.action);
    Finding::not_checked(step, denied.to_string()).lacking(permission)
}

fn judged(step: &'static str, aws: &Aws, principal: &str, arn: &str, option: &str) -> Finding {
    let verdict = match simulate::connect(aws, principal, arn) {
        Ok(verdict) => verdict,
        Err(denied) => return unseen(step, &denied),
    };
    match verdict {
        Policy::Allowed => Finding::good(step, format!("{principal} may connect as {arn}")),
        Policy::NotAllowed => Finding::bad(
            step,
            Cause::PolicyMissing,
            format!("nothing allows {principal} rds-db:connect on {arn}"),
        )
        .remedy(format!("attach the policy that rdsiam policy{option} prints")),
        Policy::Denied(policies) => {
            let by = if policies.is_empty() {
                String::new()
            } else {
                format!(" by {}", policies.join(", "))
            };
            let seen = format!("{principal} is denied rds-db:connect on {arn}{by}");
            Finding::bad(step, Cause::PolicyDenied, seen)
                .remedy("take the statement with Effect Deny away: it wins over any Allow")
        }
        Policy::Bounded(by) => {
            let seen = format!("{by} does not allow {principal} rds-db:connect on {arn}");
            Finding::bad(step, Cause::PolicyBounded, seen).remedy(format!("allow it in {by}"))
        }
    }
}
