//go:build cgo

package rdsiam

// A Kind is what a token logs in to: see [WithKind].
type Kind int32

// The numbers are those of the C library.
const (
	// ByName tells DSQL by the name of the host and admin by the name of the user.
	ByName Kind = iota
	// RDS is RDS, Aurora and RDS Proxy.
	RDS
	// DSQL is Aurora DSQL, as any user but admin.
	DSQL
	// DSQLAdmin is Aurora DSQL, as admin.
	DSQLAdmin
	// ElastiCache is a replication group. The host of a target is its name, not its endpoint, and the
	// port is not signed.
	ElastiCache
	// ElastiCacheServerless is a serverless cache, by its name.
	ElastiCacheServerless
	// MemoryDB is a cluster, by its name.
	MemoryDB
)
