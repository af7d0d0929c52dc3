package rdsiam

/*
#include <rdsiam.h>

// What a call returned, read while in C: going there costs more than all of the reading.
typedef struct {
	rdsiam_status status;
	rdsiam_error *err;
	rdsiam_request *request;
	rdsiam_pending *pending;
	rdsiam_token *token;
	const char *text;
	size_t length;
	int64_t signed_at, expires_at;
	bool flag;
} answer;

// Where user and region begin in a text that has the host first; region 0: none.
typedef struct {
	size_t user, region;
	uint16_t port;
} packed;

#define TARGET text, at.port, text + at.user, at.region != 0 ? text + at.region : NULL

static void read_token(answer *a) {
	a->text = rdsiam_token_str(a->token);
	a->length = rdsiam_token_len(a->token);
	a->signed_at = rdsiam_token_signed_at(a->token);
	a->expires_at = rdsiam_token_expires_at(a->token);
}

static void go_try_get(const rdsiam_client *client, const char *text, packed at, answer *a) {
	a->status = rdsiam_token_try_get(client, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_get(const rdsiam_client *client, const char *text, packed at, answer *a) {
	a->status = rdsiam_token_get(client, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_sign(const rdsiam_client *client, const char *text, packed at, answer *a) {
	a->status = rdsiam_token_sign(client, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_try_sign(const rdsiam_client *client, const char *text, packed at, answer *a) {
	a->status = rdsiam_token_try_sign(client, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_get_or_fetch(const rdsiam_client *client, const char *text, packed at, answer *a) {
	a->status = rdsiam_token_get_or_fetch(client, TARGET, &a->token, &a->request, &a->pending, &a->err);
	rdsiam_pending_free(a->pending); // Go waits by itself
	read_token(a);
}

static void go_sign_or_fetch(const rdsiam_client *client, const char *text, packed at, answer *a) {
	a->status = rdsiam_token_sign_or_fetch(client, TARGET, &a->token, &a->request, &a->pending, &a->err);
	rdsiam_pending_free(a->pending);
	read_token(a);
}

static void go_invalidate(const rdsiam_client *client, const char *text, packed at, answer *a) {
	a->status = rdsiam_token_invalidate(client, TARGET, &a->err);
}

static void go_invalidate_if(const rdsiam_client *client, const char *text, packed at,
                             const char *token, answer *a) {
	a->status = rdsiam_token_invalidate_if(client, TARGET, token, &a->err);
}

static void go_login_refused(const rdsiam_client *client, const char *text, packed at,
                             const char *token, int64_t began, answer *a) {
	a->status = rdsiam_login_refused(client, TARGET, token, began, &a->flag, &a->err);
}

// No function here calls back or keeps what it is given: Go memory may stay on the stack.
#cgo noescape go_try_get
#cgo nocallback go_try_get
#cgo noescape go_get
#cgo nocallback go_get
#cgo noescape go_sign
#cgo nocallback go_sign
#cgo noescape go_try_sign
#cgo nocallback go_try_sign
#cgo noescape go_get_or_fetch
#cgo nocallback go_get_or_fetch
#cgo noescape go_sign_or_fetch
#cgo nocallback go_sign_or_fetch
#cgo noescape go_invalidate
#cgo nocallback go_invalidate
#cgo noescape go_invalidate_if
#cgo nocallback go_invalidate_if
#cgo noescape go_login_refused
#cgo nocallback go_login_refused
#cgo noescape rdsiam_credentials_new
#cgo nocallback rdsiam_credentials_new
#cgo nocallback rdsiam_token_free
*/
import "C"

import (
	"fmt"
	"strings"
	"time"
	"unsafe"
)

// Version returns the version of the C library that is loaded, such as "0.1.0".
func Version() string {
	return C.GoString(C.rdsiam_version())
}

// checkABI refuses a library that is not the one of the header this was compiled with.
func checkABI() error {
	if loaded := uint32(C.rdsiam_abi_version()); loaded != C.RDSIAM_ABI_VERSION {
		message := fmt.Sprintf("the loaded library has ABI %d, and this program was built for %d",
			loaded, uint32(C.RDSIAM_ABI_VERSION))
		return failure(statusInternal, message, false, nil)
	}
	return nil
}

