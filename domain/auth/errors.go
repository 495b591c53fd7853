package auth

import (
	"errors"

	"github.com/morket/morket/domain/kernel"
)

// ErrStale is the cause of an ErrUnauthorized whose token was good once: it has run out, or its session was closed. It is no guess.
var ErrStale = errors.New("the token was good and has had its time")

// ErrCredentials is the one answer to a wrong address or a wrong password: it does not say which.
func ErrCredentials() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "INVALID_CREDENTIALS", "the email or the password is wrong")
}

// ErrUnauthorized is the answer to a token or key that is not, or no longer, good.
func ErrUnauthorized() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "sign in again: the token is not, or no longer, good")
}

// ErrRefreshReused is the answer to a refresh token that was used before: the whole session is closed.
func ErrRefreshReused() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "REFRESH_TOKEN_REUSED",
		"this refresh token was used before, so the session was closed; sign in again")
}

// ErrEmailTaken says that the address has an account.
func ErrEmailTaken() *kernel.Error {
	return kernel.E(kernel.KindConflict, "EMAIL_TAKEN", "there is an account with this email; sign in instead").
		With(kernel.Detail{Field: "email", Message: "is taken"})
}

// ErrResetToken is the answer to a reset token that is wrong, used or too old.
func ErrResetToken() *kernel.Error {
	return kernel.E(kernel.KindInvalid, "RESET_TOKEN_INVALID", "the link is wrong, was used, or is too old; ask for a new one").
		With(kernel.Detail{Field: "token", Message: "is not, or no longer, good"})
}
