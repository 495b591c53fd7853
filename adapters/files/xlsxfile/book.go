package xlsxfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a workbook as a ZIP archive.
const (
	maxDirectory = 4 << 20 // bytes of the list of parts
	maxParts     = 10_000
	maxSmallPart = 64 << 20 // of a part that is no sheet and no table of texts
	maxPart      = 4 << 30
	maxSheets    = 1000
	// maxRatio is how many times larger than in the file a part may become; sheets of nothing but repetitions reach a tenth of it.
	maxRatio  = 250
	freeBytes = 16 << 20 // that a part may have at any ratio
	freeTotal = 64 << 20 // that all parts that are read may have together, at any ratio
)

// Sheet is a sheet of a workbook.
type Sheet struct {
	Name   string
	Hidden bool
	part   string
}

// Book is a workbook that is read.
type Book struct {
	zip      *zip.Reader
	size     int64
	left     int64 // bytes that may still be unpacked
	parts    map[string]*zip.File
	sheets   []Sheet
	date1904 bool
	looks    []look
	texts    *sharedTexts
	textPart string
	stylPart string
}

// Open opens a workbook of size bytes. Its errors are for people.
func Open(src io.ReaderAt, size int64) (*Book, error) {
	budget := &directory{src: src, left: maxDirectory}
	z, err := zip.NewReader(budget, size)
	switch {
	case budget.left < 0:
		return nil, broken("it has more parts than any workbook")
	case err != nil:
		return nil, broken("it is cut off or damaged; save it again and upload that")
	case len(z.File) > maxParts:
		return nil, broken("it has %d parts, which no workbook has", len(z.File))
	}
	budget.open = true
	z.RegisterDecompressor(zip.Deflate, flate.NewReader)
	b := &Book{zip: z, size: size, left: freeTotal + maxRatio*size, parts: map[string]*zip.File{}}
	for _, f := range z.File {
		b.parts[strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/"))] = f
	}
	if err := b.contents(); err != nil {
		return nil, err
	}
	return b, nil
}

// directory bounds what is read of a file before it is open.
type directory struct {
	src  io.ReaderAt
	left int64
	open bool
}

// ReadAt implements io.ReaderAt.
func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if !d.open {
		if d.left -= int64(len(p)); d.left < 0 {
			return 0, errors.New("the directory is too long")
		}
	}
	return d.src.ReadAt(p, at)
}

// Sheets lists the sheets with cells, in their order.
func (b *Book) Sheets() []Sheet { return b.sheets }

// Close gives back what the workbook holds besides its file.
func (b *Book) Close() error {
	if b.texts != nil {
		b.texts.close()
	}
	return nil
}

// contents finds out what the workbook has.
func (b *Book) contents() error {
	main := "xl/workbook.xml"
	if rels, err := b.relations("_rels/.rels", ""); err == nil {
		for _, r := range rels {
			if strings.HasSuffix(r.kind, "/officeDocument") {
				main = r.target
			}
		}
	}
	if b.parts[strings.ToLower(main)] == nil {
		return b.foreign()
	}
	if strings.HasSuffix(main, ".bin") {
		return unsupported("a binary workbook (.xlsb)")
	}
	dir, file := path.Split(main)
	rels, err := b.relations(dir+"_rels/"+file+".rels", dir)
	if err != nil {
		return err
	}
	b.textPart, b.stylPart = dir+"sharedStrings.xml", dir+"styles.xml"
	for _, r := range rels {
		switch {
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			b.textPart = r.target
		case strings.HasSuffix(r.kind, "/styles"):
			b.stylPart = r.target
		}
	}
	if err := b.list(main, rels); err != nil {
		return err
	}
	if len(b.sheets) == 0 {
		return broken("it has no sheet with cells")
	}
	return b.styles()
}

func (b *Book) styles() (err error) {
	part, err := b.part(b.stylPart, maxSmallPart)
	if err != nil || part == nil {
		return err
	}
	defer part.Close()
	b.looks, err = looksOf(part)
	return err
}

func unsupported(what string) error {
	return kernel.E(kernel.KindUnsupported, "UNSUPPORTED_FILE",
		"this is %s; save it as an Excel workbook (.xlsx) or CSV and upload that", what)
}

// foreign names an archive that is no workbook.
func (b *Book) foreign() error {
	switch {
	case b.parts["content.xml"] != nil:
		return unsupported("an OpenDocument file")
	case b.parts["word/document.xml"] != nil:
		return unsupported("a Word document")
	case b.parts["ppt/presentation.xml"] != nil:
		return unsupported("a presentation")
	case b.parts["index/document.iwa"] != nil:
		return unsupported("a Numbers document")
	default:
		return kernel.E(kernel.KindUnsupported, "UNSUPPORTED_FILE",
			"this is a ZIP archive and no workbook; unpack it and upload the files in it one by one")
	}
}