// newClient makes a C client, which the caller frees.
func newClient(s *settings) (*C.rdsiam_client, error) {
	config := C.rdsiam_config_new()
	defer C.rdsiam_config_free(config)
	if err := configure(config, s); err != nil {
		return nil, err
	}
	var client *C.rdsiam_client
	var err *C.rdsiam_error
	status := C.rdsiam_client_new(config, &client, &err)
	return client, errorOf(status, err)
}

func configure(config *C.rdsiam_config, s *settings) error {
	var err *C.rdsiam_error
	if s.region != "" {
		text := terminated(s.region)
		status := C.rdsiam_config_set_region(config, start(text), &err)
		if err := errorOf(status, err); err != nil {
			return err
		}
	}
	if s.profile != "" {
		text := terminated(s.profile)
		status := C.rdsiam_config_set_profile(config, start(text), &err)
		if err := errorOf(status, err); err != nil {
			return err
		}
	}
	if status := C.rdsiam_config_set_kind(config, C.int32_t(s.kind), &err); status != C.RDSIAM_OK {
		return errorOf(status, err)
	}
	if err := setNumbers(config, s); err != nil {
		return err
	}
	if s.provider != nil {
		return errorOf(C.rdsiam_config_set_host_fetches(config, &err), err)
	}
	if s.credentials != nil {
		credentials, failed := newCredentials(*s.credentials)
		if failed != nil {
			return failed
		}
		defer credentials.free()
		status := C.rdsiam_config_set_credentials(config, credentials.pointer(), &err)
		return errorOf(status, err)
	}
	return nil
}

func setNumbers(config *C.rdsiam_config, s *settings) error {
	var status C.rdsiam_status
	var err *C.rdsiam_error
	for _, one := range []struct {
		value *time.Duration
		unit  time.Duration
		set   func(C.uint32_t)
	}{
		{s.refreshBefore, time.Second, func(n C.uint32_t) { status = C.rdsiam_config_set_refresh_before(config, n, &err) }},
		{s.minRemaining, time.Second, func(n C.uint32_t) { status = C.rdsiam_config_set_min_remaining(config, n, &err) }},
		{s.expires, time.Second, func(n C.uint32_t) { status = C.rdsiam_config_set_expires(config, n, &err) }},
		{s.timeout, time.Millisecond, func(n C.uint32_t) { status = C.rdsiam_config_set_timeout_ms(config, n, &err) }},
	} {
		if one.value == nil {
			continue
		}
		if one.set(C.uint32_t(count(*one.value, one.unit))); status != C.RDSIAM_OK {
			return errorOf(status, err)
		}
	}
	if s.maxEntries == nil {
		return nil
	}
	return errorOf(C.rdsiam_config_set_max_entries(config, C.size_t(*s.maxEntries), &err), err)
}

// nativeCredentials are Go's in C. NULL is none.
type nativeCredentials struct {
	c *C.rdsiam_credentials
}

func newCredentials(from Credentials) (nativeCredentials, error) {
	if strings.IndexByte(from.AccessKeyID+from.SecretAccessKey+from.SessionToken, 0) >= 0 {
		return nativeCredentials{}, invalid("the credentials have an interior NUL")
	}
	id, secret := terminated(from.AccessKeyID), terminated(from.SecretAccessKey)
	session := terminated(from.SessionToken)
	defer clear(secret)
	defer clear(session)
	var expiresAt C.int64_t
	if !from.Expires.IsZero() {
		expiresAt = C.int64_t(from.Expires.Unix())
	}
	var made nativeCredentials
	var err *C.rdsiam_error
	status := C.rdsiam_credentials_new(start(id), start(secret), start(session), expiresAt,
		&made.c, &err)
	return made, errorOf(status, err)
}

func (n nativeCredentials) pointer() *C.rdsiam_credentials {
	collect()
	return n.c
}

func (n nativeCredentials) free() {
	C.rdsiam_credentials_free(n.pointer())
}

func (h *handle) tryGet(target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_try_get(h.pointer(), start(text), at, &a)
	return takeToken(&a)
}

func (h *handle) get(target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_get(h.pointer(), start(text), at, &a)
	return takeToken(&a)
}

func (h *handle) sign(target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_sign(h.pointer(), start(text), at, &a)
	return takeToken(&a)
}

func (h *handle) trySign(target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_try_sign(h.pointer(), start(text), at, &a)
	return takeToken(&a)
}

