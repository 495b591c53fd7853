package telemetry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/morket/morket/projections"
)

// Sources are asked whenever somebody reads the metrics.
type Sources struct {
	Log interface {
		Waiting() (appends int, bytes int64)
		Head(ctx context.Context) (int64, error)
	}
	Pool  *pgxpool.Pool
	Relay interface { // of this process; nil without the role
		Position() int64
		Leading() bool
	}
	Projections interface {
		Status(ctx context.Context) ([]projections.Status, error)
	}
	Providers []string
	Engine    interface {
		BreakerOpen(provider string) bool
		Waiting(provider string) int
	}
	// Drift tells how many of each provider's shapes of replies have changed in the last day; nil where nobody learns them.
	Drift interface {
		Drifting(ctx context.Context) (map[string]int64, error)
	}
	Disks   func() []Disk
	Archive func() Archive // nil where nothing is archived
	Backups func() Backups
}

// Backups tells of the backups that are kept.
type Backups struct {
	Every  time.Duration // the schedule's period; 0 without one
	Last   time.Time     // zero without one
	Proved time.Time     // when the last one was taken that a drill has found to hold
	Bytes  int64         // of the last one
	Took   float64       // seconds
}

// Archive tells of the archive of the database's log.
type Archive struct {
	Since  time.Time     // this process has kept it
	Every  time.Duration // between two writes
	Last   time.Time     // when everything was last in it; zero if never
	Base   time.Time     // of the newest base backup; zero without one
	Oldest time.Time     // moment that can be restored; zero without one
	Bytes  int64         // of all that is there
}

// Disk is how full a disk is that the program writes to.
type Disk struct {
	Folder     string  // what is kept there: data, postgres, objects
	Free, Size float64 // bytes
}

// Watch adds what the sources tell.
func (m *Metrics) Watch(s Sources) { m.registry.MustRegister(newScrape(s)) }

// scrapeWithin bounds what a scrape asks of the database.
const scrapeWithin = 3 * time.Second

type scrape struct {
	Sources
	queueAppends, queueBytes, head                     *prometheus.Desc
	relayPosition, relayLag, relayLeading              *prometheus.Desc
	position, lagEvents, lagSeconds, parked, applied   *prometheus.Desc
	connections, maxConnections, acquires, acquireWait *prometheus.Desc
	emptyAcquires, breaker, waiting, drift, failed     *prometheus.Desc
	diskFree, diskSize                                 *prometheus.Desc
	backupLast, backupProved, backupBytes, backupTook  *prometheus.Desc
	backupEvery                                        *prometheus.Desc
	archiveLast, archiveOldest, archiveBytes           *prometheus.Desc
	archiveEvery                                       *prometheus.Desc
}

func newScrape(s Sources) *scrape {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
	}
	return &scrape{
		Sources:        s,
		queueAppends:   d("log_queue_appends", "Appends that wait to be committed."),
		queueBytes:     d("log_queue_bytes", "Their size."),
		head:           d("log_head_position", "Position of the last event."),
		relayPosition:  d("relay_position", "Last position that the relay of this process has seen confirmed."),
		relayLag:       d("relay_lag_events", "Events that the leading relay has yet to publish; 0 where another process leads."),
		relayLeading:   d("relay_leading", "1 when the relay of this process leads."),
		position:       d("projection_position", "Last position applied.", "projection", "kind"),
		lagEvents:      d("projection_lag_events", "Events between it and the log's head.", "projection", "kind"),
		lagSeconds:     d("projection_lag_seconds", "Age of the first event not applied, 0 when there is none.", "projection", "kind"),
		parked:         d("projection_parked_streams", "Streams set aside because of an event that can't be applied.", "projection", "kind"),
		applied:        d("projection_applied_events_total", "Events applied by this process.", "projection", "kind"),
		connections:    d("db_connections", "Connections of the pool.", "state"),
		maxConnections: d("db_connections_max", "Most connections of the pool."),
		acquires:       d("db_acquires_total", "Connections taken from the pool."),
		acquireWait:    d("db_acquire_wait_seconds_total", "Time spent on taking them."),
		emptyAcquires:  d("db_empty_acquires_total", "How often none was free."),
		breaker:        d("provider_breaker_open", "1 when the provider fails too often and rests.", "provider"),
		waiting:        d("provider_waiting_calls", "Calls that wait for a turn at the provider.", "provider"),
		drift:          d("provider_drift", "Shapes of the provider's replies that have changed in the last day.", "provider"),
		diskFree:       d("disk_free_bytes", "What is left on the disk of a folder that the program writes to.", "folder"),
		diskSize:       d("disk_size_bytes", "The size of that disk.", "folder"),
		backupLast: d("backup_last_success_timestamp_seconds",
			"When the last backup that is kept was taken, in seconds since 1970; 0 without one."),
		backupProved: d("backup_last_proved_timestamp_seconds",
			"When the last backup was taken that a restore drill has found to hold; 0 without one."),
		backupBytes:   d("backup_last_bytes", "Size of the last backup."),
		backupTook:    d("backup_last_duration_seconds", "Time that the last backup took."),
		backupEvery:   d("backup_period_seconds", "Period of the schedule of backups; 0 without one."),
		archiveLast:   d("archive_last_success_timestamp_seconds", "When all of the database's log was last in the archive; 0 before."),
		archiveOldest: d("archive_oldest_timestamp_seconds", "The earliest moment that can be restored; 0 without one."),
		archiveBytes:  d("archive_bytes", "Size of the archive's base backups and log."),
		archiveEvery:  d("archive_period_seconds", "How often the log is archived; 0 where it is not."),
		failed:        d("scrape_failed", "1 when the database did not answer this reading of the metrics in time."),
	}
}

