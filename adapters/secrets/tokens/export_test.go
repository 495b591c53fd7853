package tokens

// AccessKey is the key with which access tokens are signed, for forging them.
func (i *Issuer) AccessKey() []byte { return i.keys[0].access }

// Dummy is the hash with which a password is compared when there is no account.
func (p *Passwords) Dummy() []byte { return p.dummy }
