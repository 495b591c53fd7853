package auditview

func work() map[string]Rule {
	return map[string]Rule{
		"import.uploaded.v1": {
			Says: "uploaded {filename}", Thing: "import", Name: "filename", After: []string{"filename", "size", "sha256"},
		},
		"import.copy_begun.v1": {
			Says: "began to copy the rows of {name}", Thing: "import", Name: "name", After: []string{"table_id", "copy_of", "rows"},
		},
		"import.previewed.v1":       {Says: "looked at the file again", Quiet: true},
		"import.started.v1":         {Says: "imported {it}", Thing: "import", After: []string{"table_id", "new_table"}},
		"import.rows_added.v1":      {Says: "added rows", Quiet: true},
		"import.rows_updated.v1":    {Says: "updated rows", Quiet: true},
		"import.rows_rejected.v1":   {Says: "refused lines", Quiet: true},
		"import.batch_recorded.v1":  {Says: "went on with a file", Quiet: true},
		"import.interrupted.v1":     {Says: "lost a worker over the import", Quiet: true},
		"import.completed.v1":       {Says: "finished the import of {it}", Thing: "import", After: []string{"counts"}},
		"import.failed.v1":          {Says: "could not go on with the import of {it}: {reason}", Thing: "import"},
		"import.cancelled.v1":       {Says: "stopped the import of {it}", Thing: "import"},
		"import.undo_started.v1":    {Says: "asked to undo the import of {it}", Thing: "import", After: []string{"force"}},
		"import.undo_progressed.v1": {Says: "went on with an undo", Quiet: true},
		"import.redone.v1":          {Says: "did the import {it} again", Thing: "import"},
		"import.undone.v1":          {Says: "took back the import of {it}", Thing: "import", After: []string{"removed", "reverted", "kept"}},

		"export.requested.v1": {
			Says: "asked for the file {name}", Thing: "export", ID: "export_id", Name: "name", After: []string{"table_id", "ask"},
		},
		"export.progressed.v1": {Says: "went on with a file", Quiet: true},
		"export.finished.v1":   {Says: "made the file {it}", Thing: "export", ID: "export_id", After: []string{"size", "rows", "expires_at"}},
		"export.failed.v1":     {Says: "could not make the file {it}: {reason}", Thing: "export", ID: "export_id"},
		"export.cancelled.v1":  {Says: "stopped or removed the file {it}", Thing: "export", ID: "export_id"},
		"export.expired.v1":    {Says: "removed the file {it}, whose time was over", Thing: "export", ID: "export_id"},

		"erasure.requested.v1": {Says: "looked for everything about a person", Thing: "erasure", ID: "erasure_id", Audit: true},
		"erasure.looked.v1":    {Says: "found what there is about a person", Quiet: true},
		"erasure.confirmed.v1": {Says: "had everything about a person erased", Thing: "erasure", ID: "erasure_id"},
		"erasure.place_erased.v1": {
			Says: "erased a person in the {place}", Thing: "erasure", ID: "erasure_id", After: []string{"place", "erased"}, Audit: true,
		},
		"erasure.finished.v1":  {Says: "finished erasing a person", Thing: "erasure", ID: "erasure_id"},
		"erasure.cancelled.v1": {Says: "left what was found about a person as it is", Thing: "erasure", ID: "erasure_id", Audit: true},
		"erasure.failed.v1":    {Says: "could not erase a person: {reason}", Thing: "erasure", ID: "erasure_id"},

		"run.started.v1":          {Says: "started an enrichment", Thing: "run", After: []string{"table_id", "max_credits_mc", "reserved_mc"}},
		"run.records_added.v1":    {Says: "brought records", Quiet: true},
		"run.page_started.v1":     {Says: "began a page", Quiet: true},
		"run.page_stopped.v1":     {Says: "left a page", Quiet: true},
		"run.calls_sent.v1":       {Says: "asked providers", Quiet: true},
		"run.answers_recorded.v1": {Says: "recorded answers", Quiet: true},
		"run.paused.v1":           {Says: "paused an enrichment", Thing: "run"},
		"run.resumed.v1":          {Says: "resumed an enrichment", Thing: "run"},
		"run.cancel_requested.v1": {Says: "cancelled an enrichment", Thing: "run"},
		"run.retried.v1":          {Says: "retried {records} records of an enrichment", Thing: "run"},
		"run.finished.v1":         {Says: "ended the enrichment: {state}", Thing: "run", After: []string{"state", "reason"}},
		"auto_run.started.v1":     {Says: "started runs for changed rows", Quiet: true},
	}
}

func workflows() map[string]Rule {
	return map[string]Rule{
		"workflow.saved.v1": {
			Says: "saved version {version} of the workflow {name}", Thing: "workflow", ID: "workflow_id", Name: "name",
			After: []string{"name", "version", "note", "of"},
		},
		"workflow.published.v1": {
			Says: "published version {version} of {it}", Thing: "workflow", ID: "workflow_id", After: []string{"version", "trigger.kind"},
		},
		"workflow.unpublished.v1": {Says: "took {it} out of force", Thing: "workflow", ID: "workflow_id"},
		"workflow.deleted.v1":     {Says: "deleted {it}", Thing: "workflow", ID: "workflow_id"},
		"workflow.hook_set.v1":    {Says: "gave {it} a new address", Thing: "workflow", ID: "workflow_id"},
		"wfhook.received.v1":      {Says: "took a delivery in", Quiet: true},
		"wftrigger.fired.v1":      {Says: "began a run", Quiet: true},
		"wftrigger.passed.v1":     {Says: "left changes out", Quiet: true},
		"wfrun.started.v1": {
			Says: "began a run of {it}", Thing: "workflow", ID: "workflow_id",
			After: []string{"version", "cause.kind"},
		},
		"wfrun.gathered.v1":         {Says: "took rows into a run", Quiet: true},
		"wfrun.node_done.v1":        {Says: "did a step", Quiet: true},
		"wfrun.node_failed.v1":      {Says: "could not do a step", Quiet: true},
		"wfrun.enrichment_asked.v1": {Says: "asked an enrichment", Quiet: true},
		"wfrun.wait_begun.v1":       {Says: "began to wait", Quiet: true},
		"wfrun.approval_asked.v1":   {Says: "asked for a decision", Quiet: true},
		"wfrun.decided.v1":          {Says: "decided on rows of a run of a workflow", Thing: "workflow_run", After: []string{"node", "approved"}},
		"wfrun.paused.v1":           {Says: "paused a run of a workflow", Thing: "workflow_run"},
		"wfrun.continued.v1":        {Says: "let a run of a workflow go on", Thing: "workflow_run"},
		"wfrun.cancel_requested.v1": {Says: "cancelled a run of a workflow", Thing: "workflow_run"},
		"wfrun.worker_lost.v1":      {Says: "lost a worker over a run", Quiet: true},
		"wfrun.resumed.v1": {
			Says: "resumed a run of a workflow under version {version}", Thing: "workflow_run",
			After: []string{"version", "from"},
		},
		"wfrun.ended.v1": {
			Says: "ended the run of a workflow: {state}", Thing: "workflow_run",
			After: []string{"state", "node", "reason"},
		},
	}
}
