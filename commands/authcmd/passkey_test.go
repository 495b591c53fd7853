package authcmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/passkeys"
	"github.com/morket/morket/adapters/secrets/passkeys/passkeystest"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

const site, origin = "morket.example", "https://morket.example"

func withPasskeys(t *testing.T, w *world) *authcmd.Passkeys {
	t.Helper()
	checker, err := passkeys.New(site, origin)
	require.NoError(t, err)
	return &authcmd.Passkeys{Checker: checker, Ceremonies: w.tokens, Domain: site, Origin: origin}
}

// givenPasskeys is the world where passkeys can be used.
func givenPasskeys(t *testing.T) *world {
	t.Helper()
	return givenWith(t, func(w *world, c *authcmd.Config) { c.Passkeys = withPasskeys(t, w) })
}

func (w *world) device() *passkeystest.Device { return passkeystest.New(w.t, site, origin) }

// add makes a passkey of Ann's on the device.
func (w *world) add(d *passkeystest.Device, name, code string) authcmd.Passkey {
	w.t.Helper()
	offer, err := w.h.BeginPasskey(w.t.Context(), w.meta(), password, code)
	require.NoError(w.t, err)
	res, err := w.h.AddPasskey(w.t.Context(), w.meta(), authcmd.AddPasskey{Attempt: offer.Attempt, Name: name, Made: d.Make(offer.User, offer.Challenge)})
	require.NoError(w.t, err)
	require.Contains(w.t, <-w.mails, name)
	return res.Value
}

// shown is the device's answer to a question of its own.
func (w *world) shown(d *passkeystest.Device) authcmd.ShowPasskey {
	w.t.Helper()
	r, err := w.h.BeginPasskeySignIn()
	require.NoError(w.t, err)
	return authcmd.ShowPasskey{Attempt: r.Attempt, Shown: d.Show(r.Challenge)}
}

func (w *world) show(s authcmd.ShowPasskey) (authcmd.Opened, error) {
	res, err := w.h.PasskeySignIn(w.t.Context(), kernel.Meta{}, s, "Firefox")
	return res.Value, err
}

func (w *world) passkeys() []authcmd.Passkey {
	w.t.Helper()
	own, err := w.h.Passkeys(w.t.Context(), w.ann)
	require.NoError(w.t, err)
	require.True(w.t, own.Available)
	return own.Passkeys
}

func TestAPasskeyAloneSignsIn(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	require.Empty(t, w.passkeys())
	d := w.device()
	made := w.add(d, "Laptop", "")
	require.Equal(t, []authcmd.Passkey{made}, w.passkeys())
	w.clock.Advance(time.Hour)
	o, err := w.show(w.shown(d))
	require.NoError(t, err)
	require.Equal(t, w.ann, o.User.ID)
	require.True(t, w.good(o.Access))
	require.Equal(t, w.clock.Now(), *w.passkeys()[0].LastUsedAt)
	require.NoError(t, w.loginWith(""), "a passkey is one way more, not a second step")

	_, err = w.h.RenamePasskey(t.Context(), w.meta(), made.ID, " Work laptop ")
	require.NoError(t, err)
	require.Equal(t, "Work laptop", w.passkeys()[0].Name)
	_, err = w.h.RemovePasskey(t.Context(), w.meta(), made.ID, "not the password")
	refused(t, err, "INVALID_CREDENTIALS")
	_, err = w.h.RemovePasskey(t.Context(), w.meta(), made.ID, password)
	require.NoError(t, err)
	require.Empty(t, w.passkeys())
	_, err = w.show(w.shown(d))
	refused(t, err, "INVALID_PASSKEY")
	require.True(t, w.good(o.Access), "what was opened stays open")
}

