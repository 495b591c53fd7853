package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/domain/crm"
)

// syncRun is a run of the sync as the server tells of it.
type syncRun struct {
	ID     string
	State  crm.RunState
	Reason string
	Counts crm.Counts
}

// start begins a run.
func (b *crmBench) start(ctx context.Context, path string, body map[string]any) (string, error) {
	var begun struct{ ID string }
	_, err := b.send(ctx, http.MethodPost, b.workspace+path, body, &begun)
	return begun.ID, err
}

// end waits for a run's end. A token is good for a quarter of an hour, so it is replaced now and then.
func (b *crmBench) end(ctx context.Context, id string) (r syncRun, err error) {
	const fresh = 10 * time.Minute
	for signed := time.Now(); ; {
		if time.Since(signed) > fresh {
			if err := b.login(ctx); err != nil {
				return r, err
			}
			signed = time.Now()
		}
		if err := b.get(ctx, b.workspace+"/sync-runs/"+id, &r); err != nil || r.State != crm.RunRunning && r.State != "" {
			return r, err
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (b *crmBench) ended(ctx context.Context, path string, body map[string]any) (syncRun, error) {
	id, err := b.start(ctx, path, body)
	if err != nil {
		return syncRun{}, err
	}
	return b.end(ctx, id)
}

// rate is how many calls a second the stand-in took from the first write on to the last one, and how many calls it refused.
func (b *crmBench) rate() (perSecond float64, refused int) {
	var first, last time.Time
	calls := 0
	var between []crmtwin.Call
	for _, c := range b.twin.Calls() {
		if c.Status == http.StatusTooManyRequests {
			refused++
		}
		if !strings.Contains(c.Path, "/batch/") {
			continue
		}
		if first.IsZero() {
			first = c.At
		}
		between = append(between, c)
	}
	if n := len(between); n > 1 {
		calls, last = n-1, between[n-1].At
	}
	if took := last.Sub(first).Seconds(); took > 0 {
		perSecond = float64(calls) / took
	}
	return perSecond, refused
}

// paced are the figures of a run that calls as often as it may.
func (b *crmBench) paced(name string, took time.Duration, wrong string) []Ratio {
	perSecond, refused := b.rate()
	limit := hubSpotBurst / hubSpotWindow.Seconds()
	return []Ratio{
		{
			Name: name, Value: perSecond, Limit: limit, Unit: "calls/s", Ratio: perSecond / limit, Bar: 0.95, Failed: wrong != "",
			Note: strings.TrimSpace(fmt.Sprintf("%d contacts in %s; limit: HubSpot's. %s", b.size, took.Round(time.Second), wrong)),
		},
		{Name: name + ", refused", Value: float64(refused), Limit: 5, Unit: "calls", Ratio: float64(refused) / 5, AtMost: 5, Note: "status 429"},
	}
}

// pushed pushes all people into HubSpot, which knows every other one.
func (b *crmBench) pushed(ctx context.Context) ([]Ratio, error) {
	b.twin.Forget()
	began := time.Now()
	r, err := b.ended(ctx, "/syncs/"+b.sync+"/run", map[string]any{"dry": false})
	if err != nil {
		return nil, err
	}
	return b.paced("push to HubSpot", time.Since(began), b.wrongPush(r)), nil
}

// wrongPush says what is wrong with a push of all people; empty for nothing.
func (b *crmBench) wrongPush(r syncRun) string {
	c := r.Counts
	if r.State != crm.RunCompleted || c.Records() != b.size || c.Created+c.Updated != b.size || c.Updated < len(b.known) {
		return fmt.Sprintf("%s %s %+v", r.State, r.Reason, c)
	}
	ids := b.twin.IDs("contacts")
	if len(ids) != b.size {
		return fmt.Sprintf("HubSpot has %d contacts", len(ids))
	}
	names := map[string]string{}
	for _, id := range ids {
		v := b.twin.Values("contacts", id)
		if names[v["email"]] != "" {
			return "a record was made twice: " + v["email"]
		}
		names[v["email"]] = v["firstname"]
	}
	for n := range b.size {
		if want := personOf(n); names[want["Email"]] != want["First name"] {
			return "no record of " + want["Email"] + ", or a wrong one"
		}
	}
	return ""
}

// pulledBack pulls all that HubSpot has: nothing of it is a change.
func (b *crmBench) pulledBack(ctx context.Context) ([]Ratio, error) {
	b.twin.Forget()
	began := time.Now()
	r, err := b.ended(ctx, "/syncs/"+b.sync+"/run", map[string]any{"direction": "pull", "dry": false})
	if err != nil {
		return nil, err
	}
	c := r.Counts
	wrong := c.Created + c.Updated + c.Conflicts + c.Failed + c.Unknown + c.Gone
	_, refused := b.rate()
	rate := float64(c.Records()) / time.Since(began).Seconds()
	return []Ratio{
		{
			Name: "pull from HubSpot, false changes", Value: float64(wrong), Limit: 1, Unit: "records", Ratio: float64(wrong),
			Failed: wrong > 0 || r.State != crm.RunCompleted || c.Unchanged < b.size*99/100,
			Note:   fmt.Sprintf("%d records read of %d at %.0f a second; %d calls refused. %s", c.Records(), b.size, rate, refused, r.Reason),
		},
	}, nil
}

// reversed reverses the last push after people at HubSpot have changed a hundredth of what it wrote.
func (b *crmBench) reversed(ctx context.Context) ([]Ratio, error) {
	push, err := b.lastPush(ctx)
	if err != nil {
		return nil, err
	}
	theirs := map[string]bool{}
	for n := 0; n < b.size; n += 100 {
		id := b.known[personOf(n)["Email"]]
		theirs[id] = true
		b.twin.Edit("contacts", id, map[string]string{"company": "Theirs"})
	}
	b.twin.Forget()
	began := time.Now()
	r, err := b.ended(ctx, "/sync-runs/"+push+"/reverse", map[string]any{"archive_created": true, "dry": false})
	if err != nil {
		return nil, err
	}
	wrong := ""
	c := r.Counts
	if r.State != crm.RunCompleted || c.Archived != b.size-len(b.known) || c.Updated != len(b.known) {
		wrong = fmt.Sprintf("%s %s %+v", r.State, r.Reason, c)
	}
	for address, id := range b.known {
		v, company := b.twin.Values("contacts", id), "Old company"
		if theirs[id] {
			company = "Theirs"
		}
		if v["firstname"] != "Old" || v["company"] != company || v["phone"] != "+49 30 1" {
			wrong = fmt.Sprintf("%s was left as %v", address, v)
		}
	}
	if left := len(b.twin.IDs("contacts")); left != len(b.known) {
		wrong = fmt.Sprintf("HubSpot has %d contacts", left)
	}
	return b.paced("reversal at HubSpot", time.Since(began), wrong), nil
}

// lastPush is the newest push that wrote something.
func (b *crmBench) lastPush(ctx context.Context) (string, error) {
	var runs []struct {
		ID   string
		Kind crm.RunKind
	}
	if err := b.get(ctx, b.workspace+"/sync-runs?sync="+url.QueryEscape(b.sync), &runs); err != nil {
		return "", err
	}
	for _, r := range runs {
		if r.Kind == crm.RunPush {
			return r.ID, nil
		}
	}
	return "", fmt.Errorf("there is no push of %s", b.sync)
}

// killed pushes all people while the server is killed again and again: before a batch is written, after it and before its answer, and
// before the records are read once more.
func (b *crmBench) killed(ctx context.Context) ([]Ratio, error) {
	b.twin.Forget()
	id, err := b.start(ctx, "/syncs/"+b.sync+"/run", map[string]any{"dry": false})
	if err != nil {
		return nil, err
	}
	const perCall = 100
	apart := max(2, b.size/perCall/(crmKills+2))
	most := min(crmKills, b.size/perCall/(apart+2))
	began, kills := time.Now(), 0
	for ; kills < most; kills++ {
		path, after := "/batch/upsert", kills%3 > 0
		if kills%3 == 2 { //nolint:mnd // every third time
			path = "/batch/read"
		}
		reached, release := b.gate.Hold(path, apart, after)
		select {
		case <-reached:
		case <-ctx.Done():
			release()
			return nil, ctx.Err()
		}
		err := b.again(ctx)
		release()
		if err != nil {
			return nil, err
		}
	}
	r, err := b.end(ctx, id)
	if err != nil {
		return nil, err
	}
	wrong := b.wrongPush(r)
	told, err := b.told(ctx, id)
	if err != nil {
		return nil, err
	}
	if told != b.size {
		wrong = fmt.Sprintf("%s %d records are told of", wrong, told)
	}
	return []Ratio{{
		Name: "push killed, records", Value: float64(told), Limit: float64(b.size), Unit: "records",
		Ratio: float64(told) / float64(b.size), Bar: 1, Failed: wrong != "",
		Note: strings.TrimSpace(fmt.Sprintf("kill -9 %d times within %s: each record told once and none made twice. %s", kills,
			time.Since(began).Round(time.Second), wrong)),
	}}, nil
}

// told is how many rows the run's records tell of, each counted once.
func (b *crmBench) told(ctx context.Context, id string) (int, error) {
	seen := map[string]bool{}
	for cursor := ""; ; {
		var list []struct {
			RowID string `json:"row_id"`
			State crm.Outcome
		}
		next, err := b.page(ctx, b.workspace+"/sync-runs/"+id+"/records?limit=100"+cursor, &list)
		if err != nil {
			return 0, err
		}
		for _, r := range list {
			if r.State == crm.OutcomeSynced || r.State == crm.OutcomeUnchanged {
				seen[r.RowID] = true
			}
		}
		if next == "" {
			return len(seen), nil
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
}

// page reads a page of a list, and where the next one begins.
func (b *crmBench) page(ctx context.Context, path string, into any) (next string, err error) {
	res, err := b.open(ctx, http.MethodGet, path, nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	answer := struct {
		Data any `json:"data"`
		Meta struct {
			Next string `json:"next_cursor"`
		} `json:"meta"`
	}{Data: into}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return answer.Meta.Next, nil
}
