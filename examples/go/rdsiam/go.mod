module rdsiam

go 1.25.0
