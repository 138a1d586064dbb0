;; Reports every second how many lines the last minute has.
(module
  (import "weir:monitor/host@0.1.0" "[method]setup.query"
    (func $query (param i32 i32 i32 i64 i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[method]query.answer" (func $answer (param i32 i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]report"
    (func $report (param i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.count" (func $count (param i32 i32 i32 i64)))
  (import "weir:monitor/host@0.1.0" "[method]report.emit" (func $emit (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]report" (func $drop-report (param i32)))
  (memory (export "memory") 1)
  (global $asked (mut i32) (i32.const 0))
  (data (i32.const 64) "count")
  (data (i32.const 72) "lines")
  ;; The one value is all that the host hands over.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $query
      (local.get $setup)
      (i32.const 64) (i32.const 5) ;; the question
      (i64.const 60000000000) ;; the window
      (i32.const 256)) ;; the answer
    (call $drop-setup (local.get $setup))
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (global.set $asked (i32.load (i32.const 260)))
    (i32.const 0))
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (local $report i32)
    (call $answer (global.get $asked) (i32.const 512))
    (local.set $report (call $report (i32.const 72) (i32.const 5)))
    (call $count
      (local.get $report)
      (i32.const 72) (i32.const 5)
      (i64.trunc_f64_u (f64.load (i32.load (i32.const 528)))))
    (call $emit (local.get $report))
    (call $drop-report (local.get $report))))
