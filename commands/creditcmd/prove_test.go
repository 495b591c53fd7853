package creditcmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// altered is a log of whose streams somebody has changed what is stored.
type altered struct {
	eventstore.Store
	change func(stream eventstore.StreamID, events []eventstore.Recorded) []eventstore.Recorded
}

func (a *altered) ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error) {
	all, err := a.Store.ReadStream(ctx, stream, 0, 100_000)
	if err != nil || a.change == nil {
		return a.Store.ReadStream(ctx, stream, after, limit)
	}
	var page []eventstore.Recorded
	for _, e := range a.change(stream, all) {
		if e.Version > after && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

type proving struct {
	t      *testing.T
	log    *altered
	codec  *eventstore.Codec
	clock  *kernel.ManualClock
	ledger *creditcmd.Ledger
	h      *creditcmd.Handlers
}

func newProving(t *testing.T, keys credit.Keys) *proving {
	t.Helper()
	codec, err := eventstore.NewCodec(credit.Events())
	require.NoError(t, err)
	p := &proving{t: t, codec: codec, clock: clock()}
	p.log = &altered{Store: memstore.New(p.clock)}
	p.open(keys)
	return p
}

// open is a process that starts.
func (p *proving) open(keys credit.Keys) {
	p.ledger = creditcmd.NewLedger(p.log, p.codec, keys)
	p.h = creditcmd.NewHandlers(p.ledger, p.clock)
}

func by(actor string) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: actor}, Workspace: ws}
}

// work grants, reserves, pays and sets caps in the workspace.
func (p *proving) work(ws kernel.WorkspaceID) {
	p.t.Helper()
	meta := by("usr_1")
	do := func(fn func(*credit.Account) error) {
		_, err := p.ledger.Commit(p.t.Context(), meta, ws, nil, fn)
		require.NoError(p.t, err)
	}
	at := p.clock.Now()
	do(func(a *credit.Account) error { return a.Grant(credit.KindGrant, 10_000, "hello", at) })
	do(func(a *credit.Account) error { return a.Reserve("r", "run_1", "tbl_1", 4_000, at) })
	do(func(a *credit.Account) error { return a.SetCaps([]credit.Cap{{Scope: credit.ScopeRun, Limit: 9_000}}) })
	do(func(a *credit.Account) error {
		return a.Debit("r", []credit.Line{{Row: "row_1", Column: "col_1", Provider: "p", Attempt: 1, Amount: 1_500, AnswerHash: "h"}}, at)
	})
	do(func(a *credit.Account) error { return a.Release("r", at) })
}

func (p *proving) prove(known creditcmd.Known) *credit.Proof {
	p.t.Helper()
	proof, err := p.ledger.Prove(p.t.Context(), ws, known)
	require.NoError(p.t, err)
	return proof
}

func (p *proving) sign() {
	p.t.Helper()
	signed, err := p.h.SignHead(p.t.Context(), kernel.Meta{Actor: kernel.System()}, ws, nil)
	require.NoError(p.t, err)
	require.True(p.t, signed)
}

func ledgerStream(ws kernel.WorkspaceID) eventstore.StreamID {
	return eventstore.Stream(creditcmd.Category, string(ws))
}

// rewrite changes an entry's content and makes the hash that it then has, and that of all after it, as one who knows the code but not the
// key can.
func rewrite(change func(e *credit.Entry)) func([]eventstore.Recorded) []eventstore.Recorded {
	return func(events []eventstore.Recorded) []eventstore.Recorded {
		out, prev := append([]eventstore.Recorded(nil), events...), ""
		for i := range out {
			var e credit.Entry
			if json.Unmarshal(out[i].Data, &e) != nil || e.Seq == 0 {
				continue
			}
			change(&e)
			e.PrevHash = prev
			e.Hash = e.Sum()
			prev = e.Hash
			out[i].Data, _ = json.Marshal(e)
		}
		return out
	}
}

