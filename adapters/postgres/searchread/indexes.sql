CREATE INDEX rows_words ON rows USING gin (words);
CREATE INDEX terms_trigrams ON terms USING gin (term public.gin_trgm_ops);
