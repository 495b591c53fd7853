package auditview

// Rule says how an event type reads in the list of what was done, and in the audit log.
type Rule struct {
	// Says follows the actor's name: "renamed {it} to {name}". {it} is the thing that it was done to, {part} the part of it, {n} how
	// many rows, cells or times, anything else a member of the event's data, nested ones after a dot.
	Says string
	// Thing is the kind of thing: "table", "member", … Which one is the stream's id, or the member that ID names.
	Thing, ID string
	// Quiet types are progress or bookkeeping: they are neither listed nor audited.
	Quiet bool
	// Audit types are in the audit log only.
	Audit bool
	// Counted types come in many events of one request, which are one line.
	Counted bool
	// After and Before are members that may be shown: as they are from now on, and as they were. Without Before, what After showed the
	// last time is what was before.
	After, Before []string
	// Name is the member that holds the thing's name.
	Name string
	// Part is the column or view of the thing that it was done to. One that the event names is remembered for events that don't.
	Part Part
	// Parts is a member with a list of parts that begin with the thing.
	Parts string
	// Public is a member that is true of what everybody may see; without it the event is about something of one person's own: it is in the
	// audit log only, as Privately says, which names nothing.
	Public, Privately string
	// Person is the member with the id of the person that it is about: {person} in the text.
	Person string
}

// Part says where an event has a part of a thing: its kind, and the members with its id and its name.
type Part struct{ Kind, ID, Name string }

// Rules has a line for every event type, which a test demands: a new module's types are added to its part.
func Rules() map[string]Rule {
	all := map[string]Rule{}
	for _, part := range []map[string]Rule{
		people(), workspaces(), tables(), comments(), work(), workflows(), money(), outside(), duplicates(), operators(),
	} {
		for typ, rule := range part {
			all[typ] = rule
		}
	}
	return all
}

func people() map[string]Rule {
	return map[string]Rule{
		"session.started.v1":   {Says: "signed in", Thing: "session", Person: "user_id", Audit: true},
		"session.refreshed.v1": {Says: "stayed signed in", Quiet: true},

		"user.registered.v1":     {Says: "registered", Thing: "user", Audit: true},
		"user.session_opened.v1": {Says: "opened a session", Quiet: true},
		"user.session_closed.v1": {
			Says: "ended a session ({reason})", Thing: "session", ID: "session_id", Person: "user_id", Audit: true,
		},
		"user.password_changed.v1":         {Says: "changed the password", Thing: "user", Audit: true},
		"user.password_reset_requested.v1": {Says: "asked for a new password by mail", Thing: "user", Audit: true},
		"email.reserved.v1":                {Says: "took an email address", Quiet: true},

		"identity.reserved.v1": {Says: "took an identity", Quiet: true},
		"user.identity_linked.v1": {
			Says: "was linked to single sign-on by {issuer}", Thing: "user", Audit: true, After: []string{"issuer"},
		},

		"user.second_factor_offered.v1":   {Says: "began to set up two-step sign-in", Quiet: true},
		"user.second_factor_enabled.v1":   {Says: "turned two-step sign-in on", Thing: "user", Audit: true},
		"user.second_factor_used.v1":      {Says: "gave the code of the app", Quiet: true},
		"user.recovery_code_used.v1":      {Says: "used a recovery code, {left} are left", Thing: "user", Audit: true},
		"user.recovery_codes_replaced.v1": {Says: "made new recovery codes", Thing: "user", Audit: true},
		"user.second_factor_disabled.v1": {
			Says: "turned two-step sign-in off for {person}", Thing: "user", Person: "user_id", Audit: true,
		},

		"passkey.reserved.v1":     {Says: "took a passkey", Quiet: true},
		"user.passkey_added.v1":   {Says: "added a passkey", Thing: "user", Audit: true},
		"user.passkey_renamed.v1": {Says: "renamed a passkey", Quiet: true},
		"user.passkey_used.v1":    {Says: "used a passkey", Quiet: true},
		"user.passkey_blocked.v1": {
			Says: "blocked a passkey of {person} that may have been copied", Thing: "user", Person: "user_id", Audit: true,
		},
		"user.passkey_removed.v1": {Says: "removed a passkey", Thing: "user", Audit: true},

		"access.denied.v1":   {Says: "was refused {operation}, {n} times", Thing: "operation", ID: "operation", Audit: true},
		"access.exported.v1": {Says: "exported {it} ({operation}), {n} times", Thing: "table", ID: "table_id", Audit: true},
		"access.sign_in_failed.v1": {
			Says: "refused a wrong password, code or passkey for {person}, {n} times", Thing: "user", ID: "user_id", Person: "user_id",
			Audit: true,
		},

		// Names of keys and credentials are for members that may manage them; a list of activity leaves them out for others.
		"api_key.created.v1": {
			Says: "made the API key {name} for the role {role}", Thing: "api_key", Name: "name",
			After: []string{"name", "role", "tables", "expires_at", "last4"},
		},
		"api_key.revoked.v1": {Says: "revoked the API key {it}", Thing: "api_key"},
	}
}