func TestALedgerThatWasChangedInItsDatabaseDoesNotProve(t *testing.T) {
	t.Parallel()
	type events = []eventstore.Recorded
	edit := func(i int, from, to string) func(events) events {
		return func(all events) events {
			out := append(events(nil), all...)
			out[i].Data = bytes.Replace(out[i].Data, []byte(from), []byte(to), 1)
			require.NotEqual(t, string(all[i].Data), string(out[i].Data), "nothing was changed")
			return out
		}
	}
	for name, c := range map[string]struct {
		change func(events) events
		says   string
	}{
		"an amount":    {edit(0, `"amount_mc":10000`, `"amount_mc":90000`), "its content does not have its hash"},
		"a note":       {edit(0, `"hello"`, `"other"`), "its content does not have its hash"},
		"a line":       {edit(3, `"row_1"`, `"row_2"`), "its content does not have its hash"},
		"a signature":  {edit(1, `"mac":"`, `"mac":"0`), "signature"},
		"the last cut": {func(all events) events { return all[:len(all)-1] }, "the ledger ends at entry 3"},
		"all cut":      {func(events) events { return nil }, "the ledger ends at entry 0"},
		"one taken out": {func(all events) events {
			return append(append(events{}, all[:1]...), all[2:]...)
		}, "entry 3 follows entry 1"},
		"the chain rewritten": {rewrite(func(e *credit.Entry) {
			if e.Seq == 1 {
				e.Amount = 90_000
			}
		}), "its signature is not of its key"},
		"the chain rewritten without signatures": {rewrite(func(e *credit.Entry) {
			e.Version, e.Workspace, e.Actor, e.Key, e.MAC, e.AfterVersion, e.After = 0, "", nil, "", "", 0, 0
			if e.Seq == 1 {
				e.Amount = 90_000
			}
		}), "it is not the head that was signed"},
		"the chain rewritten under a made-up key": {rewrite(func(e *credit.Entry) { e.Key = "deadbeef" }), "it is not the head that was signed"},
		"an actor": {func(all events) events {
			out := append(events(nil), all...)
			out[0].Metadata = bytes.Replace(out[0].Metadata, []byte("usr_1"), []byte("usr_2"), 1)
			return out
		}, "its actor is not the one that was signed"},
		"positions": {func(all events) events {
			out := append(events(nil), all...)
			for i := range out {
				out[i].Position += 7
			}
			return out
		}, "which is not where it is now"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProving(t, ledgertest.Keys())
			p.work(ws)
			p.sign()
			require.True(t, p.prove(creditcmd.Known{}).OK)
			p.log.change = func(stream eventstore.StreamID, all events) events {
				if stream != ledgerStream(ws) {
					return all
				}
				return c.change(all)
			}
			proof := p.prove(creditcmd.Known{})
			require.False(t, proof.OK)
			require.Contains(t, proof.FirstBad.Reason, c.says)
		})
	}
}

func TestAnEntryThatWasForgedDoesNotProve(t *testing.T) {
	t.Parallel()
	for _, version := range []int{0, 2, 3} {
		p := newProving(t, ledgertest.Keys())
		p.work(ws)
		p.log.change = func(stream eventstore.StreamID, all []eventstore.Recorded) []eventstore.Recorded {
			if stream != ledgerStream(ws) {
				return all
			}
			var last credit.Entry
			require.NoError(t, json.Unmarshal(all[len(all)-1].Data, &last))
			forged := credit.Entry{Version: version, Workspace: ws, Seq: last.Seq + 1, Kind: credit.KindGrant, Amount: 1_000_000, At: last.At, PrevHash: last.Hash, Key: last.Key}
			forged.Hash, forged.MAC = forged.Sum(), last.MAC
			r := all[0]
			r.Version, r.Position = all[len(all)-1].Version+1, all[len(all)-1].Position+1
			var err error
			r.Data, err = json.Marshal(forged)
			require.NoError(t, err)
			return append(append([]eventstore.Recorded{}, all...), r)
		}
		proof := p.prove(creditcmd.Known{})
		require.False(t, proof.OK, version)
		p.open(ledgertest.Keys())
		_, err := p.h.Grant(t.Context(), by("usr_1"), creditcmd.Grant{Workspace: ws, Amount: 1})
		require.ErrorIs(t, err, credit.ErrClosed(), "nothing is built on it")
	}
}

func TestTheLedgerOfAnotherWorkspaceIsNotTaken(t *testing.T) {
	t.Parallel()
	p := newProving(t, ledgertest.Keys())
	p.work("ws_rich")
	p.log.change = func(stream eventstore.StreamID, all []eventstore.Recorded) []eventstore.Recorded {
		if stream != ledgerStream(ws) {
			return all
		}
		others, err := p.log.Store.ReadStream(t.Context(), ledgerStream("ws_rich"), 0, 100)
		require.NoError(t, err)
		return others
	}
	proof := p.prove(creditcmd.Known{})
	require.False(t, proof.OK)
	require.Contains(t, proof.FirstBad.Reason, "belongs to the workspace ws_rich")
	a, err := p.ledger.Account(t.Context(), ws)
	require.NoError(t, err)
	require.ErrorIs(t, a.Check(ws), credit.ErrClosed())
}

