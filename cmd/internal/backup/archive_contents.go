package backup

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Contents are what an archive has: whole bases, oldest first, the pieces of the log by place, and the keys of objects.
type Contents struct {
	Bases   []ArchivedBase
	Pieces  []Piece
	Objects map[string]bool
	Gone    map[string]int64 // of those, since when they are no longer needed, in seconds
	Bytes   int64            // of bases and pieces
}

// List looks at what is there.
func (a *Archive) List(ctx context.Context) (c Contents, err error) {
	c.Objects, c.Gone = map[string]bool{}, map[string]int64{}
	var bases []string
	err = a.store.List(ctx, func(name string) error {
		if p, ok := pieceOf(name); ok {
			c.Pieces = append(c.Pieces, p)
			c.Bytes += p.Bytes
		}
		if key, ok := strings.CutPrefix(name, objectNamed); ok {
			c.Objects[key] = true
		}
		if rest, ok := strings.CutPrefix(name, goneNamed); ok {
			if at, key, found := strings.Cut(rest, "_"); found {
				c.Gone[key], _ = strconv.ParseInt(at, 10, 64) // 0 is long ago
			}
		}
		if strings.HasPrefix(name, baseNamed) && strings.HasSuffix(name, told) {
			bases = append(bases, name)
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("look at the archive: %w", err)
	}
	for _, name := range bases {
		b, err := a.told(ctx, name)
		if err != nil {
			return c, err
		}
		c.Bases = append(c.Bases, b)
		c.Bytes += b.Bytes
	}
	slices.SortFunc(c.Bases, func(x, y ArchivedBase) int { return x.TakenAt.Compare(y.TakenAt) })
	slices.SortFunc(c.Pieces, func(x, y Piece) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(y.To, x.To)) })
	return c, nil
}

func (a *Archive) told(ctx context.Context, name string) (b ArchivedBase, err error) {
	r, err := a.store.Open(ctx, name, 0)
	if err != nil {
		return b, err
	}
	err = json.NewDecoder(io.LimitReader(r, maxTold)).Decode(&b)
	if err := errors.Join(err, r.Close()); err != nil || b.Name+told != name {
		return b, fmt.Errorf("%w: %s can't be read", ErrDamaged, name)
	}
	return b, nil
}

// Since are the pieces of the log from a base on without a gap, and where they end.
func (c Contents) Since(b ArchivedBase) (pieces []Piece, end uint64) {
	end = b.From
	for _, p := range c.Pieces {
		if p.History == b.History && p.Timeline == b.Timeline && p.From <= end && p.To > end {
			pieces, end = append(pieces, p), p.To
		}
	}
	return pieces, end
}

// Replay hands over the log of the pieces in order, each byte once.
func (a *Archive) Replay(ctx context.Context, from uint64, pieces []Piece, to func(at uint64, data []byte) error) error {
	at := from
	for _, p := range pieces {
		r, err := a.open(ctx, p.name())
		if err != nil {
			return err
		}
		data, err := io.ReadAll(io.LimitReader(r, int64(p.To-p.From)+1))
		if err := errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, p.name(), err)
		}
		if uint64(len(data)) != p.To-p.From || at < p.From {
			return fmt.Errorf("%w: %s is not as long as it says", ErrDamaged, p.name())
		}
		if err := to(at, data[at-p.From:]); err != nil {
			return err
		}
		at = p.To
	}
	return nil
}

// Tidy removes what is not needed to come to any moment after the time: bases but the last one before it, and the log and the objects
// that only those need. lives reports whether the object is needed today.
func (a *Archive) Tidy(ctx context.Context, c Contents, before time.Time, lives func(key string) bool) error {
	first := 0
	for i, b := range c.Bases {
		if b.TakenAt.Before(before) {
			first = i
		}
	}
	if len(c.Bases) == 0 {
		return nil
	}
	var err error
	for _, b := range c.Bases[:first] {
		for _, name := range []string{b.Name + told, b.Name, b.Name + keysTold} { // first what makes it whole
			err = errors.Join(err, a.store.Delete(ctx, name))
		}
	}
	kept := c.Bases[first:]
	for _, p := range c.Pieces {
		if !slices.ContainsFunc(kept, func(b ArchivedBase) bool { return b.History == p.History && p.To > b.From }) {
			err = errors.Join(err, a.store.Delete(ctx, p.name()))
		}
	}
	err = errors.Join(err, a.tidyObjects(ctx, c, kept[0].TakenAt, lives))
	if err != nil {
		return fmt.Errorf("remove what the archive need not keep: %w", err)
	}
	return nil
}

// tidyObjects notes which objects are no longer needed, and removes those that were not since before the oldest base.
func (a *Archive) tidyObjects(ctx context.Context, c Contents, oldest time.Time, lives func(key string) bool) (err error) {
	for key := range c.Objects {
		at, noted := c.Gone[key]
		note := goneNamed + strconv.FormatInt(at, 10) + "_" + key
		switch {
		case lives(key) && noted:
			err = errors.Join(err, a.store.Delete(ctx, note))
		case lives(key):
		case !noted:
			note = goneNamed + strconv.FormatInt(a.clock.Now().Unix(), 10) + "_" + key
			_, put := a.store.Put(ctx, note, bytes.NewReader(nil), 1)
			err = errors.Join(err, put)
		case at < oldest.Unix():
			err = errors.Join(err, a.store.Delete(ctx, objectNamed+key), a.store.Delete(ctx, note))
		}
	}
	return err
}

// PutObject archives an object.
func (a *Archive) PutObject(ctx context.Context, key string, from io.Reader) error {
	_, err := a.put(ctx, objectNamed+key, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
	return err
}

// OpenObject reads an archived object.
func (a *Archive) OpenObject(ctx context.Context, key string) (io.ReadCloser, error) {
	return a.open(ctx, objectNamed+key)
}
