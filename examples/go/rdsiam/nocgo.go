//go:build !cgo

package rdsiam

// The compiler prints this sentence.
var _ int = "rdsiam needs cgo: set CGO_ENABLED=1 and CC to a C compiler for the target, and install " +
	"librdsiam for the target where pkg-config finds it"