func workspaces() map[string]Rule {
	return map[string]Rule{
		"workspace.created.v1":      {Says: "made the workspace {name}", Thing: "workspace", Name: "name", After: []string{"name"}},
		"workspace.renamed.v1":      {Says: "renamed the workspace to {name}", Thing: "workspace", Name: "name", After: []string{"name"}},
		"workspace.slug_changed.v1": {Says: "changed the workspace's address to {slug}", Thing: "workspace", After: []string{"slug"}},
		"workspace.time_zone_changed.v1": {
			Says: "changed the workspace's time zone to {time_zone}", Thing: "workspace", After: []string{"time_zone"},
		},
		"workspace.deleted.v1":  {Says: "deleted the workspace", Thing: "workspace", After: []string{"purge_at"}},
		"workspace.restored.v1": {Says: "restored the workspace", Thing: "workspace"},
		"workspace.member_added.v1": {
			Says: "made {person} a member as {role}", Thing: "member", ID: "user_id", Person: "user_id",
			After: []string{"role"},
		},
		"workspace.member_role_changed.v1": {
			Says: "changed the role of {person} from {was} to {role}", Thing: "member", ID: "user_id", Person: "user_id",
			After: []string{"role"}, Before: []string{"was"},
		},
		"workspace.member_removed.v1": {Says: "ended the membership of {person}", Thing: "member", ID: "user_id", Person: "user_id"},
		"workspace.invited.v1": {
			Says: "invited somebody as {role}", Thing: "invitation", ID: "invitation_id",
			After: []string{"role", "expires_at"},
		},
		"workspace.invitation_closed.v1": {
			Says: "closed an invitation: {state}", Thing: "invitation", ID: "invitation_id", After: []string{"state"},
		},
		"invitation.linked.v1": {Says: "made an invitation's link", Quiet: true},
		"slug.reserved.v1":     {Says: "took an address", Quiet: true},
		"slug.released.v1":     {Says: "gave an address back", Quiet: true},
	}
}

