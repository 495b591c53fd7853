package boot

import (
	"maps"

	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore/cloudevent"
)

// Published is the one list of what leaves the product as an event: on RabbitMQ, in the change feed and in webhooks. Every event type
// has its line, which a test demands: what one must be allowed to do to see it, and which members of its data stay inside. What
// is about signing in, and what only the product's own bookkeeping needs, never leaves. A new type without a line stays inside.
func Published() cloudevent.Policy {
	all := cloudevent.Policy{}
	for _, part := range []cloudevent.Policy{publishedTeam(), publishedTables(), publishedJobs(), publishedMoney(), publishedWebhooks()} {
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

		"user.password_changed.v1":         inside(),
		"user.password_reset_requested.v1": inside(),
		"user.registered.v1":               inside(),
		"user.session_closed.v1":           inside(),
		"user.session_opened.v1":           inside(),

		"workspace.created.v1":             seenBy(workspace.ReadWorkspace),
		"workspace.deleted.v1":             seenBy(workspace.ReadWorkspace),
		"workspace.invitation_closed.v1":   seenBy(workspace.ManageMembers),
		"workspace.invited.v1":             seenBy(workspace.ManageMembers, "token_hash", "email", "sealed", "address"),
		"workspace.member_added.v1":        seenBy(workspace.ReadMembers),
		"workspace.member_removed.v1":      seenBy(workspace.ReadMembers),
		"workspace.member_role_changed.v1": seenBy(workspace.ReadMembers),
		"workspace.renamed.v1":             seenBy(workspace.ReadWorkspace),
		"workspace.restored.v1":            seenBy(workspace.ReadWorkspace),
		"workspace.slug_changed.v1":        seenBy(workspace.ReadWorkspace),
		"workspace.time_zone_changed.v1":   seenBy(workspace.ReadWorkspace),
	}
}

func publishedTables() cloudevent.Policy {
	return cloudevent.Policy{
		"table.cells_edited.v1":         seenBy(workspace.ReadTables),
		"table.column_added.v1":         masked(seenBy(workspace.ReadTables), "column", "old"), // a column may ask an address
		"table.column_changed.v1":       masked(seenBy(workspace.ReadTables), "column", "old"),
		"table.column_deleted.v1":       seenBy(workspace.ReadTables),
		"table.column_purged.v1":        seenBy(workspace.ReadTables),
		"table.column_restored.v1":      masked(seenBy(workspace.ReadTables), "column", "old"),
		"table.column_type_changed.v1":  masked(seenBy(workspace.ReadTables), "column", "old"),
		"table.column_type_reverted.v1": masked(seenBy(workspace.ReadTables), "column", "old"),
		"table.columns_reordered.v1":    seenBy(workspace.ReadTables),
		"table.created.v1":              seenBy(workspace.ReadTables),
		"table.purged.v1":               seenBy(workspace.ReadTables),
		"table.renamed.v1":              seenBy(workspace.ReadTables),
		"table.restored.v1":             seenBy(workspace.ReadTables),
		"table.rows_deleted.v1":         seenBy(workspace.ReadTables),
		"table.rows_inserted.v1":        seenBy(workspace.ReadTables),
		"table.rows_purged.v1":          seenBy(workspace.ReadTables),
		"table.rows_restored.v1":        seenBy(workspace.ReadTables),
		"table.trashed.v1":              seenBy(workspace.ReadTables),
		"table.view_deleted.v1":         seenBy(workspace.ReadTables),
		"table.view_saved.v1":           {Action: string(workspace.ReadTables), Public: "view.shared"},
	}
}

