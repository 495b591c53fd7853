// Package crm holds connections to customer relationship management systems, and the syncs of tables with their records.
package crm
