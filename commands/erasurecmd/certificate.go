package erasurecmd

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
)

// Statement is what a certificate says.
type Statement struct {
	Version     int                `json:"version"`
	ErasureID   kernel.ErasureID   `json:"erasure_id"`
	Workspace   kernel.WorkspaceID `json:"workspace_id"`
	RequestedBy kernel.UserID      `json:"requested_by"`
	RequestedAt time.Time          `json:"requested_at"`
	ConfirmedBy kernel.UserID      `json:"confirmed_by"`
	ConfirmedAt time.Time          `json:"confirmed_at"`
	FinishedAt  time.Time          `json:"finished_at"`
	// Subject are the keyed hashes of what was looked for; with the installation's key the same person's are the same.
	Subject    []erasure.Key    `json:"subject"`
	Rows       []RowCount       `json:"rows"`
	Places     []erasure.Found  `json:"places"`
	Events     map[string]int64 `json:"redacted_events"`
	Suppressed int              `json:"suppressed"`
	Backups    []Backup         `json:"backups"`
	Notes      []string         `json:"notes"`
}

// RowCount is how many rows of a table were erased.
type RowCount struct {
	TableID kernel.TableID `json:"table_id"`
	Rows    int            `json:"rows"`
}

// Certificate is a signed statement: a JSON Web Signature (RFC 7515, with EdDSA, RFC 8037) and what it says.
type Certificate struct {
	Statement Statement `json:"statement"`
	Signature string    `json:"signature"`
	PublicKey string    `json:"public_key"` // Ed25519, base64url
}

// notes are what a certificate can't promise.
func (c Config) notes() []string {
	return append([]string{
		"Backups are not changed: one that is listed still holds what was erased until it expires. When one is restored, erase again.",
		"What integrators, receivers of webhooks and connected CRMs were sent before is theirs to erase.",
	}, c.Notes...)
}

func (h *Handlers) certificate(ctx context.Context, e erasure.Erasure, s *Search) (json.RawMessage, error) {
	events, err := h.cfg.Log.Redacted(ctx, s.By)
	if err != nil {
		return nil, err
	}
	backups, err := h.cfg.Backups.Kept(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the backups: %w", err)
	}
	st := Statement{
		Version: 1, ErasureID: e.ID, Workspace: e.Workspace, RequestedBy: e.Asked.By, RequestedAt: e.Asked.At, ConfirmedBy: e.ConfirmedBy,
		ConfirmedAt: e.ConfirmedAt, FinishedAt: h.cfg.Clock.Now(), Subject: append([]erasure.Key{}, e.Asked.Keys...), Rows: []RowCount{},
		Places: e.Places, Events: events, Backups: append([]Backup{}, backups...), Notes: h.cfg.notes(),
	}
	for _, p := range e.Asked.People {
		st.Subject = append(st.Subject, p.Name, p.Company)
	}
	for _, k := range e.Keys() {
		if k.Of() == erasure.Email || k.Of() == erasure.Phone {
			st.Suppressed++
		}
	}
	for _, r := range e.Looked.Rows {
		st.Rows = append(st.Rows, RowCount{r.TableID, len(r.Rows)})
	}
	payload, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("encode a certificate: %w", err)
	}
	signed := encode([]byte(`{"alg":"EdDSA","typ":"JWT"}`)) + "." + encode(payload)
	signature, public, err := h.cfg.Keys.Sign(ctx, signSubject, []byte(signed))
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	return json.Marshal(Certificate{Statement: st, Signature: signed + "." + encode(signature), PublicKey: encode(public)})
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
