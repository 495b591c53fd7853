package opensearchchild

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/morket/morket/adapters/servers/childproc"
)

var (
	//go:embed node/pom.xml
	pom []byte
	//go:embed node/SearchNode.java
	source []byte
)

// dist names what is fetched; it changes with what is in it.
const dist = "opensearch-2.19.6-1"

// ErrNoJava says that there is no Java to build and run the node with.
var ErrNoJava = errors.New("java and javac 17 or newer are not installed (Debian: apt-get install openjdk-17-jdk-headless maven)")

// Find returns the folder of the node's jars, if they have been fetched into cacheDir.
func Find(cacheDir string) (string, bool) {
	dir := filepath.Join(cacheDir, dist)
	_, err := os.Stat(filepath.Join(dir, "classes", "SearchNode.class"))
	return dir, err == nil
}

// Fetch puts the node (55 MB) into cacheDir, unless it is there, through Maven and the Java compiler, in about half a minute, and
// returns its folder.
func Fetch(ctx context.Context, cacheDir string, log *slog.Logger) (string, error) {
	dir, there := Find(cacheDir)
	if there {
		return dir, nil
	}
	if _, err := exec.LookPath("javac"); err != nil {
		return "", ErrNoJava
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(cacheDir, "fetch-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	if log != nil {
		log.InfoContext(ctx, "fetching OpenSearch", "through", "Maven", "into", dir)
	}
	if err := build(ctx, tmp, log); err != nil {
		return "", fmt.Errorf("fetch OpenSearch: %w", err)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(tmp, dir); err != nil {
		if _, there := Find(cacheDir); there { // another process was faster
			return dir, nil
		}
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

func build(ctx context.Context, dir string, log *slog.Logger) error {
	lib, classes := filepath.Join(dir, "lib"), filepath.Join(dir, "classes")
	err := errors.Join(os.WriteFile(filepath.Join(dir, "pom.xml"), pom, 0o644),
		os.WriteFile(filepath.Join(dir, "SearchNode.java"), source, 0o644), os.Mkdir(classes, 0o755))
	if err != nil {
		return err
	}
	for _, tool := range []childproc.Tool{
		{Name: "mvn", Args: []string{"-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=" + lib}},
		{Name: "javac", Args: []string{"--release", "17", "-cp", filepath.Join(lib, "*"), "-d", classes, "SearchNode.java"}},
	} {
		tool.Dir, tool.Logger = dir, log
		if err := tool.Run(ctx); err != nil {
			return err
		}
	}
	return nil
}
