//! Who the credentials are.

use super::{Aws, Denied};

/// The identity behind the credentials.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) partition: String,
}

impl Identity {
    /// The name of the role, if it is a session of one.
    pub(crate) fn role(&self) -> Option<&str> {
        let (_, session) = self.arn.split_once(":assumed-role/")?;
        session.split('/').next()
    }
}

pub(crate) fn identity(aws: &Aws) -> Result<Identity, Denied> {
    let client = aws_sdk_sts::Client::new(&aws.config);
    let request = client.get_caller_identity().customize().interceptor(aws.dates().interceptor());
    let told = aws.ask("sts:GetCallerIdentity", request.send())?;
    let arn = told.arn.unwrap_or_default();
    let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
    Ok(Identity { partition, account: told.account.unwrap_or_default(), arn })
}

/// The ARN that policies are attached to: of a session of a role it is the role's, whose path the session's
/// ARN lacks. The roles of IAM Identity Center have one.
pub(crate) fn principal(aws: &Aws, identity: &Identity) -> Result<String, Denied> {
    let Some(role) = identity.role() else { return Ok(identity.arn.clone()) };
    let client = aws_sdk_iam::Client::new(&aws.config);
    let told = aws.ask("iam:GetRole", client.get_role().role_name(role).send())?;
    Ok(told.role.map(|role| role.arn).unwrap_or_default())
}
