//go:build !static

package rdsiam

// #cgo pkg-config: rdsiam
import "C"