// A passkey has verified its person, so it is two factors by itself; and it takes the code's place.
func TestAPasskeyTakesThePlaceOfTheCode(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	a, _ := w.enrolled()
	_, err := w.h.BeginPasskey(t.Context(), w.meta(), password, "")
	refused(t, err, "VALIDATION_FAILED")
	_, err = w.h.BeginPasskey(t.Context(), w.meta(), password, "nonsense")
	refused(t, err, "INVALID_CODE")
	code := a.next()
	d := w.device()
	w.add(d, "Phone", code)
	_, err = w.h.BeginPasskey(t.Context(), w.meta(), password, code)
	refused(t, err, "INVALID_CODE") // it was taken
	_, err = w.show(w.shown(d))
	require.NoError(t, err)

	login := func(address, password string, s authcmd.ShowPasskey) error {
		_, err := w.h.Login(t.Context(), kernel.Meta{}, authcmd.Login{Email: address, Password: password, Passkey: &s})
		return err
	}
	require.NoError(t, login(email, password, w.shown(d)))
	refused(t, login(email, "wrong", w.shown(d)), "INVALID_CREDENTIALS")
	lying := d.Copy()
	lying.Flags = passkeystest.Present
	refused(t, login(email, password, w.shown(lying)), "INVALID_PASSKEY")
	_, err = w.h.Register(t.Context(), kernel.Meta{}, authcmd.Register{Email: "bob@example.com", Password: better, Name: "Bob"})
	require.NoError(t, err)
	refused(t, login("bob@example.com", better, w.shown(d)), "INVALID_PASSKEY") // it is another person's
}

func TestWhatMakesAPasskey(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	_, err := w.h.BeginPasskey(t.Context(), w.meta(), "not the password", "")
	refused(t, err, "INVALID_CREDENTIALS")
	key := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1", OnBehalfOf: w.ann}, Workspace: workspace}
	_, err = w.h.BeginPasskey(t.Context(), key, password, "")
	require.Equal(t, kernel.KindForbidden, kindOf(err))

	begin := func() authcmd.PasskeyOffer {
		offer, err := w.h.BeginPasskey(t.Context(), w.meta(), password, "")
		require.NoError(t, err)
		return offer
	}
	offer, late, d := begin(), begin(), w.device()
	add := func(meta kernel.Meta, attempt, name string, m auth.MadePasskey) error {
		_, err := w.h.AddPasskey(t.Context(), meta, authcmd.AddPasskey{Attempt: attempt, Name: name, Made: m})
		return err
	}
	m := d.Make(offer.User, offer.Challenge)
	refused(t, add(w.meta(), offer.Attempt, " ", m), "VALIDATION_FAILED")
	refused(t, add(w.meta(), offer.Attempt, "Laptop", auth.MadePasskey{}), "VALIDATION_FAILED")
	refused(t, add(w.meta(), "made up", "Laptop", m), "PASSKEY_EXPIRED")
	bob, err := w.h.Register(t.Context(), kernel.Meta{}, authcmd.Register{Email: "bob@example.com", Password: better, Name: "Bob"})
	require.NoError(t, err)
	asBob := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(bob.Value.ID)}}
	refused(t, add(asBob, offer.Attempt, "Laptop", m), "PASSKEY_EXPIRED") // it is Ann's attempt
	refused(t, add(w.meta(), w.shown(d).Attempt, "Laptop", m), "PASSKEY_EXPIRED")
	require.NoError(t, add(w.meta(), offer.Attempt, "Laptop", m))
	require.Contains(t, <-w.mails, "Laptop")
	refused(t, add(w.meta(), offer.Attempt, "Laptop", m), "PASSKEY_EXPIRED") // once

	again := begin()
	require.Len(t, again.Exclude, 1)
	require.Equal(t, d.ID, again.Exclude[0].ID)
	refused(t, add(w.meta(), again.Attempt, "Again", d.Make(again.User, again.Challenge)), "PASSKEY_KNOWN")
	own := w.passkeys()
	require.Len(t, own, 1)
	_, err = w.h.RemovePasskey(t.Context(), w.meta(), own[0].ID, password)
	require.NoError(t, err)
	again = begin()
	refused(t, add(w.meta(), again.Attempt, "Again", d.Make(again.User, again.Challenge)), "PASSKEY_KNOWN") // of one account for ever
	wrong := begin()
	refused(t, add(w.meta(), wrong.Attempt, "Wrong", w.device().Make(wrong.User, late.Challenge)), "PASSKEY_REFUSED")
	w.clock.Advance(auth.CeremonyLife + time.Second)
	refused(t, add(w.meta(), late.Attempt, "Late", w.device().Make(late.User, late.Challenge)), "PASSKEY_EXPIRED")
	require.Empty(t, w.mails, "nothing was told of what was refused")
}