func tables() map[string]Rule {
	column := Part{"column", "column.id", "column.name"}
	return map[string]Rule{
		"table.created.v1": {
			Says: "made the table {it}", Thing: "table", Name: "name", After: []string{"name"}, Parts: "columns",
			Part: Part{"column", "id", "name"},
		},
		"table.branched.v1":          {Says: "made the branch {it}", Thing: "table", Name: "name"},
		"table.merge_begun.v1":       {Says: "began to merge the branch {it}", Thing: "table"},
		"table.merge_advanced.v1":    {Says: "came further in a merge", Thing: "table", Quiet: true},
		"table.merge_worker_lost.v1": {Says: "lost a worker over a merge", Thing: "table", Quiet: true},
		"table.merge_ended.v1":       {Says: "ended the merge of the branch {it}", Thing: "table"},
		"table.discarded.v1":         {Says: "discarded the branch {it}", Thing: "table"},
		"table.renamed.v1": {
			Says: "renamed the table {old} to {name}", Thing: "table", Name: "name", After: []string{"name"},
			Before: []string{"old"},
		},
		"table.details_changed.v1": {
			Says: "changed the description or owner of the table {it}", Thing: "table", After: []string{"description", "owner_id"},
			Before: []string{"old_description", "old_owner_id"},
		},
		"table.trashed.v1":  {Says: "put the table {it} into the trash", Thing: "table"},
		"table.restored.v1": {Says: "restored the table {it}", Thing: "table"},
		"table.purged.v1":   {Says: "removed the table {it} from the trash for good", Thing: "table"},
		"table.column_added.v1": {
			Says: "added the column {column.name} to {it}", Thing: "table", After: []string{"column.name", "column.type"},
			Part: column,
		},
		"table.column_changed.v1": {
			Says: "changed the column {old.name} of {it}", Thing: "table",
			After: []string{"column.name", "column.description"}, Before: []string{"old.name", "old.description"},
			Part: column,
		},
		"table.column_deleted.v1":  {Says: "deleted the column {part} of {it}", Thing: "table", Part: Part{"column", "column_id", ""}},
		"table.column_restored.v1": {Says: "restored the column {part} of {it}", Thing: "table", Part: Part{"column", "column_id", ""}},
		"table.column_purged.v1": {
			Says: "removed the column {part} of {it} from the trash for good", Thing: "table",
			Part: Part{"column", "column_id", ""},
		},
		"table.column_type_changed.v1": {
			Says: "made the column {column.name} of {it} a {column.type}", Thing: "table",
			After: []string{"column.type", "lossy"}, Before: []string{"old.type"},
		},
		"table.column_type_reverted.v1": {
			Says: "took back the type of {column.name} in {it}", Thing: "table", After: []string{"column.type"},
			Before: []string{"old.type"},
		},
		"table.columns_reordered.v1": {Says: "moved columns of {it}", Thing: "table"},
		"table.ticked.v1":            {Says: "told the formulas of {it} the time", Thing: "table", Quiet: true},
		"table.view_saved.v1": {
			Says: "saved the view {view.name} of {it}", Thing: "table", After: []string{"view.name", "view.shared"},
			Public: "view.shared", Privately: "saved a view of {it} that is theirs alone",
			Part: Part{"view", "view.id", "view.name"},
		},
		"table.view_deleted.v1":  {Says: "deleted the view {part} of {it}", Thing: "table", Audit: true, Part: Part{"view", "view_id", ""}},
		"table.rows_inserted.v1": {Says: "added {n} rows to {it}", Thing: "table", Counted: true},
		"table.cells_edited.v1":  {Says: "changed {n} cells of {it}", Thing: "table", Counted: true},
		"table.rows_deleted.v1":  {Says: "deleted {n} rows of {it}", Thing: "table", Counted: true},
		"table.rows_restored.v1": {Says: "restored {n} rows of {it}", Thing: "table", Counted: true},
		"table.rows_purged.v1":   {Says: "removed {n} rows of {it} from the trash for good", Thing: "table", Counted: true},

		"search.saved.v1": {
			Says: "saved the search {name}", Thing: "search", ID: "id", Name: "name", Public: "shared",
			Privately: "saved a search that is theirs alone",
		},
		"search.deleted.v1":           {Says: "deleted the search {it}", Thing: "search", ID: "id", Audit: true},
		"search.reindex_requested.v1": {Says: "asked for a new search index", Thing: "search", Audit: true},
		"search.reindex_finished.v1":  {Says: "finished a search index", Quiet: true},
	}
}

