package boot

import (
	"maps"

	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore/cloudevent"
)

// Published is the one list of what leaves the product as an event: on RabbitMQ, in the change feed and in webhooks. Every event type has
// its line, which a test demands: what one must be allowed to do to see it, whether it is of a table, and which members of its data stay
// inside. What is about signing in, and what only the product's own bookkeeping needs, never leaves. A new type without a line stays
// inside.
func Published() cloudevent.Policy {
	all := cloudevent.Policy{}
	for _, part := range []cloudevent.Policy{
		publishedTeam(), publishedRuns(), publishedDuplicates(), publishedTables(), publishedJobs(), publishedMoney(), publishedWebhooks(),
	} {
		maps.Copy(all, part)
	}
	return all
}

func publishedTeam() cloudevent.Policy {
	return cloudevent.Policy{
		"api_key.created.v1": inside(),
		"api_key.revoked.v1": inside(),

		"email.reserved.v1": inside(),

		"invitation.linked.v1": inside(),

		"access.denied.v1":         inside(),
		"access.exported.v1":       inside(),
		"access.sign_in_failed.v1": inside(),

		"operation.job_finished.v1":   inside(),
		"operation.job_requested.v1":  inside(),
		"operation.letter_retried.v1": inside(),
		"operation.letter_skipped.v1": inside(),

		"session.refreshed.v1": inside(),
		"session.started.v1":   inside(),

		"slug.released.v1": inside(),
		"slug.reserved.v1": inside(),

		"identity.reserved.v1":    inside(),
		"user.identity_linked.v1": inside(),

		"user.second_factor_offered.v1":   inside(),
		"user.second_factor_enabled.v1":   inside(),
		"user.second_factor_used.v1":      inside(),
		"user.recovery_code_used.v1":      inside(),
		"user.recovery_codes_replaced.v1": inside(),
		"user.second_factor_disabled.v1":  inside(),

		"passkey.reserved.v1":     inside(),
		"user.passkey_added.v1":   inside(),
		"user.passkey_renamed.v1": inside(),
		"user.passkey_used.v1":    inside(),
		"user.passkey_blocked.v1": inside(),
		"user.passkey_removed.v1": inside(),

		"user.password_changed.v1":         inside(),
		"user.password_reset_requested.v1": inside(),
		"user.registered.v1":               inside(),
		"user.session_closed.v1":           inside(),
		"user.session_opened.v1":           inside(),

		"workspace.created.v1":             ofWorkspace(workspace.ReadWorkspace),
		"workspace.deleted.v1":             ofWorkspace(workspace.ReadWorkspace),
		"workspace.invitation_closed.v1":   ofWorkspace(workspace.ManageMembers),
		"workspace.invited.v1":             ofWorkspace(workspace.ManageMembers, "token_hash", "email", "sealed", "address"),
		"workspace.member_added.v1":        ofWorkspace(workspace.ReadMembers),
		"workspace.member_removed.v1":      ofWorkspace(workspace.ReadMembers),
		"workspace.member_role_changed.v1": ofWorkspace(workspace.ReadMembers),
		"workspace.renamed.v1":             ofWorkspace(workspace.ReadWorkspace),
		"workspace.restored.v1":            ofWorkspace(workspace.ReadWorkspace),
		"workspace.slug_changed.v1":        ofWorkspace(workspace.ReadWorkspace),
		"workspace.time_zone_changed.v1":   ofWorkspace(workspace.ReadWorkspace),
	}
}

