// Package parquetfile writes Apache Parquet as a stream, under an explicit schema: each column is optional and has one logical type.
// Memory holds one row group, which is bounded by rows and bytes.
package parquetfile
