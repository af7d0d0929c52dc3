package rdsiam

// Freed tells later whether the C client of c is gone, and does not keep c from being collected.
func Freed(c *Client) func() bool {
	h := c.handle
	return func() bool { return h.uses.Load() == 0 }
}
