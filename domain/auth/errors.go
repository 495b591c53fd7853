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

// ErrSecondFactor is the answer to a right password of an account with a second factor: the code is missing.
func ErrSecondFactor() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "SECOND_FACTOR_REQUIRED", "send the code of the authenticator app, too, or a recovery code").
		With(kernel.Detail{Field: "code", Message: "is needed"})
}

// ErrCode is the one answer to a code that is wrong, too old or was used.
func ErrCode() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "INVALID_CODE", "the code is wrong or was used; wait for the next one").
		With(kernel.Detail{Field: "code", Message: "is wrong or was used"})
}

// ErrSecondFactorOn says that the account has a second factor already.
func ErrSecondFactorOn() *kernel.Error {
	return kernel.E(kernel.KindConflict, "SECOND_FACTOR_ON", "two-step sign-in is on already; turn it off to set up another app")
}

// ErrSecondFactorOff says that the account has no second factor.
func ErrSecondFactorOff() *kernel.Error {
	return kernel.E(kernel.KindConflict, "SECOND_FACTOR_OFF", "two-step sign-in is not on")
}

// ErrNoPasskeys says that passkeys can't be used here.
func ErrNoPasskeys() *kernel.Error {
	return kernel.E(kernel.KindForbidden, "PASSKEYS_OFF",
		"browsers use passkeys only where the address of this Morket is a name; ask your operator to set MORKET_PUBLIC_URL")
}

// ErrPasskeyNeedsPassword says that an account without a password has no passkeys: its identity provider signs it in.
func ErrPasskeyNeedsPassword() *kernel.Error {
	return kernel.E(kernel.KindForbidden, "PASSKEY_NEEDS_PASSWORD", "you sign in with single sign-on, which has passkeys of its own")
}

// ErrPasskeyExpired is the answer to a passkey that was asked for too long ago, for something else, or that was taken already.
func ErrPasskeyExpired() *kernel.Error {
	return kernel.E(kernel.KindInvalid, "PASSKEY_EXPIRED", "this took too long or was done before; begin it again")
}

// ErrPasskeyMaking says that the new passkey could not be checked.
func ErrPasskeyMaking() *kernel.Error {
	return kernel.E(kernel.KindInvalid, "PASSKEY_REFUSED", "this passkey could not be checked; try again, or make it on another device")
}

// ErrPasskeyKnown says that the passkey was added before.
func ErrPasskeyKnown() *kernel.Error {
	return kernel.E(kernel.KindConflict, "PASSKEY_KNOWN", "this passkey was added before; make a new one")
}

// ErrPasskey is the one answer to a passkey that signs nobody in.
func ErrPasskey() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "INVALID_PASSKEY", "this passkey signs in nobody here; it may have been removed from the account")
}

// ErrPasskeyCopied says that two devices seem to have the same passkey, so that neither signs in.
func ErrPasskeyCopied() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "PASSKEY_COPIED",
		"this passkey may have been copied, so it no longer signs in; sign in another way, remove it, and add it again")
}

// ErrSignOnExpired is the answer to a single sign-on that was not begun in this browser, was completed, or took too long.
func ErrSignOnExpired() *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "SIGN_ON_EXPIRED", "this sign-in is too old, or was begun in another browser; begin it again")
}

// ErrNoSignOn says that nobody signs in by an identity provider here.
func ErrNoSignOn() *kernel.Error {
	return kernel.E(kernel.KindForbidden, "SIGN_ON_OFF", "single sign-on is not set up here; sign in with your password")
}

// ErrSignOnRefused says that the identity provider did not sign the person in.
func ErrSignOnRefused(provider string) *kernel.Error {
	return kernel.E(kernel.KindForbidden, "SIGN_ON_REFUSED", "%s did not sign you in; ask its administrator for access to Morket", provider)
}

// ErrSignOnFailed says that what the identity provider answered can't be trusted. Why is for the log.
func ErrSignOnFailed(provider string) *kernel.Error {
	return kernel.E(kernel.KindUnauthorized, "SIGN_ON_FAILED",
		"the answer of %s could not be checked; try again, and tell your operator if it stays so", provider)
}

// ErrSignOnEmail says that the identity provider names no address, or doesn't say that it is the person's.
func ErrSignOnEmail(provider string) *kernel.Error {
	return kernel.E(kernel.KindForbidden, "EMAIL_UNVERIFIED",
		"%s has not verified your email address; verify it there and sign in again", provider)
}

// ErrSignOnNotAllowed says that the person is signed in at the identity provider, but may not use this installation.
func ErrSignOnNotAllowed(why string) *kernel.Error {
	return kernel.E(kernel.KindForbidden, "SIGN_ON_NOT_ALLOWED", "%s; ask your operator for access", why)
}

// ErrOtherIdentity says that the account belongs to another person of the identity provider, who had the address before.
func ErrOtherIdentity() *kernel.Error {
	return kernel.E(kernel.KindForbidden, "SIGN_ON_OTHER_IDENTITY",
		"another person signed in with this email address before; ask your operator to give it to you")
}

// ErrSignOnOnly says that passwords are not taken here.
func ErrSignOnOnly(provider string) *kernel.Error {
	return kernel.E(kernel.KindForbidden, "SIGN_ON_ONLY", "this Morket takes no passwords; sign in with %s", provider)
}
