package auditview

// duplicates are the rules of looking for duplicates and merging rows.
func duplicates() map[string]Rule {
	return map[string]Rule{
		"dedup.scan_started.v1": {
			Says: "looked for duplicates", Thing: "duplicates", ID: "job_id", After: []string{"table_id", "definition.threshold"},
		},
		"dedup.scan_restarted.v1":  {Says: "began a scan for duplicates again", Quiet: true},
		"dedup.scan_progressed.v1": {Says: "looked at rows for duplicates", Quiet: true},
		"dedup.groups_found.v1":    {Says: "found duplicates", Quiet: true},
		"dedup.group_decided.v1": {
			Says: "decided about duplicates: {decision}", Thing: "duplicates", ID: "job_id", After: []string{"table_id", "group", "decision"},
		},
		"dedup.merge_started.v1": {
			Says: "merged duplicates", Thing: "duplicates", ID: "job_id", After: []string{"table_id", "scan_id", "plan.min_score"},
		},
		"dedup.rows_merged.v1": {Says: "merged rows", Quiet: true},
		"dedup.unmerge_started.v1": {
			Says: "took merged rows apart", Thing: "duplicates", ID: "job_id", After: []string{"table_id", "merge_id"},
		},
		"dedup.rows_parted.v1":      {Says: "took rows apart", Quiet: true},
		"dedup.worker_lost.v1":      {Says: "lost a worker over duplicates", Quiet: true},
		"dedup.cancel_requested.v1": {Says: "stopped a job about duplicates", Thing: "duplicates", ID: "job_id"},
		"dedup.ended.v1": {
			Says: "ended a job about duplicates: {state}", Thing: "duplicates", ID: "job_id", After: []string{"state", "reason"},
		},
	}
}
