package pgchild

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// LSN is a place in the write-ahead log, in bytes from its beginning.
type LSN uint64

// String writes it as Postgres does.
func (l LSN) String() string { return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l)) } //nolint:mnd // the two halves

// ParseLSN reads what String writes.
func ParseLSN(s string) (LSN, error) {
	var high, low uint32
	if n, err := fmt.Sscanf(s, "%X/%X", &high, &low); err != nil || n != 2 {
		return 0, fmt.Errorf("%.40q is no place in the write-ahead log", s)
	}
	return LSN(high)<<32 | LSN(low), nil //nolint:mnd // the two halves
}

// Replica is a connection that takes what a standby would: a base backup, or the write-ahead log as it comes about (PostgreSQL's manual,
// Streaming Replication Protocol).
type Replica struct{ conn *pgconn.PgConn }

// NewReplica connects to the server. Close it.
func NewReplica(ctx context.Context, dsn string) (*Replica, error) {
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the database's address can't be read") // the cause would repeat the password
	}
	cfg.RuntimeParams["replication"] = "true"
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to replicate: %w", err)
	}
	return &Replica{conn}, nil
}

// Close ends the connection.
func (r *Replica) Close(ctx context.Context) error { return r.conn.Close(ctx) }

// Identify returns the server's timeline and how far its log is.
func (r *Replica) Identify(ctx context.Context) (timeline int32, at LSN, err error) {
	results, err := r.conn.Exec(ctx, "IDENTIFY_SYSTEM").ReadAll()
	if err != nil || len(results) != 1 || len(results[0].Rows) != 1 {
		return 0, 0, fmt.Errorf("identify the server: %w", err)
	}
	row := results[0].Rows[0]
	n, err := strconv.ParseInt(string(row[1]), 10, 32)
	if err == nil {
		at, err = ParseLSN(string(row[2]))
	}
	return int32(n), at, err
}

// duplicateObject is SQLSTATE's duplicate_object.
const duplicateObject = "42710"

// Reserve has the server keep its log from now on until it has been taken, under a name. One that is there already stays.
func (r *Replica) Reserve(ctx context.Context, slot string) error {
	_, err := r.conn.Exec(ctx, `CREATE_REPLICATION_SLOT "`+slot+`" PHYSICAL RESERVE_WAL`).ReadAll()
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == duplicateObject {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reserve the write-ahead log: %w", err)
	}
	return nil
}

// Base is what a base backup was taken of: it is whole with the log from From to To.
type Base struct {
	From, To LSN
	Timeline int32
}

func (r *Replica) send(sql string) error {
	r.conn.Frontend().SendQuery(&pgproto3.Query{String: sql})
	return r.conn.Frontend().Flush()
}

// Messages of a base backup, and the sets of rows around it.
const (
	newArchive  = 'n'
	archiveData = 'd'
	startRows   = 1
	endRows     = 3 // after the tablespaces
)

// Base writes the server's files as a tar.
func (r *Replica) Base(ctx context.Context, label string, w io.Writer) (b Base, err error) {
	if err := r.send(`BASE_BACKUP (LABEL '` + label + `', CHECKPOINT 'fast', WAL false)`); err != nil {
		return b, fmt.Errorf("ask for a base backup: %w", err)
	}
	sets, archives := 0, 0
	for {
		m, err := r.conn.ReceiveMessage(ctx)
		if err != nil {
			return b, fmt.Errorf("take a base backup: %w", err)
		}
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			return b, fmt.Errorf("take a base backup: %w", pgconn.ErrorResponseToPgError(m))
		case *pgproto3.RowDescription:
			sets++
		case *pgproto3.DataRow:
			err = b.read(sets, m.Values)
		case *pgproto3.CopyData:
			archives, err = part(m.Data, archives, w)
		case *pgproto3.ReadyForQuery:
			return b, nil
		}
		if err != nil {
			return b, fmt.Errorf("take a base backup: %w", err)
		}
	}
}