// publishedRuns are the runs that work for a workspace outside its tables.
func publishedRuns() cloudevent.Policy {
	return cloudevent.Policy{
		"crm.connect_answered.v1":    inside(),
		"crm.connect_asked.v1":       inside(),
		"crm.connected.v1":           inside(),
		"crm.disconnected.v1":        inside(),
		"crm.refresh_begun.v1":       inside(),
		"crm.refresh_failed.v1":      inside(),
		"crm.refreshed.v1":           inside(),
		"crmrun.batch_intended.v1":   inside(),
		"crmrun.batch_settled.v1":    inside(),
		"crmrun.cancel_requested.v1": inside(),
		"crmrun.ended.v1":            inside(),
		"crmrun.started.v1":          inside(),
		"crmrun.stopped.v1":          inside(),
		"crmrun.waiting.v1":          inside(),
		"crmrun.worker_lost.v1":      inside(),
		"crmsync.claimed.v1":         inside(),
		"crmsync.deleted.v1":         inside(),
		"crmsync.released.v1":        inside(),
		"crmsync.saved.v1":           inside(),

		"find.cancel_requested.v1": inside(),
		"find.ended.v1":            inside(),
		"find.gathered.v1":         inside(),
		"find.page_asked.v1":       inside(),
		"find.page_found.v1":       inside(),
		"find.page_refused.v1":     inside(),
		"find.started.v1":          inside(),
		"find.stopped.v1":          inside(),
		"find.worker_lost.v1":      inside(),
		"source.deleted.v1":        inside(),
		"source.saved.v1":          inside(),

		"scrape.called_back.v1": inside(),
		"scrape.cancelled.v1":   inside(),
		"scrape.finished.v1":    inside(),
		"scrape.page_read.v1":   inside(),
		"scrape.requested.v1":   inside(),
		"scrape.worker_lost.v1": inside(),

		"wfhook.received.v1":        inside(),
		"wfrun.cancel_requested.v1": inside(),
		"wfrun.approval_asked.v1":   inside(),
		"wfrun.continued.v1":        inside(),
		"wfrun.decided.v1":          inside(),
		"wfrun.ended.v1":            inside(),
		"wfrun.enrichment_asked.v1": inside(),
		"wfrun.gathered.v1":         inside(),
		"wfrun.node_done.v1":        inside(),
		"wfrun.node_failed.v1":      inside(),
		"wfrun.paused.v1":           inside(),
		"wfrun.resumed.v1":          inside(),
		"wfrun.started.v1":          inside(),
		"wfrun.wait_begun.v1":       inside(),
		"wfrun.worker_lost.v1":      inside(),
		"wftrigger.fired.v1":        inside(),
		"wftrigger.passed.v1":       inside(),
		"workflow.deleted.v1":       inside(),
		"workflow.hook_set.v1":      inside(),
		"workflow.published.v1":     inside(),
		"workflow.saved.v1":         inside(),
		"workflow.unpublished.v1":   inside(),
	}
}

// publishedDuplicates tells nothing: what becomes of rows is told by the table's own events.
func publishedDuplicates() cloudevent.Policy {
	return cloudevent.Policy{
		"dedup.cancel_requested.v1": inside(),
		"dedup.ended.v1":            inside(),
		"dedup.group_decided.v1":    inside(),
		"dedup.groups_found.v1":     inside(),
		"dedup.merge_started.v1":    inside(),
		"dedup.rows_merged.v1":      inside(),
		"dedup.rows_parted.v1":      inside(),
		"dedup.scan_progressed.v1":  inside(),
		"dedup.scan_restarted.v1":   inside(),
		"dedup.scan_started.v1":     inside(),
		"dedup.unmerge_started.v1":  inside(),
		"dedup.worker_lost.v1":      inside(),
	}
}