func publishedJobs() cloudevent.Policy {
	return cloudevent.Policy{
		"auto_run.started.v1": inside(),

		"import.batch_recorded.v1":  seenBy(workspace.ReadTables),
		"import.interrupted.v1":     seenBy(workspace.ReadTables),
		"import.cancelled.v1":       seenBy(workspace.ReadTables),
		"import.completed.v1":       seenBy(workspace.ReadTables),
		"import.failed.v1":          masked(seenBy(workspace.ReadTables), "reason"),
		"import.previewed.v1":       seenBy(workspace.ReadTables),
		"import.redone.v1":          seenBy(workspace.ReadTables),
		"import.rows_added.v1":      seenBy(workspace.ReadTables),
		"import.rows_rejected.v1":   seenBy(workspace.ReadTables),
		"import.rows_updated.v1":    seenBy(workspace.ReadTables),
		"import.started.v1":         seenBy(workspace.ReadTables),
		"import.undo_progressed.v1": seenBy(workspace.ReadTables),
		"import.undo_started.v1":    seenBy(workspace.ReadTables),
		"import.undone.v1":          seenBy(workspace.ReadTables),
		"import.uploaded.v1":        seenBy(workspace.ReadTables, "object"),

		"search.deleted.v1":           inside(),
		"search.reindex_finished.v1":  inside(),
		"search.reindex_requested.v1": inside(),
		"search.saved.v1":             inside(), // a search may be its owner's alone

		"run.answers_recorded.v1": seenBy(workspace.ReadTables, "kept", "kept_for"),
		"run.cancel_requested.v1": seenBy(workspace.ReadTables),
		"run.finished.v1":         masked(seenBy(workspace.ReadTables), "reason"),
		"run.page_started.v1":     seenBy(workspace.ReadTables),
		"run.page_stopped.v1":     seenBy(workspace.ReadTables),
		"run.paused.v1":           seenBy(workspace.ReadTables),
		"run.records_added.v1":    seenBy(workspace.ReadTables),
		"run.resumed.v1":          seenBy(workspace.ReadTables),
		"run.retried.v1":          seenBy(workspace.ReadTables),
		"run.started.v1":          masked(seenBy(workspace.ReadTables), "configs", "inline", "config"),
	}
}

func publishedMoney() cloudevent.Policy {
	return cloudevent.Policy{
		"credential.deleted.v1":       seenBy(workspace.ManageCredentials),
		"credential.hosts_changed.v1": seenBy(workspace.ManageCredentials),
		"credential.rewrapped.v1":     inside(),
		"credential.rotated.v1":       seenBy(workspace.ManageCredentials, "sealed"),
		"credential.stored.v1":        seenBy(workspace.ManageCredentials, "sealed"),
		"credential.used.v1":          seenBy(workspace.ManageCredentials),

		"credit.caps_set.v1": seenBy(workspace.ReadCredits),
		"credit.debited.v1":  seenBy(workspace.ReadCredits),
		"credit.granted.v1":  seenBy(workspace.ReadCredits),
		"credit.released.v1": seenBy(workspace.ReadCredits),
		"credit.reserved.v1": seenBy(workspace.ReadCredits),
		"credit.sealed.v1":   seenBy(workspace.ReadCredits),
		"credit.closed.v1":   seenBy(workspace.ReadCredits),
		"credit.reopened.v1": seenBy(workspace.ReadCredits),

		"ledger.head_signed.v1": seenBy(workspace.ReadCredits),
	}
}

func publishedWebhooks() cloudevent.Policy {
	return cloudevent.Policy{
		"webhook.created.v1":              masked(seenBy(workspace.ManageWebhooks, "sealed", "sealed_url"), "url"),
		"webhook.changed.v1":              masked(seenBy(workspace.ManageWebhooks, "sealed_url"), "url"),
		"webhook.secret_rotated.v1":       seenBy(workspace.ManageWebhooks, "sealed"),
		"webhook.secret_rewrapped.v1":     inside(),
		"webhook.disabled.v1":             masked(seenBy(workspace.ManageWebhooks), "url"),
		"webhook.enabled.v1":              seenBy(workspace.ManageWebhooks),
		"webhook.deleted.v1":              seenBy(workspace.ManageWebhooks),
		"webhook.test_requested.v1":       seenBy(workspace.ManageWebhooks),
		"webhook.redelivery_requested.v1": seenBy(workspace.ManageWebhooks),
		"webhook.replay_requested.v1":     seenBy(workspace.ManageWebhooks),
	}
}

// inside keeps events of a type inside.
func inside() cloudevent.Rule { return cloudevent.Rule{} }

// seenBy lets those see an event who may do the action, without the named members of its data.
func seenBy(action workspace.Action, redact ...string) cloudevent.Rule {
	return cloudevent.Rule{Action: string(action), Redact: redact}
}

// masked lets an event out with the addresses in these members cut to their hosts.
func masked(r cloudevent.Rule, members ...string) cloudevent.Rule {
	r.Mask = members
	return r
}
