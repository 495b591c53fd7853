package auth

import "time"

// IdentityKey names a person of an identity provider: the id of the identity's reservation stream. A provider's names of persons are
// not kept as they are.
func IdentityKey(issuer, subject string) string { return Hash("identity/" + issuer + "\n" + subject) }

// LinkIdentity ties the account to a person of an identity provider, who has proved the account's address there. Anybody could have
// registered the address before, with a password of their own; so unless the address was proved to us by mail, the password, all
// sessions, the second factor and the passkeys end.
func (u *User) LinkIdentity(issuer, key string, at time.Time) error {
	switch known := u.state.Identities[issuer]; {
	case known == key:
		return nil
	case known != "":
		return ErrOtherIdentity()
	}
	if !u.state.Proved && u.state.PasswordHash != "" {
		if err := u.ChangePassword("", false, at); err != nil {
			return err
		}
		if u.HasSecondFactor() {
			if err := u.DisableSecondFactor(false, at); err != nil {
				return err
			}
		}
		if err := u.endPasskeys(at); err != nil {
			return err
		}
	}
	return u.Record(u, IdentityLinked{UserID: u.state.ID, Issuer: issuer, Key: key, At: at})
}

// HasPassword reports whether the account has a password; one that was made by single sign-on has none.
func (u *User) HasPassword() bool { return u.state.PasswordHash != "" }