// Describe implements prometheus.Collector.
func (s *scrape) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		s.queueAppends, s.queueBytes, s.head, s.relayPosition, s.relayLag, s.relayLeading, s.position, s.lagEvents, s.lagSeconds, s.parked,
		s.applied,
		s.connections, s.maxConnections, s.acquires, s.acquireWait, s.emptyAcquires, s.breaker, s.waiting, s.drift, s.failed,
		s.diskFree, s.diskSize, s.backupLast, s.backupProved, s.backupBytes, s.backupTook, s.backupEvery,
		s.archiveLast, s.archiveOldest, s.archiveBytes, s.archiveEvery,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *scrape) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWithin) //nolint:forbidigo // the library hands none
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	appends, bytes := s.Log.Waiting()
	gauge(s.queueAppends, float64(appends))
	gauge(s.queueBytes, float64(bytes))
	head, err := s.Log.Head(ctx)
	if err == nil {
		gauge(s.head, float64(head))
		s.collectRelay(gauge, head)
		err = s.collectProjections(ctx, ch)
	}
	if err == nil {
		err = s.collectDrift(ctx, gauge)
	}
	gauge(s.failed, truth(err != nil))
	s.collectPool(ch)
	for _, p := range s.Providers {
		gauge(s.breaker, truth(s.Engine.BreakerOpen(p)), p)
		gauge(s.waiting, float64(s.Engine.Waiting(p)), p)
	}
	s.collectKept(gauge)
}

// collectDrift tells whose replies have changed.
func (s *scrape) collectDrift(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	if s.Drift == nil {
		return nil
	}
	drifting, err := s.Drift.Drifting(ctx)
	if err != nil {
		return err
	}
	for _, p := range s.Providers {
		gauge(s.drift, float64(drifting[p]), p)
	}
	return nil
}

// collectKept tells of disks and backups.
func (s *scrape) collectKept(gauge func(*prometheus.Desc, float64, ...string)) {
	if s.Backups != nil {
		b := s.Backups()
		gauge(s.backupLast, unix(b.Last))
		gauge(s.backupProved, unix(b.Proved))
		gauge(s.backupBytes, float64(b.Bytes))
		gauge(s.backupTook, b.Took)
		gauge(s.backupEvery, b.Every.Seconds())
	}
	var a Archive // zeros where nothing is archived, so that alerts find each series
	if s.Archive != nil {
		a = s.Archive()
	}
	gauge(s.archiveLast, unix(a.Last))
	gauge(s.archiveOldest, unix(a.Oldest))
	gauge(s.archiveBytes, float64(a.Bytes))
	gauge(s.archiveEvery, a.Every.Seconds())
	if s.Disks == nil {
		return
	}
	for _, disk := range s.Disks() {
		gauge(s.diskFree, disk.Free, disk.Folder)
		gauge(s.diskSize, disk.Size, disk.Folder)
	}
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}

func (s *scrape) collectRelay(gauge func(*prometheus.Desc, float64, ...string), head int64) {
	if s.Relay == nil {
		return
	}
	at, lag := s.Relay.Position(), int64(0)
	if s.Relay.Leading() {
		lag = max(0, head-at)
	}
	gauge(s.relayPosition, float64(at))
	gauge(s.relayLag, float64(lag))
	gauge(s.relayLeading, truth(s.Relay.Leading()))
}

func (s *scrape) collectProjections(ctx context.Context, ch chan<- prometheus.Metric) error {
	list, err := s.Projections.Status(ctx)
	if err != nil {
		return err
	}
	for _, p := range list {
		for d, v := range map[*prometheus.Desc]float64{
			s.position: float64(p.Position), s.lagEvents: float64(p.Lag), s.lagSeconds: p.LagTime.Seconds(), s.parked: float64(p.Parked),
		} {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, p.Consumer.Name, string(p.Consumer.Kind))
		}
		ch <- prometheus.MustNewConstMetric(s.applied, prometheus.CounterValue, float64(p.Consumer.Applied()), p.Consumer.Name,
			string(p.Consumer.Kind))
	}
	return nil
}

func (s *scrape) collectPool(ch chan<- prometheus.Metric) {
	st := s.Pool.Stat()
	for state, n := range map[string]int32{"idle": st.IdleConns(), "in_use": st.AcquiredConns(), "opening": st.ConstructingConns()} {
		ch <- prometheus.MustNewConstMetric(s.connections, prometheus.GaugeValue, float64(n), state)
	}
	ch <- prometheus.MustNewConstMetric(s.maxConnections, prometheus.GaugeValue, float64(st.MaxConns()))
	ch <- prometheus.MustNewConstMetric(s.acquires, prometheus.CounterValue, float64(st.AcquireCount()))
	ch <- prometheus.MustNewConstMetric(s.acquireWait, prometheus.CounterValue, st.AcquireDuration().Seconds())
	ch <- prometheus.MustNewConstMetric(s.emptyAcquires, prometheus.CounterValue, float64(st.EmptyAcquireCount()))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
