//! A policy in the languages in which people keep theirs.

use serde_json::{Value, json};

/// How a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// The policy document
    Json,
    /// A data source of Terraform
    Terraform,
    /// A template of CloudFormation
    Cloudformation,
    /// TypeScript for the CDK
    Cdk,
}

/// An action, on these resources.
#[derive(Debug)]
pub(crate) struct Grant {
    action: &'static str,
    arns: Vec<String>,
}

impl Grant {
    pub(crate) fn new(
        partition: &str,
        region: &str,
        account: &str,
        ids: &[String],
        users: &[String],
    ) -> Self {
        let arn =
            |id, user| format!("arn:{partition}:rds-db:{region}:{account}:dbuser:{id}/{user}");
        Self {
            action: "rds-db:connect",
            arns: ids.iter().flat_map(|id| users.iter().map(move |user| arn(id, user))).collect(),
        }
    }
}

impl Grant {
    /// An action that is not RDS's.
    pub(super) fn of(action: &'static str, arns: Vec<String>) -> Self {
        Self { action, arns }
    }
}

pub(super) fn text(grant: &Grant, format: Format) -> String {
    match format {
        Format::Json => pretty(&document(grant)),
        Format::Terraform => terraform(grant),
        Format::Cloudformation => pretty(&cloudformation(grant)),
        Format::Cdk => cdk(grant),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn document(grant: &Grant) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "RdsIamConnect",
            "Effect": "Allow",
            "Action": grant.action,
            "Resource": grant.arns,
        }],
    })
}

fn terraform(grant: &Grant) -> String {
    // In a string of Terraform, ${ and %{ begin a template.
    let quoted = |text: &String| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
    };
    let resources: Vec<String> = grant.arns.iter().map(quoted).collect();
    format!(
        "data \"aws_iam_policy_document\" \"rds_iam_connect\" {{\n  statement {{\n    sid       = \
         \"RdsIamConnect\"\n    effect    = \"Allow\"\n    actions   = [\"{}\"]\n    \
         resources = [{}]\n  }}\n}}",
        grant.action,
        resources.join(", ")
    )
}

fn cloudformation(grant: &Grant) -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Lets an identity log in to a database by IAM",
        "Resources": {
            "RdsIamConnect": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "Description": grant.action,
                    "PolicyDocument": document(grant),
                },
            },
        },
        "Outputs": { "PolicyArn": { "Value": { "Ref": "RdsIamConnect" } } },
    })
}

fn cdk(grant: &Grant) -> String {
    let resources: Vec<String> =
        grant.arns.iter().map(|arn| Value::from(arn.as_str()).to_string()).collect();
    format!(
        "import {{ PolicyStatement }} from \"aws-cdk-lib/aws-iam\";\n\nexport const rdsIamConnect = new \
         PolicyStatement({{\n  sid: \"RdsIamConnect\",\n  actions: [\"{}\"],\n  \
         resources: [{}],\n}});",
        grant.action,
        resources.join(", ")
    )
}