func TestAnAttemptIsShownOnceAndInTime(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	d := w.device()
	w.add(d, "Laptop", "")
	first, late := w.shown(d), w.shown(d)
	_, err := w.show(first)
	require.NoError(t, err)
	_, err = w.show(first)
	refused(t, err, "PASSKEY_EXPIRED")
	other, err := w.h.BeginPasskeySignIn()
	require.NoError(t, err)
	_, err = w.show(authcmd.ShowPasskey{Attempt: other.Attempt, Shown: late.Shown})
	refused(t, err, "INVALID_PASSKEY") // an answer to another question
	offer, err := w.h.BeginPasskey(t.Context(), w.meta(), password, "")
	require.NoError(t, err)
	_, err = w.show(authcmd.ShowPasskey{Attempt: offer.Attempt, Shown: d.Show(offer.Challenge)})
	refused(t, err, "PASSKEY_EXPIRED") // a question of another kind
	w.clock.Advance(auth.CeremonyLife + time.Second)
	_, err = w.show(late)
	refused(t, err, "PASSKEY_EXPIRED")
}

func TestAPasskeySignsInOneOfTwo(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	d := w.device()
	w.add(d, "Laptop", "")
	w.serial = &sync.Mutex{}
	s := w.shown(d)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = w.show(s) })
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
			continue
		}
		refused(t, err, "PASSKEY_EXPIRED")
	}
	require.Equal(t, 1, good)
}

func TestACopyIsRefusedAndTold(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	d := w.device()
	w.add(d, "Laptop", "")
	copied := d.Copy()
	_, err := w.show(w.shown(d))
	require.NoError(t, err)
	_, err = w.show(w.shown(copied))
	refused(t, err, "PASSKEY_COPIED")
	require.Contains(t, <-w.mails, `"Laptop" was used in a way`)
	require.NotNil(t, w.passkeys()[0].BlockedAt)
	for range 3 {
		_, err = w.show(w.shown(d))
		refused(t, err, "PASSKEY_COPIED") // which of the two is the person's, nobody knows
	}
	require.Empty(t, w.mails, "it is told once")
	require.NoError(t, w.loginWith(""))

	still := w.device()
	still.Step = 0
	w.add(still, "Synchronised", "")
	for range 3 {
		_, err = w.show(w.shown(still))
		require.NoError(t, err, "a device without a counter")
	}
}

func TestWrongPasskeysAreBounded(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	d := w.device()
	w.add(d, "Laptop", "")
	forged := d.Copy()
	forged.Origin = "https://evil.example"
	for range 10 {
		s := w.shown(w.device())
		s.Shown.User = []byte(w.ann)
		_, err := w.show(s)
		refused(t, err, "INVALID_PASSKEY") // a passkey that Ann has not locks nobody out
	}
	for range 5 {
		_, err := w.show(w.shown(forged))
		refused(t, err, "INVALID_PASSKEY")
	}
	_, err := w.show(w.shown(d))
	refused(t, err, "LOCKED_OUT")
	require.NoError(t, w.loginWith(""), "passwords are counted apart")
	for _, user := range []string{"usr_01JZZZZZZZZZZZZZZZZZZZZZZZ", "nobody", strings.Repeat("x", 64)} {
		s := w.shown(w.device())
		s.Shown.User = []byte(user)
		_, err = w.show(s)
		refused(t, err, "INVALID_PASSKEY")
	}
}