func TestWhatIsKnownFromElsewhereIsCompared(t *testing.T) {
	t.Parallel()
	p := newProving(t, ledgertest.Keys())
	p.work(ws)
	early := p.prove(creditcmd.Known{})
	shown := &credit.Shown{Seq: early.HeadSeq, Hash: early.HeadHash, Available: early.Available, Reserved: early.Reserved, Spent: early.Spent}
	_, err := p.h.Grant(t.Context(), by("usr_2"), creditcmd.Grant{Workspace: ws, Amount: 5})
	require.NoError(t, err)
	require.True(t, p.prove(creditcmd.Known{Shown: shown, ExpectSeq: early.HeadSeq, ExpectHash: early.HeadHash}).OK, "a read model may be behind")
	for name, known := range map[string]creditcmd.Known{
		"another balance":    {Shown: &credit.Shown{Seq: shown.Seq, Hash: shown.Hash, Available: shown.Available + 1, Spent: shown.Spent}},
		"a balance ahead":    {Shown: &credit.Shown{Seq: shown.Seq + 9, Hash: shown.Hash}},
		"another hash":       {ExpectSeq: early.HeadSeq, ExpectHash: strings.Repeat("0", 64)},
		"an entry not yet":   {ExpectSeq: early.HeadSeq + 7, ExpectHash: early.HeadHash},
		"a hash of an other": {ExpectSeq: 1, ExpectHash: early.HeadHash},
	} {
		proof, err := p.h.Prove(t.Context(), kernel.Meta{Actor: kernel.System()}, ws, known)
		require.NoError(t, err)
		require.False(t, proof.OK, name)
	}
	_, err = p.h.Grant(t.Context(), by("usr_2"), creditcmd.Grant{Workspace: ws, Amount: 5})
	require.NoError(t, err, "the ledger itself proves, so it stays open")
}

func TestALedgerThatDoesNotProveIsClosedUntilItProvesAndAnOperatorOpensIt(t *testing.T) {
	t.Parallel()
	p := newProving(t, ledgertest.Keys())
	p.work(ws)
	p.log.change = func(stream eventstore.StreamID, all []eventstore.Recorded) []eventstore.Recorded {
		out := append([]eventstore.Recorded(nil), all...)
		if stream == ledgerStream(ws) {
			out[0].Data = bytes.Replace(out[0].Data, []byte(`"hello"`), []byte(`"other"`), 1)
		}
		return out
	}
	for range 2 { // a second look closes nothing twice
		proof, err := p.h.Prove(t.Context(), by("usr_1"), ws, creditcmd.Known{})
		require.NoError(t, err)
		require.False(t, proof.OK)
	}
	closed := 0
	all, err := p.log.Store.ReadStream(t.Context(), ledgerStream(ws), 0, 100)
	require.NoError(t, err)
	for _, e := range all {
		if e.Type == (credit.Closed{}).EventType() {
			closed++
		}
	}
	require.Equal(t, 1, closed)
	refused := func(why string) {
		_, err := p.h.Grant(t.Context(), by("usr_1"), creditcmd.Grant{Workspace: ws, Amount: 1})
		require.ErrorIs(t, err, credit.ErrClosed(), why)
		require.Contains(t, err.Error(), "does not prove")
	}
	refused("in the process that had it in memory")
	p.open(ledgertest.Keys())
	refused("in a process that starts")
	_, err = p.h.Reopen(t.Context(), by("op"), creditcmd.Reopen{Workspace: ws, Note: "looked at it"})
	require.ErrorIs(t, err, credit.ErrClosed(), "it does not prove yet")

	p.log.change = nil
	p.open(ledgertest.Keys())
	refused("mended, but not opened")
	_, err = p.h.Reopen(t.Context(), by("op"), creditcmd.Reopen{Workspace: ws, Note: "the note was changed by hand; restored"})
	require.NoError(t, err)
	_, err = p.h.Grant(t.Context(), by("usr_1"), creditcmd.Grant{Workspace: ws, Amount: 1})
	require.NoError(t, err)
}

func TestAHeadIsSignedOnceADay(t *testing.T) {
	t.Parallel()
	p := newProving(t, ledgertest.Keys())
	p.work(ws)
	p.sign()
	again, err := p.h.SignHead(t.Context(), kernel.Meta{Actor: kernel.System()}, ws, nil)
	require.NoError(t, err)
	require.False(t, again)
	p.clock.Advance(24 * 60 * 60 * 1e9)
	p.sign()
	require.Equal(t, 2, p.prove(creditcmd.Known{}).Heads)
}

// The old key may go once the ledger is signed under the new one; before, what it signed can't be proven and the ledger is closed.
func TestAChangeOfTheKey(t *testing.T) {
	t.Parallel()
	old, fresh := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	with := func(secrets ...[]byte) credit.Keys {
		k, err := credit.NewKeys(secrets...)
		require.NoError(t, err)
		return k
	}
	p := newProving(t, with(old))
	p.work(ws)
	p.open(with(fresh))
	require.False(t, p.prove(creditcmd.Known{}).OK)
	_, err := p.h.Grant(t.Context(), by("usr_1"), creditcmd.Grant{Workspace: ws, Amount: 1})
	require.ErrorIs(t, err, credit.ErrClosed())

	p.open(with(fresh, old))
	p.sign()
	p.open(with(fresh))
	proof := p.prove(creditcmd.Known{})
	require.True(t, proof.OK, "%+v", proof.FirstBad)
	_, err = p.h.Grant(t.Context(), by("usr_1"), creditcmd.Grant{Workspace: ws, Amount: 1})
	require.NoError(t, err)
}