func comments() map[string]Rule {
	return map[string]Rule{
		"comment.added.v1": {
			Says: "commented on {it}", Thing: "table", ID: "table_id", After: []string{"thread_id", "comment_id", "row_id"},
		},
		"comment.edited.v1": {
			Says: "edited a comment on {it}", Thing: "table", ID: "table_id", Audit: true, After: []string{"thread_id", "comment_id", "row_id"},
		},
		"comment.deleted.v1": {
			Says: "deleted a comment on {it}", Thing: "table", ID: "table_id", After: []string{"thread_id", "comment_id", "row_id"},
		},
		"comment.resolved.v1": {
			Says: "resolved a thread of comments on {it}", Thing: "table", ID: "table_id", After: []string{"thread_id", "row_id"},
		},
		"comment.reopened.v1": {
			Says: "reopened a thread of comments on {it}", Thing: "table", ID: "table_id", After: []string{"thread_id", "row_id"},
		},
		"comment.mentions_seen.v1": {Says: "saw what mentions them", Quiet: true},
	}
}

func money() map[string]Rule {
	return map[string]Rule{
		"credit.granted.v1": {Says: "brought in credits ({kind})", Thing: "credits", After: []string{"kind", "amount_mc", "note"}},
		"credit.reserved.v1": {
			Says: "set credits aside for a run", Thing: "credits", Audit: true, After: []string{"amount_mc", "run_id", "note"},
		},
		"credit.debited.v1":  {Says: "paid for answers", Quiet: true},
		"credit.released.v1": {Says: "gave credits of a run back", Thing: "credits", Audit: true, After: []string{"amount_mc", "run_id"}},
		"credit.caps_set.v1": {Says: "set the spend caps", Thing: "credits", After: []string{"caps"}},
		"credit.sealed.v1":   {Says: "signed the ledger under a new key", Thing: "credits", Audit: true, After: []string{"seq", "key"}},
		"credit.closed.v1":   {Says: "closed the ledger, which does not prove ({reason})", Thing: "credits", After: []string{"reason"}},
		"credit.reopened.v1": {Says: "opened the ledger again ({note})", Thing: "credits", After: []string{"note"}},
		"ledger.head_signed.v1": {
			Says: "signed the ledger's head (entry {seq})", Thing: "credits", Audit: true,
			After: []string{"seq", "hash", "position", "available_mc", "reserved_mc", "key", "mac"},
		},

		"billing.customer_made.v1": {
			Says: "made the workspace a customer of Stripe", Thing: "billing",
			Audit: true, After: []string{"customer"},
		},
		"billing.customer_linked.v1": {Says: "noted whose customer it is", Quiet: true},
		"billing.order_placed.v1": {
			Says: "opened the payment page of the pack {order.pack}", Thing: "billing", Audit: true,
			After: []string{"order.id", "order.credits_mc", "order.price_cents", "order.currency"},
		},
		"billing.checkout_started.v1": {
			Says: "opened the payment page of the plan {plan}", Thing: "billing", Audit: true, After: []string{"plan"},
		},
		"billing.plan_change_asked.v1": {
			Says: "changed the plan {from} to {to} ({change})", Thing: "billing", Audit: true, After: []string{"to"}, Before: []string{"from"},
		},
		"billing.subscription_observed.v1": {
			Says: "saw the subscription to {subscription.plan} {subscription.status}", Thing: "billing", Audit: true,
			After: []string{"subscription.id", "subscription.status", "subscription.plan", "subscription.period_end", "credits_mc"},
		},
		"billing.invoice_observed.v1": {
			Says: "saw the invoice {invoice.number} {invoice.status}", Thing: "billing", Audit: true,
			After: []string{"invoice.id", "invoice.status", "invoice.total_cents", "invoice.currency", "credits_mc"},
		},
		"billing.payment_observed.v1": {
			Says: "saw the payment of a pack {payment.status}", Thing: "billing", Audit: true,
			After: []string{"payment.id", "payment.order", "payment.status", "payment.received_cents", "credits_mc", "refused"},
		},
		"billing.free_month_granted.v1": {Says: "brought in the free plan's credits", Quiet: true},
		"billing.reconciled.v1": {
			Says: "compared billing with Stripe", Thing: "billing", Audit: true, After: []string{"objects", "differences"},
		},
		"billing.signal_received.v1": {Says: "heard of Stripe", Quiet: true},

		"credential.stored.v1": {
			Says: "stored the credential {name} for {provider}", Thing: "credential", Name: "name",
			After: []string{"name", "provider", "hosts"},
		},
		"credential.rotated.v1": {Says: "replaced the secret of {it}", Thing: "credential", After: []string{"version"}},
		"credential.used.v1": {
			Says: "used the credential {it} for {purpose}", Thing: "credential", Audit: true,
			After: []string{"purpose", "version"},
		},
		"credential.hosts_changed.v1": {Says: "changed the hosts that {it} may be sent to", Thing: "credential", After: []string{"hosts"}},
		"credential.deleted.v1":       {Says: "deleted the credential {it}", Thing: "credential"},
		"credential.rewrapped.v1":     {Says: "wrapped a key anew", Quiet: true},
	}
}

