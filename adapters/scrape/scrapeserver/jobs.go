package scrapeserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/scrapecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Jobs carries out the commands of jobs; scrapecmd.Jobs is one.
type Jobs interface {
	Start(ctx context.Context, meta kernel.Meta, c scrapecmd.Start) (commands.Result[scrapecmd.Started], error)
	Cancel(ctx context.Context, meta kernel.Meta, id scrape.JobID) error
	Job(ctx context.Context, id scrape.JobID) (*scrape.Job, error)
	Result(ctx context.Context, job *scrape.Job, index int) (out scrape.Outcome, done bool, err error)
}

func (s *Server) jobs(mux *http.ServeMux) {
	mux.HandleFunc("POST /scrape", s.one)
	mux.HandleFunc("POST /scrape/batch", s.batch)
	mux.HandleFunc("GET /scrape/{id}", s.of(s.single))
	mux.HandleFunc("POST /scrape/{id}/cancel", s.of(s.cancel))
	mux.HandleFunc("GET /scrape/jobs/{id}", s.of(s.job))
	mux.HandleFunc("GET /scrape/jobs/{id}/results", s.of(s.results))
	mux.HandleFunc("POST /scrape/jobs/{id}/cancel", s.of(s.cancel))
}

// oneRequest asks for a page that is read in the background.
type oneRequest struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	scrape.Task

	Callback string `json:"callback_url"`
}

func (s *Server) one(w http.ResponseWriter, r *http.Request) {
	var in oneRequest
	raw, err := read(w, r, &in)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.start(w, r, raw, scrapecmd.Start{Workspace: in.Workspace, Tasks: []scrape.Task{in.Task}, Callback: in.Callback})
}

// batchRequest asks for up to a hundred.
type batchRequest struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Tasks     []scrape.Task      `json:"tasks"`
	Callback  string             `json:"callback_url"`
}

func (s *Server) batch(w http.ResponseWriter, r *http.Request) {
	var in batchRequest
	raw, err := read(w, r, &in)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.start(w, r, raw, scrapecmd.Start{Workspace: in.Workspace, Tasks: in.Tasks, Callback: in.Callback})
}

// maxKey is the length of the longest idempotency key.
const maxKey = 200

func (s *Server) start(w http.ResponseWriter, r *http.Request, raw []byte, c scrapecmd.Start) {
	if !workspaceForm.MatchString(string(c.Workspace)) {
		s.fail(w, r, kernel.Invalid("workspace_id", "the workspace that the pages are read for, ws_…"))
		return
	}
	for i := range c.Tasks {
		if c.Tasks[i].Target == "" {
			c.Tasks[i].Target = scrape.TargetPage
		}
	}
	meta := kernel.Meta{Actor: kernel.System()}
	if key := r.Header.Get("Idempotency-Key"); len(key) > maxKey {
		s.fail(w, r, kernel.Invalid("Idempotency-Key", "at most %d characters", maxKey))
		return
	} else if key != "" {
		sum := sha256.Sum256(append([]byte(r.URL.Path+"\n"), raw...))
		meta.IdempotencyKey, meta.Fingerprint = "scraper "+string(c.Workspace)+" "+key, hex.EncodeToString(sum[:])
	}
	done, err := s.cfg.Jobs.Start(r.Context(), meta, c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Morket-Position", strconv.FormatInt(done.Position, 10))
	if done.Replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	w.Header().Set("Location", "/scrape/jobs/"+string(done.Value.Job))
	s.answer(w, http.StatusAccepted, done.Value)
}

// of finds the job that the path names.
func (s *Server) of(next func(http.ResponseWriter, *http.Request, *scrape.Job)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		job, err := s.cfg.Jobs.Job(r.Context(), scrape.JobID(r.PathValue("id")))
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next(w, r, job)
	}
}

// Job is a job as callers see it.
type Job struct {
	ID        scrape.JobID       `json:"id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	State     scrape.State       `json:"state"`
	Pages     int                `json:"pages"`
	Read      int                `json:"read"`
	Failed    int                `json:"failed"`
	Requested time.Time          `json:"requested_at"`
	Ended     *time.Time         `json:"ended_at"`
	Callback  *Callback          `json:"callback"` // null while it was not made, and where there is none
}

// Callback says how a callback went.
type Callback struct {
	Attempts int       `json:"attempts"`
	Error    string    `json:"error,omitempty"`
	At       time.Time `json:"at"`
}

func jobOf(j *scrape.Job) Job {
	out := Job{
		ID:        j.ID,
		Workspace: j.Workspace,
		State:     j.State,
		Pages:     len(j.Tasks),
		Read:      len(j.Pages) - j.Failed,
		Failed:    j.Failed,
		Requested: j.Requested,
	}
	if !j.Ended.IsZero() {
		out.Ended = &j.Ended
	}
	if c := j.Called; c != nil {
		out.Callback = &Callback{c.Attempts, c.Error, c.At}
	}
	return out
}

func (s *Server) job(w http.ResponseWriter, _ *http.Request, j *scrape.Job) {
	s.answer(w, http.StatusOK, jobOf(j))
}

// single answers with a job and the result of its first page, null while that is not read.
func (s *Server) single(w http.ResponseWriter, r *http.Request, j *scrape.Job) {
	out, done, err := s.cfg.Jobs.Result(r.Context(), j, 0)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var result *Result
	if done {
		one := ResultOf(j.Tasks[0], out)
		result = &one
	}
	s.answer(w, http.StatusOK, struct {
		Job

		Result *Result `json:"result"`
	}{jobOf(j), result})
}

// maxResults is how many results are answered at once: what is found on each page is found now.
const maxResults = 20

// results answers with the results of a job, null for a page that is not read yet.
func (s *Server) results(w http.ResponseWriter, r *http.Request, j *scrape.Job) {
	from, limit := 0, maxResults
	for name, field := range map[string]*int{"cursor": &from, "limit": &limit} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > scrape.MaxTasks || name == "limit" && (n < 1 || n > maxResults) {
			s.fail(w, r, kernel.Invalid(name, "a number; limit is 1 to %d", maxResults))
			return
		}
		*field = n
	}
	list := []*Result{}
	index := from
	for ; index < len(j.Tasks) && len(list) < limit; index++ {
		out, done, err := s.cfg.Jobs.Result(r.Context(), j, index)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if !done {
			list = append(list, nil)
			continue
		}
		one := ResultOf(j.Tasks[index], out)
		list = append(list, &one)
	}
	meta := map[string]any{}
	if index < len(j.Tasks) {
		meta["next_cursor"] = strconv.Itoa(index)
	}
	s.write(w, http.StatusOK, envelope{Success: true, Data: list, Meta: meta})
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request, j *scrape.Job) {
	err := s.cfg.Jobs.Cancel(r.Context(), kernel.Meta{Actor: kernel.System()}, j.ID)
	if err == nil {
		j, err = s.cfg.Jobs.Job(r.Context(), j.ID)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.answer(w, http.StatusOK, jobOf(j))
}