type relation struct{ id, kind, target string }

// relations reads which parts a part refers to; dir is the folder that it is in.
func (b *Book) relations(name, dir string) ([]relation, error) {
	part, err := b.part(name, maxSmallPart)
	if err != nil {
		return nil, err
	}
	if part == nil {
		return nil, broken("it lacks the part %s", name)
	}
	defer part.Close()
	var out []relation
	for x := newScanner(part); ; {
		t, err := x.next()
		if err == io.EOF { //nolint:errorlint // the scanner's own
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if t.kind != startTag || string(t.name) != "Relationship" || len(out) >= maxParts {
			continue
		}
		target := attrText(t.attrs, "Target")
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(path.Clean(target), "/")
		} else {
			target = strings.TrimPrefix(path.Clean("/"+dir+target), "/")
		}
		out = append(out, relation{id: attrText(t.attrs, "Id"), kind: attrText(t.attrs, "Type"), target: target})
	}
}

// list reads which sheets there are, and which calendar they have.
func (b *Book) list(main string, rels []relation) error {
	part, err := b.part(main, maxSmallPart)
	if err != nil {
		return err
	}
	defer part.Close()
	for x := newScanner(part); ; {
		t, err := x.next()
		if err == io.EOF { //nolint:errorlint // the scanner's own
			return nil
		}
		if err != nil {
			return err
		}
		if t.kind != startTag {
			continue
		}
		switch string(t.name) {
		case "workbookPr":
			v := attrText(t.attrs, "date1904")
			b.date1904 = v == "1" || v == "true"
		case "sheet":
			id := attrText(t.attrs, "r:id")
			for _, r := range rels {
				if r.id != id || !strings.HasSuffix(r.kind, "/worksheet") || b.parts[strings.ToLower(r.target)] == nil {
					continue
				}
				if len(b.sheets) >= maxSheets {
					return broken("it has more than %d sheets", maxSheets)
				}
				state := attrText(t.attrs, "state")
				b.sheets = append(b.sheets, Sheet{
					Name: string(unescape([]byte(attrText(t.attrs, "name")))), Hidden: strings.Contains(strings.ToLower(state), "hidden"), part: r.target,
				})
				break
			}
		}
	}
}

// part opens a part; nil if there is none. It ends with an error when it becomes too large.
func (b *Book) part(name string, most int64) (*bounded, error) {
	f := b.parts[strings.ToLower(name)]
	if f == nil {
		return nil, nil //nolint:nilnil // a part that may be absent
	}
	if f.Flags&1 != 0 {
		return nil, broken("it is protected by a password; save it without one and upload that")
	}
	r, err := f.Open()
	if err != nil {
		return nil, broken("its part %s is damaged", f.Name)
	}
	limit := min(most, max(freeBytes, maxRatio*min(b.size, int64(min(f.CompressedSize64, 1<<40)))))
	return &bounded{ReadCloser: r, book: b, name: f.Name, left: limit, total: max(1, f.UncompressedSize64)}, nil
}

// bounded is a part that is unpacked, up to a limit.
type bounded struct {
	io.ReadCloser
	book  *Book
	name  string
	left  int64
	read  uint64
	total uint64 // that it says to have
}

// Read implements io.Reader.
func (p *bounded) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	p.read += uint64(n)
	p.book.left -= int64(n)
	if p.left -= int64(n); p.left < 0 || p.book.left < 0 {
		return 0, broken("its part %s becomes so large when it is unpacked that it is taken for an attack", p.name)
	}
	if err != nil && err != io.EOF {
		return n, broken("its part %s is damaged (%s)", p.name, err)
	}
	return n, err
}

// share is how much of the part has been read, 0 to 1.
func (p *bounded) share() float64 { return min(1, float64(p.read)/float64(p.total)) }

// shared loads the texts that cells refer to, once.
func (b *Book) shared() (*sharedTexts, error) {
	if b.texts != nil {
		return b.texts, nil
	}
	part, err := b.part(b.textPart, maxPart-1)
	if err != nil {
		return nil, err
	}
	if part == nil {
		b.texts = &sharedTexts{}
		return b.texts, nil
	}
	defer part.Close()
	b.texts, err = sharedOf(part)
	return b.texts, err
}

// sheet finds a sheet by its name.
func (b *Book) sheet(name string) (Sheet, error) {
	for _, s := range b.sheets {
		if s.Name == name {
			return s, nil
		}
	}
	return Sheet{}, kernel.Invalid("sheet", "the workbook has no sheet %q", name)
}

// IsZip reports whether a file begins like a ZIP archive, as every workbook does.
func IsZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// position names a cell.
func position(row int64, column int) string { return fmt.Sprintf("%s%d", Letters(column), row) }