func outside() map[string]Rule {
	settings := []string{"url", "description", "types", "tables", "ordered"}
	return map[string]Rule{
		"webhook.created.v1":  {Says: "made the webhook {url}", Thing: "webhook", Name: "url", After: settings},
		"webhook.changed.v1":  {Says: "changed the webhook {it}", Thing: "webhook", Name: "url", After: settings},
		"webhook.deleted.v1":  {Says: "deleted the webhook {it}", Thing: "webhook"},
		"webhook.enabled.v1":  {Says: "turned the webhook {it} on", Thing: "webhook"},
		"webhook.disabled.v1": {Says: "turned the webhook {it} off ({reason})", Thing: "webhook", After: []string{"reason"}},
		"webhook.secret_rotated.v1": {
			Says: "replaced the secret of the webhook {it}", Thing: "webhook", After: []string{"version", "old_until"},
		},
		"webhook.secret_rewrapped.v1":     {Says: "wrapped a secret anew", Quiet: true},
		"webhook.test_requested.v1":       {Says: "tried the webhook {it}", Thing: "webhook", Audit: true},
		"webhook.redelivery_requested.v1": {Says: "had an event sent again to {it}", Thing: "webhook", Audit: true, After: []string{"position"}},
		"webhook.replay_requested.v1": {
			Says: "had events sent again to {it}", Thing: "webhook", Audit: true, After: []string{"after", "until"},
		},
	}
}