func publishedTables() cloudevent.Policy {
	return cloudevent.Policy{
		"table.branched.v1":             inside(),
		"table.merge_advanced.v1":       inside(),
		"table.merge_begun.v1":          inside(),
		"table.merge_ended.v1":          inside(),
		"table.merge_worker_lost.v1":    inside(),
		"table.discarded.v1":            inside(),
		"table.cells_edited.v1":         ofTable(),
		"table.column_added.v1":         masked(ofTable(), "column", "old"), // a column may ask an address
		"table.column_changed.v1":       masked(ofTable(), "column", "old"),
		"table.column_deleted.v1":       ofTable(),
		"table.column_purged.v1":        ofTable(),
		"table.column_restored.v1":      masked(ofTable(), "column", "old"),
		"table.column_type_changed.v1":  masked(ofTable(), "column", "old"),
		"table.column_type_reverted.v1": masked(ofTable(), "column", "old"),
		"table.columns_reordered.v1":    ofTable(),
		"table.created.v1":              ofTable(),
		"table.details_changed.v1":      ofTable(),
		"table.purged.v1":               ofTable(),
		"table.renamed.v1":              ofTable(),
		"table.restored.v1":             ofTable(),
		"table.rows_deleted.v1":         ofTable(),
		"table.rows_inserted.v1":        ofTable(),
		"table.rows_purged.v1":          ofTable(),
		"table.rows_restored.v1":        ofTable(),
		"table.ticked.v1":               inside(),
		"table.trashed.v1":              ofTable(),
		"table.view_deleted.v1":         ofTable(),
		"table.view_saved.v1":           public(ofTable(), "view.shared"),
	}
}

func publishedJobs() cloudevent.Policy {
	return cloudevent.Policy{
		"auto_run.started.v1": inside(),

		"erasure.cancelled.v1":    inside(),
		"erasure.confirmed.v1":    inside(),
		"erasure.failed.v1":       inside(),
		"erasure.finished.v1":     inside(),
		"erasure.looked.v1":       inside(),
		"erasure.place_erased.v1": inside(),
		"erasure.requested.v1":    inside(),

		"export.cancelled.v1":  inside(),
		"export.expired.v1":    inside(),
		"export.failed.v1":     inside(),
		"export.finished.v1":   inside(),
		"export.progressed.v1": inside(),
		"export.requested.v1":  inside(),

		"import.copy_begun.v1":      ofJob(),
		"import.batch_recorded.v1":  ofJob(),
		"import.interrupted.v1":     ofJob(),
		"import.cancelled.v1":       ofJob(),
		"import.completed.v1":       ofJob(),
		"import.failed.v1":          masked(ofJob(), "reason"),
		"import.previewed.v1":       ofJob(),
		"import.redone.v1":          ofJob(),
		"import.rows_added.v1":      ofJob(),
		"import.rows_rejected.v1":   ofJob(),
		"import.rows_updated.v1":    ofJob(),
		"import.started.v1":         ofJob(),
		"import.undo_progressed.v1": ofJob(),
		"import.undo_started.v1":    ofJob(),
		"import.undone.v1":          ofJob(),
		"import.uploaded.v1":        ofJob("object"),

		"comment.added.v1":         about("sealed"),
		"comment.deleted.v1":       about(),
		"comment.edited.v1":        about("sealed"),
		"comment.mentions_seen.v1": inside(), // it is one person's own
		"comment.reopened.v1":      about(),
		"comment.resolved.v1":      about(),

		"search.deleted.v1":           inside(),
		"search.reindex_finished.v1":  inside(),
		"search.reindex_requested.v1": inside(),
		"search.saved.v1":             inside(), // a search may be its owner's alone

		"run.answers_recorded.v1": ofJob("kept", "kept_for", "shapes"),
		"run.calls_sent.v1":       inside(), // how calls are kept from being doubled
		"run.cancel_requested.v1": ofJob(),
		"run.finished.v1":         masked(ofJob(), "reason"),
		"run.page_started.v1":     ofJob(),
		"run.page_stopped.v1":     ofJob(),
		"run.paused.v1":           ofJob(),
		"run.records_added.v1":    ofJob(),
		"run.resumed.v1":          ofJob(),
		"run.retried.v1":          ofJob(),
		"run.started.v1":          masked(ofJob(), "configs", "inline", "config"),
	}
}