// read takes in where the backup begins or ends.
func (b *Base) read(set int, row [][]byte) (err error) {
	if set != startRows && set != endRows || len(row) < 2 { //nolint:mnd // place and timeline
		return nil
	}
	at, err := ParseLSN(string(row[0]))
	if err != nil {
		return err
	}
	if set == endRows {
		b.To = at
		return nil
	}
	n, err := strconv.ParseInt(string(row[1]), 10, 32)
	b.From, b.Timeline = at-at%segmentBytes, int32(n) // Postgres reads a segment of the log from its header on
	return err
}

// part writes a part of the first archive; others would be tablespaces elsewhere, which a server of ours has none of.
func part(data []byte, archives int, w io.Writer) (int, error) {
	if len(data) == 0 {
		return archives, nil
	}
	switch data[0] {
	case newArchive:
		if archives++; archives > 1 {
			return archives, errors.New("the server has a tablespace elsewhere")
		}
	case archiveData:
		_, err := w.Write(data[1:])
		return archives, err
	}
	return archives, nil
}

// Taking is how a Replica hands over the log.
type Taking struct {
	Slot     string
	From     LSN
	Timeline int32
	Every    time.Duration                   // between two calls of Keep
	Take     func(at LSN, data []byte) error // each piece that comes; data is the callee's only meanwhile
	Keep     func() (LSN, error)             // makes durable what was taken and says how far that is
}

// Messages of streaming replication.
const (
	logData     = 'w'
	statusReply = 'r'
	dataHeader  = 25 // type, start, end, time
)

// Stream hands over the log as it comes about, until ctx ends or an error.
func (r *Replica) Stream(ctx context.Context, t Taking) error {
	if err := r.send(fmt.Sprintf(`START_REPLICATION SLOT "%s" PHYSICAL %s TIMELINE %d`, t.Slot, t.From, t.Timeline)); err != nil {
		return fmt.Errorf("ask for the write-ahead log: %w", err)
	}
	next := time.NewTimer(t.Every)
	defer next.Stop()
	for {
		select {
		case <-next.C:
			kept, err := t.Keep()
			if err != nil {
				return err
			}
			if err := r.tell(kept); err != nil {
				return err
			}
			next.Reset(t.Every)
		default:
		}
		m, err := r.receive(ctx, t.Every)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && pgconn.Timeout(err):
			continue
		case err != nil:
			return fmt.Errorf("take the write-ahead log: %w", err)
		}
		if err := t.hear(m); err != nil {
			return err
		}
	}
}

// receive waits for a message, no longer than a part of the time between two calls of Keep.
func (r *Replica) receive(ctx context.Context, every time.Duration) (pgproto3.BackendMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, every/4) //nolint:mnd // so that Keep is hardly late
	defer cancel()
	return r.conn.ReceiveMessage(ctx)
}

func (t Taking) hear(m pgproto3.BackendMessage) error {
	switch m := m.(type) {
	case *pgproto3.ErrorResponse:
		return fmt.Errorf("take the write-ahead log: %w", pgconn.ErrorResponseToPgError(m))
	case *pgproto3.CopyDone, *pgproto3.CommandComplete, *pgproto3.ReadyForQuery:
		return errors.New("take the write-ahead log: the server has ended the stream")
	case *pgproto3.CopyData:
		if len(m.Data) > dataHeader && m.Data[0] == logData {
			return t.Take(LSN(binary.BigEndian.Uint64(m.Data[1:])), m.Data[dataHeader:])
		}
	}
	return nil
}

// tell lets the server know what it need not keep any longer.
func (r *Replica) tell(kept LSN) error {
	b := []byte{statusReply}
	for range 3 { // written, flushed, applied
		b = binary.BigEndian.AppendUint64(b, uint64(kept))
	}
	b = binary.BigEndian.AppendUint64(b, 0) // no clock: it would only be shown
	b = append(b, 0)                        // no answer is needed
	r.conn.Frontend().Send(&pgproto3.CopyData{Data: b})
	if err := r.conn.Frontend().Flush(); err != nil {
		return fmt.Errorf("tell how much of the write-ahead log is kept: %w", err)
	}
	return nil
}