func (h *handle) invalidate(target Target) error {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_invalidate(h.pointer(), start(text), at, &a)
	return errorOf(a.status, a.err)
}

func (h *handle) invalidateToken(target Target, token Token) error {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_invalidate_if(h.pointer(), start(text), at, start(terminated(token.text)), &a)
	return errorOf(a.status, a.err)
}

func (h *handle) loginRefused(target Target, token Token, began time.Time) (bool, error) {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_login_refused(h.pointer(), start(text), at, start(terminated(token.text)),
		C.int64_t(began.Unix()), &a)
	return bool(a.flag), errorOf(a.status, a.err)
}

// getOrFetch returns a token, a request to fetch credentials, both, or neither: another has the request.
func (h *handle) getOrFetch(target Target) (Token, *request, error) {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_get_or_fetch(h.pointer(), start(text), at, &a)
	return takeAction(&a)
}

func (h *handle) signOrFetch(target Target) (Token, *request, error) {
	var space [spaceForTarget]byte
	text, at := pack(space[:0], target)
	var a C.answer
	C.go_sign_or_fetch(h.pointer(), start(text), at, &a)
	return takeAction(&a)
}

func takeAction(a *C.answer) (Token, *request, error) {
	token, err := takeToken(a)
	if a.request == nil {
		return token, nil, err
	}
	return token, &request{a.request}, err
}

// A request is the duty to fetch credentials for a client. Whoever has it frees it.
type request struct {
	c *C.rdsiam_request
}

func (r *request) pointer() *C.rdsiam_request {
	collect()
	return r.c
}

func (r *request) forceRefresh() bool {
	return bool(C.rdsiam_request_force_refresh(r.pointer()))
}

// complete reports whether to ask the provider once more.
func (r *request) complete(credentials nativeCredentials) (bool, error) {
	var again C.bool
	var err *C.rdsiam_error
	status := C.rdsiam_request_complete(r.pointer(), credentials.pointer(), &again, &err)
	return bool(again), errorOf(status, err)
}

// fail returns what those get who wait: nil if what the provider returned before is used.
func (r *request) fail(cause *Error) error {
	message := terminated(strings.ReplaceAll(cause.Message, "\x00", "\\0"))
	why := C.rdsiam_error_new(C.rdsiam_status(cause.Status), start(message), C.bool(cause.Retryable))
	defer C.rdsiam_error_free(why)
	var err *C.rdsiam_error
	status := C.rdsiam_request_fail(r.pointer(), why, &err)
	ended := errorOf(status, err)
	if own, ok := ended.(*Error); ok {
		own.cause = cause.cause
	}
	return ended
}

func (r *request) free() {
	C.rdsiam_request_free(r.pointer())
}

// spaceForTarget is more than the longest host name and the longest user take.
const spaceForTarget = 384

// pack puts the parts of a target one after the other, each with its NUL, so that they need no
// copies of their own in C.
func pack(space []byte, target Target) ([]byte, C.packed) {
	at := C.packed{port: C.uint16_t(target.Port)}
	text := append(append(space, target.Host...), 0)
	at.user = C.size_t(len(text))
	text = append(append(text, target.User...), 0)
	if target.Region != "" {
		at.region = C.size_t(len(text))
		text = append(append(text, target.Region...), 0)
	}
	return text, at
}

func terminated(text string) []byte {
	return append(append(make([]byte, 0, len(text)+1), text...), 0)
}

func start(text []byte) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(text)))
}

// takeToken copies the token of an answer, if it has one, and frees what is C's.
func takeToken(a *C.answer) (Token, error) {
	if a.status != C.RDSIAM_OK {
		return Token{}, errorOf(a.status, a.err)
	}
	if a.token == nil {
		return Token{}, nil
	}
	token := Token{C.GoStringN(a.text, C.int(a.length)), int64(a.signed_at), int64(a.expires_at)}
	C.rdsiam_token_free(a.token)
	return token, nil
}

// errorOf makes Go's error of C's, which it frees.
func errorOf(status C.rdsiam_status, err *C.rdsiam_error) error {
	if status == C.RDSIAM_OK {
		return nil
	}
	defer C.rdsiam_error_free(err)
	return &Error{
		Status:    int(status),
		Code:      C.GoString(C.rdsiam_error_code(err)),
		Message:   C.GoString(C.rdsiam_error_message(err)),
		Retryable: bool(C.rdsiam_error_retryable(err)),
	}
}
