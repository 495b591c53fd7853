//go:build fault

package systemtest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// drafting is a batch in the making: its operations, how each must end, and the keys of what it inserts.
type drafting struct {
	s    *scribe
	next image
	ops  []any
	want []string // status by operation
	keys []string // of the row by operation; "" where there is none
}

func (s *scribe) draft() *drafting { return &drafting{s: s, next: maps.Clone(s.world.now)} }

func (d *drafting) op(status, key string, op map[string]any) {
	d.ops, d.want, d.keys = append(d.ops, op), append(d.want, status), append(d.keys, key)
}

func (d *drafting) insert(name string) {
	d.s.fresh++
	key, l := fmt.Sprintf("row %d", d.s.fresh), line{note: fmt.Sprintf("born %d", d.s.fresh), number: d.s.fresh}
	d.next[key] = l
	d.op("ok", key, map[string]any{"op": name, "cells": map[string]any{"Key": key, "Note": l.note, "Number": l.number}})
}

func (d *drafting) update(key string) {
	d.s.fresh++
	l := d.next[key]
	l.note = fmt.Sprintf("note %d", d.s.fresh)
	d.next[key] = l
	d.op("ok", key, map[string]any{"op": "update", "row_id": d.s.ids[key], "cells": map[string]any{"Note": l.note}})
}

func (d *drafting) remove(key string) {
	delete(d.next, key)
	d.op("ok", key, map[string]any{"op": "delete", "row_id": d.s.ids[key]})
}

// wrong adds an operation that must fail alone.
func (d *drafting) wrong(key string) {
	switch d.s.rng.IntN(3) {
	case 0:
		d.op("error", "", map[string]any{"op": "insert", "cells": map[string]any{"Key": "never", "Number": "not a number"}})
	case 1:
		d.op("error", "", map[string]any{"op": "update", "row_id": d.s.ids[key], "cells": map[string]any{"Note": "never", "Number": "not a number"}})
	default:
		id := d.s.ids[key]
		d.op("error", "", map[string]any{"op": "delete", "row_id": id[:len(id)-4] + "0000"})
	}
}

// deed is the batch as a request. The ids of its new rows are learned from the answer.
func (d *drafting) deed(more map[string]any) deed {
	body := map[string]any{"operations": d.ops}
	maps.Copy(body, more)
	return deed{http.MethodPost, "/rows:batch", body, d.s.world.did(d.next), d.answered}
}

func (d *drafting) answered(r reply) error {
	var got struct {
		Results []struct {
			RowID  string `json:"row_id"`
			Status string `json:"status"`
		} `json:"results"`
	}
	if err := json.Unmarshal(r.Data, &got); err != nil {
		return err
	}
	if len(got.Results) != len(d.want) {
		return fmt.Errorf("%d results for %d operations", len(got.Results), len(d.want))
	}
	for i, res := range got.Results {
		if res.Status != d.want[i] {
			return fmt.Errorf("operation %d is %s, should be %s", i, res.Status, d.want[i])
		}
		if d.keys[i] != "" && strings.HasPrefix(res.RowID, "row_") {
			d.s.ids[d.keys[i]] = res.RowID
		}
	}
	return nil
}

// batch inserts, updates and deletes, with operations among them that fail alone. No row is in it twice.
func (s *scribe) batch(n int) deed {
	d := s.draft()
	d.insert("insert")
	keys := sortedKeys(s.world.now)
	s.rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for range n - 1 {
		if len(keys) == 0 {
			d.insert("insert")
			continue
		}
		key := keys[0]
		switch k := s.rng.IntN(10); {
		case k < 4:
			d.insert("insert")
			continue
		case k < 7:
			d.update(key)
		case k < 9:
			d.remove(key)
		default:
			d.wrong(key)
		}
		keys = keys[1:]
	}
	return d.deed(map[string]any{"on_error": "skip"})
}

// upsert finds rows by their key: some are there, some are made.
func (s *scribe) upsert() deed {
	d := s.draft()
	for _, key := range sortedKeys(s.world.now)[:min(3, len(s.world.now))] {
		s.fresh++
		l := d.next[key]
		l.number = s.fresh
		d.next[key] = l
		d.op("ok", key, map[string]any{"op": "upsert", "cells": map[string]any{"Key": key, "Number": l.number}})
	}
	for range 1 + s.rng.IntN(3) {
		d.insert("upsert")
	}
	return d.deed(map[string]any{"key_columns": []string{"Key"}})
}

// clear deletes most of the rows.
func (s *scribe) clear() deed {
	d := s.draft()
	for _, key := range sortedKeys(s.world.now)[:mostRows-20] {
		d.remove(key)
	}
	return d.deed(nil)
}
