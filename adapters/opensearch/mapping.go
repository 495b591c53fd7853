package opensearch

// templateVersion grows with each change of the template; the projection's version grows with those that need new indexes.
const templateVersion = 3

type m = map[string]any

// The kinds of document in an index.
const (
	kindRow     = "row"
	kindTable   = "table"
	kindReached = "reached"
)

// gap is what keeps a phrase from going across two cells.
const gap = 100

// template is the index template of the copies of a projection. Words come folded already, by the same code as in every store, and
// are split at spaces only: OpenSearch's own folding would make other letters equal, as ə and a.
func template(pattern string) m {
	keyword, long := m{"type": "keyword"}, m{"type": "long"}
	stored := m{"type": "object", "enabled": false}
	return m{
		"index_patterns": []string{pattern}, "version": templateVersion, "priority": 200,
		"template": m{
			"settings": m{
				"number_of_shards": 1, "number_of_replicas": 0, "auto_expand_replicas": "0-1",
				"search.concurrent_segment_search.mode": "all", // else one search has one processor
				"refresh_interval":                      "-1", "codec": "best_compression", "max_result_window": 20_000,
				"analysis": m{
					"filter":   m{"beginnings": m{"type": "edge_ngram", "min_gram": minGram, "max_gram": maxGram}},
					"analyzer": m{"beginnings": m{"type": "custom", "tokenizer": "keyword", "filter": []string{"beginnings"}}},
				},
			},
			"mappings": m{
				"dynamic": "strict",
				"_source": m{"excludes": []string{"name_words", "text", "scoped"}},
				"properties": m{
					"kind": keyword, "workspace": keyword, "table": keyword, "row": keyword, "position": long, "gone": m{"type": "boolean"},
					"created": long, "updated": long, "month": keyword,
					"name": m{"type": "keyword", "index": false, "doc_values": false}, "name_key": keyword,
					"name_words": m{"type": "text", "analyzer": "whitespace"},
					"text": m{
						"type":                   "text",
						"analyzer":               "whitespace",
						"position_increment_gap": gap,
						"index_prefixes":         m{"min_chars": minGram, "max_chars": maxGram},
					},
					"scoped": m{"type": "text", "analyzer": "whitespace", "position_increment_gap": gap},
					"tags":   keyword, "states": keyword, "providers": keyword,
					"completions": m{
						"type":   "keyword",
						"fields": m{"beginnings": m{"type": "text", "analyzer": "beginnings", "search_analyzer": "keyword"}},
					},
					"doc": stored, "state": stored, "low": long, "high": long,
				},
			},
		},
	}
}

// The lengths of the beginnings that are found by index.
const minGram, maxGram = 2, 15
