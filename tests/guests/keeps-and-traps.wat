;; Counts its ticks in a byte that it keeps, and reports it at each of them. The third one of the first
;; instance keeps 99 and traps.
(module
  (import "weir:monitor/host@0.1.0" "[method]setup.kept" (func $kept (param i32 i32)))
  (import "weir:monitor/host@0.1.0" "keep" (func $keep (param i32 i32 i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]report"
    (func $report (param i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.emit" (func $emit (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]report" (func $drop-report (param i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.count"
    (func $count (param i32 i32 i32 i64)))
  (memory (export "memory") 1)
  (global $is-first (mut i32) (i32.const 1))
  (data (i32.const 64) "ticks")
  ;; The byte is at address 80; what the host hands over is put at 1024.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $kept (local.get $setup) (i32.const 256))
    (if (i32.load8_u (i32.const 256))
      (then
        (global.set $is-first (i32.const 0))
        (i32.store8 (i32.const 80) (i32.load8_u (i32.load (i32.const 260))))))
    (call $drop-setup (local.get $setup))
    (i32.const 0))
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (local $report i32)
    (i32.store8 (i32.const 80) (i32.add (i32.load8_u (i32.const 80)) (i32.const 1)))
    (if (i32.and (global.get $is-first) (i32.eq (i32.load8_u (i32.const 80)) (i32.const 3)))
      (then
        (i32.store8 (i32.const 80) (i32.const 99))
        (call $keep (i32.const 80) (i32.const 1) (i32.const 256))
        unreachable))
    (call $keep (i32.const 80) (i32.const 1) (i32.const 256))
    (local.set $report (call $report (i32.const 64) (i32.const 5)))
    (call $count
      (local.get $report)
      (i32.const 64) (i32.const 5)
      (i64.load8_u (i32.const 80)))
    (call $emit (local.get $report))
    (call $drop-report (local.get $report))))