func TestPasskeysOfAnUnprovedAddressEnd(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	d := w.device()
	w.add(d, "Somebody's", "")
	_, err := w.h.RequestReset(t.Context(), kernel.Meta{}, email)
	require.NoError(t, err)
	_, err = w.h.ResetPassword(t.Context(), kernel.Meta{}, authcmd.ResetPassword{Token: resetLink.FindString(<-w.mails), Password: better})
	require.NoError(t, err)
	_, err = w.show(w.shown(d))
	refused(t, err, "INVALID_PASSKEY")
}

func TestPasskeysAndSingleSignOn(t *testing.T) {
	t.Parallel()
	p := &provider{person: annAtIdP()}
	w := givenWith(t, func(w *world, c *authcmd.Config) {
		c.Passkeys = withPasskeys(t, w)
		c.SignOn = &authcmd.SignOn{Provider: p, Name: "Okta", Domains: []string{"example.com"}, Joins: p, SignOns: w.tokens}
	})
	d := w.device()
	w.add(d, "Laptop", "")
	w.only()
	_, err := w.show(w.shown(d))
	refused(t, err, "SIGN_ON_ONLY")
	_, err = w.complete(w.attempt())
	require.NoError(t, err)
	own, err := w.h.Passkeys(t.Context(), w.ann)
	require.NoError(t, err)
	require.False(t, own.Available)
	require.Empty(t, own.Passkeys, "the address was never proved to be the one's who added it")
	_, err = w.h.BeginPasskey(t.Context(), w.meta(), password, "")
	refused(t, err, "PASSKEY_NEEDS_PASSWORD")
}

func TestWithoutAnAddressForPasskeysThereAreNone(t *testing.T) {
	t.Parallel()
	w := given(t)
	require.Nil(t, w.h.PasskeysWay())
	_, err := w.h.BeginPasskeySignIn()
	refused(t, err, "PASSKEYS_OFF")
	_, err = w.h.BeginPasskey(t.Context(), w.meta(), password, "")
	refused(t, err, "PASSKEYS_OFF")
	own, err := w.h.Passkeys(t.Context(), w.ann)
	require.NoError(t, err)
	require.False(t, own.Available)
}

// deaf loses every mail.
type deaf struct{ *world }

func (deaf) Send(context.Context, string, string, string) error { return errors.New("no mail today") }

func TestAPasskeyIsAddedAlsoWhenNoMailCanBeSent(t *testing.T) {
	t.Parallel()
	w := givenWith(t, func(w *world, c *authcmd.Config) { c.Passkeys, c.Mailer = withPasskeys(t, w), deaf{w} })
	offer, err := w.h.BeginPasskey(t.Context(), w.meta(), password, "")
	require.NoError(t, err)
	_, err = w.h.AddPasskey(t.Context(), w.meta(), authcmd.AddPasskey{Attempt: offer.Attempt, Name: "x", Made: w.device().Make(offer.User, offer.Challenge)})
	require.NoError(t, err)
	require.Len(t, w.passkeys(), 1)
}

func TestTheLogTellsNothingOfDevices(t *testing.T) {
	t.Parallel()
	w := givenPasskeys(t)
	d := w.device()
	w.add(d, "Ann's telephone", "")
	_, err := w.show(w.shown(d))
	require.NoError(t, err)
	id, err := json.Marshal(d.ID)
	require.NoError(t, err)
	events, err := w.log.ReadAll(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(events), "passkey_used")
	for _, e := range events {
		for _, secret := range []string{"telephone", strings.Trim(string(id), `"`), "internal"} {
			require.NotContains(t, string(e.Data), secret, e.Type)
		}
	}
}
