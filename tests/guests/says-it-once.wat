;; Reports its name at every tick, once a second.
(module
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]report"
    (func $report (param i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.emit" (func $emit (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]report" (func $drop-report (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "Says it once")
  ;; Accepts every setting: the answer, at address 0, is all zeros.
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $drop-setup (local.get $setup))
    (i32.const 0))
  ;; The host hands nothing over: there is no subscription.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (local $report i32)
    (local.set $report (call $report (i32.const 64) (i32.const 12)))
    (call $emit (local.get $report))
    ;; Publishing twice is publishing once.
    (call $emit (local.get $report))
    (call $drop-report (local.get $report))))
