//go:build !cgo

package rdsiam

// The compiler prints this sentence.
var _ int = "rdsiam needs cgo: set CGO_ENABLED=1, CC to a C compiler for the target, and PKG_CONFIG_PATH to where librdsiam for the target is installed"
