//go:build static

package rdsiam

// #cgo pkg-config: rdsiam-static
import "C"
