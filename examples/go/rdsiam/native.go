package rdsiam

/*
#include <rdsiam.h>

// What a call gave, read while in C: going there costs more than all of the reading.
typedef struct {
	rdsiam_status status;
	rdsiam_error *err;
	rdsiam_ticket *ticket;
	rdsiam_token *token;
	const char *text;
	size_t length;
	int64_t expires_at;
} answer;

// Where user and region begin in a text that has the host first; region 0: none.
typedef struct {
	size_t user, region;
	uint16_t port;
} layout;

#define TARGET text, at.port, text + at.user, at.region != 0 ? text + at.region : NULL

static void read_token(answer *a) {
	a->text = rdsiam_token_str(a->token);
	a->length = rdsiam_token_len(a->token);
	a->expires_at = rdsiam_token_expires_at(a->token);
}

static void go_try_get(const rdsiam_client *client, const char *text, layout at, answer *a) {
	a->status = rdsiam_token_try_get(client, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_get(const rdsiam_client *client, const char *text, layout at, answer *a) {
	a->status = rdsiam_token_get(client, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_sign(const rdsiam_client *client, const char *text, layout at, answer *a) {
	a->status = rdsiam_token_sign(client, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_sign_with(const rdsiam_client *client, const rdsiam_credentials *credentials,
                         const rdsiam_credentials *newer, const char *text, layout at, answer *a) {
	a->status = rdsiam_token_sign_with(client, credentials, newer, TARGET, &a->token, &a->err);
	read_token(a);
}

static void go_take(const rdsiam_client *client, const char *text, layout at, answer *a) {
	a->status = rdsiam_ticket_take(client, TARGET, &a->token, &a->ticket, &a->err);
	read_token(a);
}

static void go_bring(rdsiam_ticket *ticket, const rdsiam_credentials *credentials,
                     const rdsiam_credentials *newer, answer *a) {
	a->status = rdsiam_ticket_bring(ticket, credentials, newer, &a->token, &a->err);
	read_token(a);
}

static void go_invalidate(const rdsiam_client *client, const char *text, layout at, answer *a) {
	a->status = rdsiam_token_invalidate(client, TARGET, &a->err);
}

// No function here calls back or keeps what it is given: Go memory may stay on the stack.
#cgo noescape go_try_get
#cgo nocallback go_try_get
#cgo noescape go_get
#cgo nocallback go_get
#cgo noescape go_sign
#cgo nocallback go_sign
#cgo noescape go_sign_with
#cgo nocallback go_sign_with
#cgo noescape go_take
#cgo nocallback go_take
#cgo noescape go_bring
#cgo nocallback go_bring
#cgo noescape go_invalidate
#cgo nocallback go_invalidate
#cgo noescape rdsiam_credentials_new
#cgo nocallback rdsiam_credentials_new
#cgo nocallback rdsiam_token_free
*/
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

const (
	statusInvalidArgument     = C.RDSIAM_ERR_INVALID_ARGUMENT
	statusRegionMissing       = C.RDSIAM_ERR_REGION_MISSING
	statusCredentialsNotFound = C.RDSIAM_ERR_CREDENTIALS_NOT_FOUND
	statusCredentialsExpired  = C.RDSIAM_ERR_CREDENTIALS_EXPIRED
	statusCredentialsProvider = C.RDSIAM_ERR_CREDENTIALS_PROVIDER
	statusTimeout             = C.RDSIAM_ERR_TIMEOUT
	statusWouldBlock          = C.RDSIAM_ERR_WOULD_BLOCK
	statusClock               = C.RDSIAM_ERR_CLOCK
	statusInternal            = C.RDSIAM_ERR_INTERNAL
	statusPanic               = C.RDSIAM_ERR_PANIC
)

// Version gives the version of the C library that is loaded, such as "0.1.0".
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
	return client, settle(status, err)
}