func publishedMoney() cloudevent.Policy {
	return cloudevent.Policy{
		"credential.deleted.v1":       ofWorkspace(workspace.ManageCredentials),
		"credential.hosts_changed.v1": ofWorkspace(workspace.ManageCredentials),
		"credential.rewrapped.v1":     inside(),
		"credential.rotated.v1":       ofWorkspace(workspace.ManageCredentials, "sealed"),
		"credential.stored.v1":        ofWorkspace(workspace.ManageCredentials, "sealed"),
		"credential.used.v1":          ofWorkspace(workspace.ManageCredentials),

		"billing.checkout_started.v1":      inside(),
		"billing.customer_linked.v1":       inside(),
		"billing.customer_made.v1":         inside(),
		"billing.free_month_granted.v1":    inside(), // credit.granted tells it, as of all that brings credits
		"billing.invoice_observed.v1":      inside(),
		"billing.order_placed.v1":          inside(),
		"billing.payment_observed.v1":      inside(),
		"billing.plan_change_asked.v1":     inside(),
		"billing.reconciled.v1":            inside(),
		"billing.signal_received.v1":       inside(),
		"billing.subscription_observed.v1": inside(),

		"credit.caps_set.v1": ofWorkspace(workspace.ReadCredits),
		"credit.debited.v1":  ofWorkspace(workspace.ReadCredits),
		"credit.granted.v1":  ofWorkspace(workspace.ReadCredits),
		"credit.released.v1": ofWorkspace(workspace.ReadCredits),
		"credit.reserved.v1": ofWorkspace(workspace.ReadCredits),
		"credit.sealed.v1":   ofWorkspace(workspace.ReadCredits),
		"credit.closed.v1":   ofWorkspace(workspace.ReadCredits),
		"credit.reopened.v1": ofWorkspace(workspace.ReadCredits),

		"ledger.head_signed.v1": ofWorkspace(workspace.ReadCredits),
	}
}

func publishedWebhooks() cloudevent.Policy {
	return cloudevent.Policy{
		"webhook.created.v1":              masked(ofWorkspace(workspace.ManageWebhooks, "sealed", "sealed_url"), "url"),
		"webhook.changed.v1":              masked(ofWorkspace(workspace.ManageWebhooks, "sealed_url"), "url"),
		"webhook.secret_rotated.v1":       ofWorkspace(workspace.ManageWebhooks, "sealed"),
		"webhook.secret_rewrapped.v1":     inside(),
		"webhook.disabled.v1":             masked(ofWorkspace(workspace.ManageWebhooks), "url"),
		"webhook.enabled.v1":              ofWorkspace(workspace.ManageWebhooks),
		"webhook.deleted.v1":              ofWorkspace(workspace.ManageWebhooks),
		"webhook.test_requested.v1":       ofWorkspace(workspace.ManageWebhooks),
		"webhook.redelivery_requested.v1": ofWorkspace(workspace.ManageWebhooks),
		"webhook.replay_requested.v1":     ofWorkspace(workspace.ManageWebhooks),
	}
}

// inside keeps events of a type inside.
func inside() cloudevent.Rule { return cloudevent.Rule{} }

// ofTable lets those see an event of one table who may read tables.
func ofTable() cloudevent.Rule {
	return cloudevent.Rule{Action: string(workspace.ReadTables), Scope: cloudevent.OfTable}
}

// about lets those see what was said about a table who may read tables; without the named members of its data.
func about(redact ...string) cloudevent.Rule {
	return cloudevent.Rule{Action: string(workspace.ReadTables), Scope: cloudevent.OfTable, Redact: redact}
}

// ofJob lets those see an event of an import or a run, which works on a table, who may read tables; without the named members of its data.
func ofJob(redact ...string) cloudevent.Rule {
	return cloudevent.Rule{Action: string(workspace.ReadTables), Scope: cloudevent.OfJob, Redact: redact}
}

// ofWorkspace lets those see an event of more than a table who may do the action, without the named members of its data: no caller that is
// limited to some tables.
func ofWorkspace(action workspace.Action, redact ...string) cloudevent.Rule {
	return cloudevent.Rule{Action: string(action), Scope: cloudevent.OfWorkspace, Redact: redact}
}

// public lets an event out only if the member is true of it.
func public(r cloudevent.Rule, member string) cloudevent.Rule {
	r.Public = member
	return r
}

// masked lets an event out with the addresses in these members cut to their hosts.
func masked(r cloudevent.Rule, members ...string) cloudevent.Rule {
	r.Mask = members
	return r
}
