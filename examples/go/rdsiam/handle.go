package rdsiam

/*
#include <rdsiam.h>
*/
import "C"

import "sync/atomic"

// A handle is a C client and a count of the calls that use it. The last one frees it, so that
// Close neither waits for a call nor takes its client away.
type handle struct {
	client *C.rdsiam_client
	uses   atomic.Int64
	closed atomic.Bool
}

func newHandle(client *C.rdsiam_client) *handle {
	h := &handle{client: client}
	h.uses.Store(1)
	return h
}

// use has to be followed by done, unless it gives an error.
func (h *handle) use() error {
	for !h.closed.Load() {
		uses := h.uses.Load()
		if uses == 0 {
			break
		}
		if h.uses.CompareAndSwap(uses, uses+1) {
			return nil
		}
	}
	return ErrClosed
}

func (h *handle) done() {
	if h.uses.Add(-1) == 0 {
		C.rdsiam_client_free(h.pointer())
		h.client = nil
	}
}

func (h *handle) close() {
	if !h.closed.Swap(true) {
		h.done()
	}
}

func (h *handle) pointer() *C.rdsiam_client {
	collect()
	return h.client
}