func configure(config *C.rdsiam_config, s *settings) error {
	var err *C.rdsiam_error
	if s.region != "" {
		text := terminated(s.region)
		status := C.rdsiam_config_set_region(config, start(text), &err)
		if err := settle(status, err); err != nil {
			return err
		}
	}
	if s.profile != "" {
		text := terminated(s.profile)
		status := C.rdsiam_config_set_profile(config, start(text), &err)
		if err := settle(status, err); err != nil {
			return err
		}
	}
	if s.refreshBefore != nil {
		before := C.uint32_t(seconds(*s.refreshBefore))
		status := C.rdsiam_config_set_refresh_before(config, before, &err)
		if err := settle(status, err); err != nil {
			return err
		}
	}
	if s.provider != nil {
		return settle(C.rdsiam_config_set_external(config, &err), err)
	}
	if s.credentials != nil {
		credentials, failed := newCredentials(*s.credentials)
		if failed != nil {
			return failed
		}
		defer credentials.free()
		status := C.rdsiam_config_set_credentials(config, credentials.pointer(), &err)
		return settle(status, err)
	}
	return nil
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
	return made, settle(status, err)
}

func (n nativeCredentials) pointer() *C.rdsiam_credentials {
	collect()
	return n.c
}

func (n nativeCredentials) wantNewer() bool {
	return bool(C.rdsiam_credentials_want_newer(n.pointer()))
}

func (n nativeCredentials) free() {
	C.rdsiam_credentials_free(n.pointer())
}

func (h *handle) tryGet(target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := lay(space[:0], target)
	var a C.answer
	C.go_try_get(h.pointer(), start(text), at, &a)
	return accept(&a)
}

func (h *handle) get(target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := lay(space[:0], target)
	var a C.answer
	C.go_get(h.pointer(), start(text), at, &a)
	return accept(&a)
}

func (h *handle) sign(target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := lay(space[:0], target)
	var a C.answer
	C.go_sign(h.pointer(), start(text), at, &a)
	return accept(&a)
}

func (h *handle) signWith(credentials, newer nativeCredentials, target Target) (Token, error) {
	var space [spaceForTarget]byte
	text, at := lay(space[:0], target)
	var a C.answer
	C.go_sign_with(h.pointer(), credentials.pointer(), newer.pointer(), start(text), at, &a)
	return accept(&a)
}

func (h *handle) invalidate(target Target) error {
	var space [spaceForTarget]byte
	text, at := lay(space[:0], target)
	var a C.answer
	C.go_invalidate(h.pointer(), start(text), at, &a)
	return settle(a.status, a.err)
}

// take gives a token, a ticket to fetch credentials for one, both, or neither: another has the
// ticket.
func (h *handle) take(target Target) (Token, *ticket, error) {
	var space [spaceForTarget]byte
	text, at := lay(space[:0], target)
	var a C.answer
	C.go_take(h.pointer(), start(text), at, &a)
	token, err := accept(&a)
	if a.ticket == nil {
		return token, nil, err
	}
	return token, &ticket{a.ticket}, err
}

// A ticket is the duty to fetch credentials for one token. Whoever has it frees it.
type ticket struct {
	c *C.rdsiam_ticket
}

func (t *ticket) pointer() *C.rdsiam_ticket {
	collect()
	return t.c
}

func (t *ticket) bring(credentials, newer nativeCredentials) (Token, error) {
	var a C.answer
	C.go_bring(t.pointer(), credentials.pointer(), newer.pointer(), &a)
	return accept(&a)
}

func (t *ticket) free() {
	C.rdsiam_ticket_free(t.pointer())
}

// spaceForTarget is more than the longest host name and the longest user take.
const spaceForTarget = 384

// lay puts the parts of a target one after the other, each with its NUL, so that they need no
// copies of their own in C.
func lay(space []byte, target Target) ([]byte, C.layout) {
	at := C.layout{port: C.uint16_t(target.Port)}
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

// accept copies the token of an answer, if it has one, and frees what is C's.
func accept(a *C.answer) (Token, error) {
	if a.status != C.RDSIAM_OK {
		return Token{}, settle(a.status, a.err)
	}
	if a.token == nil {
		return Token{}, nil
	}
	token := Token{C.GoStringN(a.text, C.int(a.length)), int64(a.expires_at)}
	C.rdsiam_token_free(a.token)
	return token, nil
}

// settle makes Go's error of C's, which it frees.
func settle(status C.rdsiam_status, err *C.rdsiam_error) error {
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
