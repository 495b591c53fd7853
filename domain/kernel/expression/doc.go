// Package expression compiles and evaluates the expressions that people write: conditions of enrichment columns, and all else
// that is computed from a row's values.
//
// The language is that of expr-lang/expr, whose parser and type checker are used as they are. The evaluator is ours, because the
// library's counts values, not bytes, has no limit of steps and can't be interrupted: one expression of forty characters took
// 16 GB. Here each thing that an expression can do says what it will cost before it is done (meter), and what says nothing does not
// exist: builtins and methods are an allow-list. An evaluation makes at most MaxMade bytes and takes at most MaxTime.
//
// Nothing can call out, change anything or tell the time.
package expression
