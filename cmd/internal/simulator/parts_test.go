package simulator_test

import (
	"context"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/dataopsflow"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/recordedtest"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/logmsg"
	"github.com/morket/morket/eventstore/logtail"
	"github.com/morket/morket/eventstore/relay"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/creditview"
	"github.com/morket/morket/projections/dataopsview"
	"github.com/morket/morket/projections/enrichmentview"
	"github.com/morket/morket/projections/gridview"
)

// parts are what a process is made of, wired as boot does.
type parts struct {
	log       logPort
	tail      *logtail.Tail // of the log, for consumers
	ids       *kernel.IDs
	positions *projections.Registry
	monitor   *projections.Monitor
	ledger    *creditcmd.Ledger
	credits   *creditcmd.Handlers
	tables    *tablecmd.Handlers
	runs      *enrichmentcmd.Handlers
	runner    *enrichmentflow.Runner
	imports   *dataopscmd.Handlers
	importer  *dataopscmd.Importer
}

// start makes the process's parts and has them work.
func (p *process) start() {
	p.w.happened(p.id, "starts", "", p.skew.String())
	p.parts = &parts{}
	if err := p.build(); err != nil {
		p.w.wrong("process %s can't be built: %v", p.id, err)
		return
	}
	p.follow()
	p.react()
}

func (p *process) build() error {
	w := p.w
	p.log = logPort{p}
	p.tail = logtail.New(p.log, w.dice.of("tail", p.id).between(1, 20_000))
	p.ids = kernel.NewIDsFrom(p, w.dice.of("ids", p.id))
	if head, err := w.log.Head(p.ctx); err == nil && head > 0 {
		last, _ := w.log.ReadPositions(p.ctx, []int64{head})
		p.ids.After(last[0].RecordedAt)
	}
	p.positions = projections.NewRegistry(viewStore{w.views, p})
	p.ledger = creditcmd.NewLedger(w.mutant.ledgerLog(p), w.codec, w.keys)
	p.credits = creditcmd.NewHandlers(p.ledger, p)
	reads := gridReads{p, p.positions}
	var err error
	p.tables, err = tablecmd.New(tablecmd.Config{
		Store: p.log, Codec: w.codec, IDs: p.ids, Clock: p, Rows: reads, Tables: reads, History: reads, Waiter: p.positions,
	})
	if err != nil {
		return err
	}
	if err := p.buildRuns(reads); err != nil {
		return err
	}
	return p.buildImports(reads)
}

func (p *process) buildRuns(reads gridReads) error {
	w := p.w
	registry, err := enrichment.NewRegistry(newVendor(p, "careful", price, !w.mutant.careful()), newVendor(p, "keyed", price/3, true))
	if err != nil {
		return err
	}
	jitter := w.dice.of("jitter", p.id)
	engine, err := waterfall.New(waterfall.Config{Registry: registry, Clock: p, Jitter: jitter.float, Sleep: p.sleep})
	if err != nil {
		return err
	}
	runs := runReads{p, p.positions}
	p.runs, err = enrichmentcmd.New(enrichmentcmd.Config{
		Store: p.log, Codec: w.codec, IDs: p.ids, Clock: p, Engine: engine, Rows: reads, Ledger: p.ledger, Rates: runs, Recorded: p.recorded(),
	})
	if err != nil {
		return err
	}
	p.runner, err = enrichmentflow.NewRunner(enrichmentflow.Config{
		Store: w.mutant.runLog(p), Codec: w.codec, IDs: p.ids, Clock: p, Engine: engine, Rows: reads, Failures: runs, Ledger: w.mutant.runLedger(p), Sealer: p.sealer(),
		Recorded: p.recorded(), Logger: w.logger, Ward: quarantine.NewWard(), Limits: enrichmentflow.Limits{PageRows: 4, CarefulRows: 3, Workers: 2, Look: 2 * time.Second},
	})
	return err
}

func (p *process) buildImports(reads gridReads) error {
	w := p.w
	cfg := dataopscmd.Config{
		Store: w.mutant.importLog(p), Codec: w.codec, IDs: p.ids, Clock: p, Files: files{p}, Formats: tablefile.Imports{}, Grid: importGrid{reads}, Wait: p.positions,
		Limits: dataopscmd.Limits{BatchCells: 4},
	}
	var err error
	if p.imports, err = dataopscmd.New(cfg); err != nil {
		return err
	}
	p.importer, err = dataopscmd.NewImporter(dataopscmd.ImporterConfig{Config: cfg, Logger: w.logger})
	return err
}

