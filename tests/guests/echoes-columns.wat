;; Subscribes to two columns of integers and one of texts, and reports what it is handed: the
;; number of rows, the sums of the integers and of the texts' ends, all texts as one, and when the
;; first row was logged. Traps where the host still knows rows after the batch.
(module
  (import "weir:monitor/host@0.1.0" "[method]setup.subscribe"
    (func $subscribe (param i32 i32 i32 i32 i32 i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "row-times" (func $times (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]report"
    (func $report (param i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.count"
    (func $count (param i32 i32 i32 i64)))
  (import "weir:monitor/host@0.1.0" "[method]report.text"
    (func $text (param i32 i32 i32 i32 i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.emit" (func $emit (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]report" (func $drop-report (param i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))
  (data (i32.const 64) "statustargetbytes")
  (data (i32.const 96) "rowsintegersendstextstime")
  ;; The list of the three names: address and length of each.
  (data (i32.const 128)
    "\40\00\00\00\06\00\00\00" "\46\00\00\00\06\00\00\00" "\4c\00\00\00\05\00\00\00")
  ;; One piece behind the other; nothing here outlives its batch.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $bytes)))
    (local.get $at))
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $subscribe
      (local.get $setup)
      (i32.const 128) (i32.const 3) ;; the fields
      (i32.const 0) (i32.const 0) ;; the filter: none
      (i32.const 256)) ;; the answer
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (call $drop-setup (local.get $setup))
    (i32.const 0))
  (func (export "weir:monitor/guest@0.1.0#on-batch")
    (param $rows i32) (param $integers i32) (param $integers-len i32)
    (param $ends i32) (param $ends-len i32) (param $texts i32) (param $texts-len i32)
    (local $report i32) (local $sum i64)
    (local.set $report (call $report (i32.const 96) (i32.const 4)))
    (call $count
      (local.get $report) (i32.const 96) (i32.const 4) (i64.extend_i32_u (local.get $rows)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $integers-len)))
        (local.set $sum (i64.add (local.get $sum) (i64.load (local.get $integers))))
        (local.set $integers (i32.add (local.get $integers) (i32.const 8)))
        (local.set $integers-len (i32.sub (local.get $integers-len) (i32.const 1)))
        (br $next)))
    (call $count (local.get $report) (i32.const 100) (i32.const 8) (local.get $sum))
    (local.set $sum (i64.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $ends-len)))
        (local.set $sum (i64.add (local.get $sum) (i64.load32_u (local.get $ends))))
        (local.set $ends (i32.add (local.get $ends) (i32.const 4)))
        (local.set $ends-len (i32.sub (local.get $ends-len) (i32.const 1)))
        (br $next)))
    (call $count (local.get $report) (i32.const 108) (i32.const 4) (local.get $sum))
    (call $text
      (local.get $report)
      (i32.const 112) (i32.const 5)
      (local.get $texts) (local.get $texts-len))
    (call $times (i32.const 256))
    (call $count
      (local.get $report)
      (i32.const 117) (i32.const 4)
      (i64.div_s (i64.load (i32.load (i32.const 256))) (i64.const 1000000000)))
    (call $emit (local.get $report))
    (call $drop-report (local.get $report))
    (global.set $free (i32.const 1024)))
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (call $times (i32.const 256))
    (if (i32.load (i32.const 260)) (then unreachable))))
