package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/morket/morket/domain/dataops"
)

// benchFile is 20 columns of leads; quoted has quotes in a quarter of the columns.
func benchFile(rows int, quoted bool) []byte {
	var b bytes.Buffer
	for i := range rows {
		for c := range 20 {
			if c > 0 {
				b.WriteByte(',')
			}
			if quoted && c%4 == 0 {
				fmt.Fprintf(&b, `"Company %d, ""Inc."""`, i*c)
			} else {
				fmt.Fprintf(&b, "value %d", i*c)
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func BenchmarkCSV(b *testing.B) {
	for _, quoted := range []bool{false, true} {
		file := benchFile(20_000, quoted)
		name := map[bool]string{false: "plain", true: "quoted"}[quoted]
		b.Run(name+"/ours", func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(file), dataops.ReadOptions{Reading: csvUTF8(), Width: 20})
				for err == nil {
					_, err = r.Next()
				}
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/encoding-csv", func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				r := csv.NewReader(bytes.NewReader(file))
				r.ReuseRecord = true
				var err error
				for err == nil {
					_, err = r.Read()
				}
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUTF16(b *testing.B) {
	file := encode(string(benchFile(20_000, true)), dataops.UTF16LE)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		o := dataops.ReadOptions{Reading: csvUTF8(), Width: 20}
		o.Reading.Encoding = dataops.UTF16LE
		r, err := NewReader(bytes.NewReader(file), o)
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}
