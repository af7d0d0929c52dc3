//go:build debug

package rdsiam

import "runtime"

func collect() {
	runtime.GC()
}
