module rdsiam/rdsiamaws

go 1.25.0

require (
	github.com/aws/aws-sdk-go-v2 v1.48.0
	github.com/aws/aws-sdk-go-v2/feature/dsql/auth v1.1.5
	github.com/aws/aws-sdk-go-v2/feature/rds/auth v1.7.11
	rdsiam v0.0.0
)

require github.com/aws/smithy-go v1.28.9 // indirect

replace rdsiam => ../
