;; Asks the one question that its settings hold, `{"question":"..."}`, over 60 s, and reports every
;; 10 s how many values the answer has, the first of them, and whether it is exact.
(module
  (import "weir:monitor/host@0.1.0" "[method]setup.config" (func $config (param i32 i32)))
  (import "weir:monitor/host@0.1.0" "[method]setup.tick-every"
    (func $tick-every (param i32 i64 i32)))
  (import "weir:monitor/host@0.1.0" "[method]setup.query"
    (func $query (param i32 i32 i32 i64 i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[method]query.answer" (func $answer (param i32 i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]report"
    (func $report (param i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.count" (func $count (param i32 i32 i32 i64)))
  (import "weir:monitor/host@0.1.0" "[method]report.number"
    (func $number (param i32 i32 i32 f64 i32 i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.emit" (func $emit (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]report" (func $drop-report (param i32)))
  (memory (export "memory") 8)
  (global $heap i32 (i32.const 8192))
  (global $free (mut i32) (i32.const 8192))
  (global $asked (mut i32) (i32.const 0))
  (data (i32.const 64) "answervaluesfirstexact")

  ;; What the host hands over lies behind the last piece; all of it is given up at the next tick.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $bytes)))
    (local.get $at))

  ;; Writes the text behind the settings' first `:"` to address 1024, without its escapes' bars, and
  ;; returns its length.
  (func $question (param $setup i32) (result i32)
    (local $at i32) (local $to i32) (local $byte i32)
    (call $config (local.get $setup) (i32.const 256))
    (local.set $at (i32.load (i32.const 256)))
    (loop $seek
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $seek (i32.ne (i32.load16_u align=1 (local.get $at)) (i32.const 0x223a))))
    (local.set $at (i32.add (local.get $at) (i32.const 2)))
    (local.set $to (i32.const 1024))
    (block $done
      (loop $next
        (local.set $byte (i32.load8_u (local.get $at)))
        (br_if $done (i32.eq (local.get $byte) (i32.const 0x22)))
        (if (i32.eq (local.get $byte) (i32.const 0x5c))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (local.set $byte (i32.load8_u (local.get $at)))))
        (i32.store8 (local.get $to) (local.get $byte))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $to) (i32.const 1024)))

  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $tick-every (local.get $setup) (i64.const 10000000000) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (call $query
      (local.get $setup)
      (i32.const 1024) (call $question (local.get $setup))
      (i64.const 60000000000)
      (i32.const 256)) ;; the answer
    (call $drop-setup (local.get $setup))
    (if (i32.load8_u (i32.const 256))
      (then
        ;; There is a list of one problem, which is what the host answered with.
        (i32.store8 (i32.const 0) (i32.const 1))
        (i32.store (i32.const 4) (i32.const 260))
        (i32.store (i32.const 8) (i32.const 1))))
    (global.set $asked (i32.load (i32.const 260)))
    (i32.const 0))

  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)

  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (local $report i32) (local $values i32)
    (global.set $free (global.get $heap))
    (call $answer (global.get $asked) (i32.const 512))
    (local.set $values (i32.load (i32.const 532)))
    (local.set $report (call $report (i32.const 64) (i32.const 6)))
    (call $count
      (local.get $report) (i32.const 70) (i32.const 6) (i64.extend_i32_u (local.get $values)))
    (if (local.get $values)
      (then
        (call $number
          (local.get $report)
          (i32.const 76) (i32.const 5)
          (f64.load (i32.load (i32.const 528)))
          (i32.const 0) (i32.const 0))))
    (call $count
      (local.get $report) (i32.const 81) (i32.const 5)
      (i64.extend_i32_u (i32.load8_u (i32.const 536))))
    (call $emit (local.get $report))
    (call $drop-report (local.get $report))))
