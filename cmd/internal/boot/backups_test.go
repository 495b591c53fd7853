package boot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/operationcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
)

func TestWhatTheScheduleAsksFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	taken := func(ago time.Duration, d *backup.Drilled) []backup.Kept {
		return []backup.Kept{{Name: "newest", TakenAt: now.Add(-ago), Drill: d}, {Name: "older", TakenAt: now.Add(-ago - time.Hour)}}
	}
	job := func(k operation.Kind, of string, ago time.Duration, ended bool) []operation.Job {
		j := operation.Job{Kind: k, Backup: of, RequestedAt: now.Add(-ago)}
		if ended {
			j.FinishedAt = now
		}
		return []operation.Job{j}
	}
	const day = 24 * time.Hour
	take, drill, nothing := operationcmd.Start{Kind: operation.Backup}, operationcmd.Start{Kind: operation.Drill, Backup: "newest"}, operationcmd.Start{}
	for name, c := range map[string]struct {
		list    []backup.Kept
		jobs    []operation.Job
		undrill bool
		want    operationcmd.Start
	}{
		"the first":                        {want: take},
		"a period is over":                 {list: taken(day, nil), want: take},
		"it is not over":                   {list: taken(day-time.Second, &backup.Drilled{}), want: nothing},
		"it failed a moment ago":           {list: taken(2*day, nil), jobs: job(operation.Backup, "", time.Minute, true), want: nothing},
		"it failed long ago":               {list: taken(2*day, nil), jobs: job(operation.Backup, "", 3*time.Hour, true), want: take},
		"another job is under way":         {list: taken(2*day, nil), jobs: job(operation.Rebuild, "", time.Hour, false), want: nothing},
		"the newest is to be proved":       {list: taken(time.Minute, nil), want: drill},
		"it is not to be proved":           {list: taken(time.Minute, nil), undrill: true, want: nothing},
		"its drill failed":                 {list: taken(time.Minute, nil), jobs: job(operation.Drill, "newest", time.Minute, true), want: nothing},
		"that of an older one failed":      {list: taken(time.Minute, nil), jobs: job(operation.Drill, "older", time.Minute, true), want: drill},
		"it is drilled, whatever came out": {list: taken(time.Minute, &backup.Drilled{}), want: nothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start, is := nextBackup(c.list, c.jobs, config.Config{BackupEvery: day, BackupDrill: !c.undrill}, now)
			if !is {
				start = nothing
			}
			require.Equal(t, c.want, start)
		})
	}
}

func TestReadinessTellsOfOldBackups(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	const hour = time.Hour
	for name, c := range map[string]struct {
		up, age time.Duration // of the process, and of the last backup; 0: there is none
		blind   bool
		says    string
	}{
		"one in time":                     {up: 9 * hour, age: hour},
		"one that is late":                {up: 9 * hour, age: 2*hour + time.Second, says: "older than two periods"},
		"the server has just been let up": {up: time.Minute, age: 99 * hour},
		"none yet":                        {up: hour},
		"none for long":                   {up: 3 * hour, says: "no backup has been taken yet"},
		"it can't be seen":                {up: 3 * hour, blind: true, says: "can't be looked at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &backups{core: &core{base: &base{clock: kernel.NewManualClock(now)}}, cfg: config.Config{BackupEvery: hour}, began: now.Add(-c.up), seen: !c.blind}
			if c.age > 0 {
				b.list = []backup.Kept{{TakenAt: now.Add(-c.age)}}
			}
			err := b.check(t.Context())
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestWhereABucketForBackupsIs(t *testing.T) {
	t.Parallel()
	const uploads = "http://key:secret@minio:9000/uploads/x?region=eu"
	for target, want := range map[string][2]string{ // without and with a bucket for uploads
		"s3://b/a/c":                      {"https://s3.amazonaws.com/b/a/c", "http://key:secret@minio:9000/b/a/c?region=eu"},
		"s3://other:pass@b?region=us":     {"https://other:pass@s3.amazonaws.com/b?region=us", "http://other:pass@minio:9000/b?region=us"},
		"https://k:s@host/b/p?region=eu1": {"https://k:s@host/b/p?region=eu1", "https://k:s@host/b/p?region=eu1"},
	} {
		for i, from := range []string{"", uploads} {
			got, err := bucketAddress(target, from)
			require.NoError(t, err)
			require.Equal(t, want[i], got)
		}
	}
	_, err := bucketAddress("s3://key:hunter2@:99999x/b", "")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
}