func operators() map[string]Rule {
	return map[string]Rule{
		"crm.connect_asked.v1":    {Says: "began to connect {vendor}", Thing: "connection", ID: "connection_id"},
		"crm.connect_answered.v1": {Says: "answered an attempt to connect a CRM", Quiet: true},
		"crm.connected.v1": {
			Says: "connected {vendor}, account {account.name}", Thing: "connection", ID: "connection_id", Name: "account.name",
			After: []string{"vendor", "account.id", "account.name"},
		},
		"crm.refresh_begun.v1": {Says: "began to renew the access to a CRM", Quiet: true},
		"crm.refreshed.v1":     {Says: "renewed the access to a CRM", Quiet: true},
		"crm.refresh_failed.v1": {
			Says: "could not renew the access to a CRM: {reason}", Thing: "connection", ID: "connection_id", After: []string{"reason", "denied"},
		},
		"crm.disconnected.v1": {
			Says: "disconnected {vendor}, account {account.name}", Thing: "connection", ID: "connection_id", Name: "account.name",
		},
		"crmsync.saved.v1": {
			Says: "saved the sync {definition.name}", Thing: "sync", ID: "sync_id", Name: "definition.name",
			After: []string{"definition.name", "definition.connection_id", "definition.object", "definition.table_id", "definition.max_records"},
		},
		"crmsync.deleted.v1":  {Says: "deleted the sync {name}", Thing: "sync", ID: "sync_id", Name: "name"},
		"crmsync.claimed.v1":  {Says: "let a run of a sync write", Quiet: true},
		"crmsync.released.v1": {Says: "ended the writing of a run of a sync", Quiet: true},
		"crmrun.started.v1": {
			Says: "began a {kind} of the sync {definition.name}", Thing: "sync_run", ID: "run_id", Name: "definition.name",
			After: []string{"kind", "dry", "total", "of", "archive", "resolve", "definition.table_id"},
		},
		"crmrun.batch_intended.v1":   {Says: "is about to write records of a CRM", Quiet: true},
		"crmrun.batch_settled.v1":    {Says: "wrote records of a CRM", Quiet: true},
		"crmrun.waiting.v1":          {Says: "waited for a CRM", Quiet: true},
		"crmrun.worker_lost.v1":      {Says: "lost a worker over a sync", Quiet: true},
		"crmrun.cancel_requested.v1": {Says: "cancelled a run of a sync", Thing: "sync_run", ID: "run_id"},
		"crmrun.stopped.v1":          {Says: "stopped a run of a sync", Quiet: true},
		"crmrun.ended.v1": {
			Says: "ended a run of a sync: {state}", Thing: "sync_run", ID: "run_id",
			After: []string{"state", "reason", "counts.created", "counts.updated", "counts.archived", "counts.failed"},
		},

		"source.saved.v1": {
			Says: "saved the search for rows {definition.name}", Thing: "source", ID: "source_id", Name: "definition.name",
			After: []string{"definition.name", "definition.search", "definition.max_rows", "definition.max_credits"},
		},
		"source.deleted.v1": {Says: "deleted the search for rows {it}", Thing: "source", ID: "source_id"},
		"find.started.v1": {
			Says: "asked for the rows of {definition.name}", Thing: "source", ID: "source_id",
			After: []string{"definition.table_id"},
		},
		"find.page_asked.v1":       {Says: "asked for a page of rows", Quiet: true},
		"find.page_found.v1":       {Says: "found a page of rows", Quiet: true},
		"find.page_refused.v1":     {Says: "was refused a page of rows", Quiet: true},
		"find.worker_lost.v1":      {Says: "lost a worker over a search for rows", Quiet: true},
		"find.cancel_requested.v1": {Says: "stopped asking for rows", Thing: "find"},
		"find.stopped.v1":          {Says: "asked for no further rows", Quiet: true},
		"find.gathered.v1":         {Says: "gathered rows", Quiet: true},
		"find.ended.v1":            {Says: "ended asking for rows: {state}", Thing: "find", After: []string{"state", "reason"}},

		"scrape.requested.v1":   {Says: "asked the scraper for pages", Quiet: true},
		"scrape.page_read.v1":   {Says: "read a page", Quiet: true},
		"scrape.worker_lost.v1": {Says: "lost a worker over pages", Quiet: true},
		"scrape.finished.v1":    {Says: "finished reading pages", Quiet: true},
		"scrape.cancelled.v1":   {Says: "cancelled the reading of pages", Quiet: true},
		"scrape.called_back.v1": {Says: "told of pages that were read", Quiet: true},

		"operation.job_requested.v1": {Says: "asked to {kind} the read model {projection}", Thing: "projection", ID: "projection", Audit: true},
		"operation.job_finished.v1":  {Says: "finished a job", Quiet: true},
		"operation.letter_retried.v1": {
			Says: "had {event_type} tried again in {unit}", Thing: "projection", ID: "unit", Audit: true,
			After: []string{"stream", "position", "event_type"},
		},
		"operation.letter_skipped.v1": {
			Says: "left {event_type} out of {unit}: {reason}", Thing: "projection", ID: "unit", Audit: true,
			After: []string{"stream", "position", "event_type", "reason"},
		},
	}
}
