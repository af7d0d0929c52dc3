//go:build !debug

package rdsiam

// collect stands at each reading of a C pointer. With the build tag "debug" it collects garbage
// there, so that a handle that nothing keeps alive is freed too early in each test run, and not
// once a month.
func collect() {}
