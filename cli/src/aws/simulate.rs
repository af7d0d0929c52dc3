//! What IAM says about one action of one identity.

use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;

use super::{Aws, Denied};

/// The answer of the simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it; the policies that do.
    Denied(Vec<String>),
    /// A permissions boundary, or the organization's policies, do not allow it.
    Bounded(&'static str),
}

pub(crate) fn connect(aws: &Aws, principal: &str, resource: &str) -> Result<Verdict, Denied> {
    let client = aws_sdk_iam::Client::new(&aws.config);
    let request = client
        .simulate_principal_policy()
        .policy_source_arn(principal)
        .action_names("rds-db:connect")
        .resource_arns(resource);
    let told = aws.ask("iam:SimulatePrincipalPolicy", request.send())?;
    let Some(result) = told.evaluation_results.and_then(|all| all.into_iter().next()) else {
        return Ok(Verdict::NotAllowed);
    };
    let by_boundary = result
        .permissions_boundary_decision_detail
        .is_some_and(|detail| !detail.allowed_by_permissions_boundary);
    let by_organization =
        result.organizations_decision_detail.is_some_and(|detail| !detail.allowed_by_organizations);
    Ok(match result.eval_decision {
        Decision::Allowed => Verdict::Allowed,
        _ if by_organization => Verdict::Bounded("a policy of the organization (SCP)"),
        _ if by_boundary => Verdict::Bounded("the permissions boundary"),
        Decision::ExplicitDeny => {
            let statements = result.matched_statements.unwrap_or_default().into_iter();
            Verdict::Denied(statements.filter_map(|one| one.source_policy_id).collect())
        }
        _ => Verdict::NotAllowed,
    })
}