// alive takes an importer's signs of life.
func (p *process) alive(dataops.Summary) {}

// sealer seals answers under keys that outlive the process.
func (p *process) sealer() enrichmentflow.Sealer {
	return sealing{p, vault.NewRing(p.w.vault, p.w.keyring, p)}
}

// recorded finds replies in the log itself.
func (p *process) recorded() recordedtest.Log {
	return recordedtest.Log{Store: p.log, Keys: vault.NewRing(p.w.vault, p.w.keyring, p)}
}

type sealing struct {
	p    *process
	ring *vault.Ring
}

// Seal implements enrichmentflow.Sealer.
func (s sealing) Seal(ctx context.Context, subject string, plain []byte) (body []byte, err error) {
	err = s.p.call(ctx, "seal", subject, func() (err error) {
		body, err = s.ring.Seal(ctx, subject, plain)
		return err
	})
	return body, err
}

func limits() projections.Limits {
	return projections.Limits{PollMin: 200 * time.Millisecond, PollMax: 8 * time.Second, CheckpointEvery: 2 * time.Second, RetryFirst: 20 * time.Second}
}

// projectors are the read models that the simulator keeps.
func (w *world) projectors() []projections.Projector {
	return []projections.Projector{
		gridview.New(w.codec, openGrid), creditview.New(openCredit), enrichmentview.New(openRuns), dataopsview.New(openImports),
	}
}

// follow starts the relay and the projections.
func (p *process) follow() {
	w := p.w
	r, err := relay.New(relay.Config{
		Log: w.mutant.relayLog(p), Leadership: w.mutant.leadership(p), Publisher: publisher{p, "log", w.publish}, Events: publisher{p, "events", w.outside.take},
		Encoder: w.encoder, Logger: w.logger, PageEvents: 20, PollMin: 100 * time.Millisecond, PollMax: 5 * time.Second,
	})
	if err != nil {
		w.wrong("relay: %v", err)
		return
	}
	p.work("relay", r.Run)
	ward := quarantine.NewWard()
	p.monitor = projections.NewMonitor(p.log, p)
	for _, projector := range w.projectors() {
		cfg := projections.RunnerConfig{
			Projector: projector, Log: p.tail, Subscriber: subscriber{p, projector.Name()}, Store: viewStore{w.views, p}, Clock: p,
			Logger: w.logger, Ward: ward, Limits: limits(),
		}
		runner, err := projections.NewRunner(cfg)
		if err != nil {
			w.wrong("projection: %v", err)
			return
		}
		p.positions.Add(runner)
		p.monitor.AddRunner(runner, func() projections.RunnerConfig { return cfg })
		p.work("projection "+projector.Name(), runner.Run)
	}
}

// react starts the reactors and the reconciler.
func (p *process) react() {
	flows := flowsPort{p}
	runs, imports := enrichmentflow.NewReactor(flows, p.log, p.w.codec), dataopsflow.NewReactor(flows)
	for _, r := range []projections.ReactorConfig{
		{Name: enrichmentflow.ReactorName, Types: runs.Types(), Handle: runs.Handle}, {Name: dataopsflow.ReactorName, Types: imports.Types(), Handle: imports.Handle},
	} {
		p.reactor(r)
	}
	p.deliver()
	reads := runReads{p, p.positions}
	rec, err := reconcile.New(reconcile.Config{
		Flows: flows, Sources: []reconcile.Source{reads.unfinished, reads.unfinishedImports}, Away: func(err error) bool { return isWait(err) }, Logger: p.w.logger, Every: 30 * time.Second,
	})
	if err != nil {
		p.w.wrong("reconciler: %v", err)
		return
	}
	if p.w.mutant != reconcilerOff {
		p.work("reconciler", rec.Run)
	}
}

func (w *world) publish(messages []*message.Message) error {
	return w.bus.Publish(logmsg.Topic, messages...)
}

// reactor starts a reactor.
func (p *process) reactor(r projections.ReactorConfig) {
	r.Log, r.Subscriber, r.Store, r.Clock = p.tail, subscriber{p, r.Name}, viewStore{p.w.views, p}, p
	r.Logger, r.Ward, r.Limits = p.w.logger, quarantine.NewWard(), limits()
	reactor, err := projections.NewReactor(r)
	if err != nil {
		p.w.wrong("reactor %s: %v", r.Name, err)
		return
	}
	p.monitor.AddReactor(reactor)
	p.work("reactor "+r.Name, reactor.Run)
}
