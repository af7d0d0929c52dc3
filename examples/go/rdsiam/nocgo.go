//go:build !cgo

package rdsiam

// The compiler prints this sentence.
var _ int = "rdsiam needs cgo: set CGO_ENABLED=1 and CC to a C compiler for the target; libraries are in the module for Linux on amd64 and arm64, for others PKG_CONFIG_PATH says where librdsiam is installed"
