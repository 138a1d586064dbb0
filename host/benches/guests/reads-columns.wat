;; Reads six columns of every row: counts rows by status, by the first byte of the client, of the
;; method, of the path behind its slash and of the agent, and adds up the bytes. `native` in the
;; benchmark is the same logic in the host. Reports the number of rows and of bytes at every tick.
(module
  (import "weir:monitor/host@0.1.0" "[method]setup.subscribe"
    (func $subscribe (param i32 i32 i32 i32 i32 i32)))
  (import "weir:monitor/host@0.1.0" "[method]setup.tick-every"
    (func $tick-every (param i32 i64 i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]report"
    (func $report (param i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]report.count" (func $count (param i32 i32 i32 i64)))
  (import "weir:monitor/host@0.1.0" "[method]report.emit" (func $emit (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]report" (func $drop-report (param i32)))
  (memory (export "memory") 2)
  ;; The tables of counts: one of 1,024 statuses, four of 256 bytes, 8 bytes an entry.
  (global $by-status i32 (i32.const 4096))
  (global $by-byte i32 (i32.const 12288))
  (global $heap i32 (i32.const 32768))
  (global $free (mut i32) (i32.const 32768))
  (global $rows-seen (mut i64) (i64.const 0))
  (global $bytes-seen (mut i64) (i64.const 0))
  (data (i32.const 64) "clientmethodpathstatusbytesagent")
  (data (i32.const 112) "rows")
  (data (i32.const 128)
    "\40\00\00\00\06\00\00\00" "\46\00\00\00\06\00\00\00" "\4c\00\00\00\04\00\00\00"
    "\50\00\00\00\06\00\00\00" "\56\00\00\00\05\00\00\00" "\5b\00\00\00\05\00\00\00")

  ;; What the host hands over lies behind the last piece; all of it is given up with the batch.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
    (local $at i32) (local $room i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $bytes)))
    (local.set $room (i32.shl (memory.size) (i32.const 16)))
    (if (i32.gt_u (global.get $free) (local.get $room))
      (then
        (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1)
              (i32.shr_u (i32.sub (global.get $free) (local.get $room)) (i32.const 16)))))
          (then unreachable))))
    (local.get $at))

  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $subscribe
      (local.get $setup)
      (i32.const 128) (i32.const 6) ;; the fields
      (i32.const 0) (i32.const 0) ;; the filter: none
      (i32.const 256)) ;; the answer
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (call $tick-every (local.get $setup) (i64.const 10000000000) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (call $drop-setup (local.get $setup))
    (i32.const 0))

  ;; Every loop is there twice: for four values a turn, as an optimising compiler leaves it, and for
  ;; what is left of them.

  ;; Counts a column's texts, which begin at `start` of `texts` and whose ends are from `ends` up to
  ;; `last`, by the byte `skip` bytes behind their beginning. Returns where the last one ends.
  (func $count-by-byte
    (param $texts i32) (param $start i32) (param $ends i32) (param $last i32) (param $skip i32)
    (param $table i32) (result i32)
    (local $end i32) (local $count i32) (local $first i32) (local $turns-last i32)
    (local.set $first (i32.add (local.get $texts) (local.get $skip)))
    (local.set $turns-last
      (i32.add
        (local.get $ends)
        (i32.and (i32.sub (local.get $last) (local.get $ends)) (i32.const -16))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $ends) (local.get $turns-last)))
        (local.set $end (i32.load (local.get $ends)))
        (if (i32.lt_u (i32.add (local.get $start) (local.get $skip)) (local.get $end))
          (then
            (local.set $count
              (i32.add
                (local.get $table)
                (i32.shl
                  (i32.load8_u (i32.add (local.get $first) (local.get $start)))
                  (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $start (local.get $end))
        (local.set $end (i32.load offset=4 (local.get $ends)))
        (if (i32.lt_u (i32.add (local.get $start) (local.get $skip)) (local.get $end))
          (then
            (local.set $count
              (i32.add
                (local.get $table)
                (i32.shl
                  (i32.load8_u (i32.add (local.get $first) (local.get $start)))
                  (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $start (local.get $end))
        (local.set $end (i32.load offset=8 (local.get $ends)))
        (if (i32.lt_u (i32.add (local.get $start) (local.get $skip)) (local.get $end))
          (then
            (local.set $count
              (i32.add
                (local.get $table)
                (i32.shl
                  (i32.load8_u (i32.add (local.get $first) (local.get $start)))
                  (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $start (local.get $end))
        (local.set $end (i32.load offset=12 (local.get $ends)))
        (if (i32.lt_u (i32.add (local.get $start) (local.get $skip)) (local.get $end))
          (then
            (local.set $count
              (i32.add
                (local.get $table)
                (i32.shl
                  (i32.load8_u (i32.add (local.get $first) (local.get $start)))
                  (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $start (local.get $end))
        (local.set $ends (i32.add (local.get $ends) (i32.const 16)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $ends) (local.get $last)))
        (local.set $end (i32.load (local.get $ends)))
        (if (i32.lt_u (i32.add (local.get $start) (local.get $skip)) (local.get $end))
          (then
            (local.set $count
              (i32.add
                (local.get $table)
                (i32.shl
                  (i32.load8_u (i32.add (local.get $first) (local.get $start)))
                  (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $start (local.get $end))
        (local.set $ends (i32.add (local.get $ends) (i32.const 4)))
        (br $next)))
    (local.get $start))

  (func $count-statuses (param $at i32) (param $last i32)
    (local $status i64) (local $count i32) (local $turns-last i32)
    (local.set $turns-last
      (i32.add
        (local.get $at)
        (i32.and (i32.sub (local.get $last) (local.get $at)) (i32.const -32))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $turns-last)))
        (local.set $status (i64.load (local.get $at)))
        (if (i64.lt_u (local.get $status) (i64.const 1024))
          (then
            (local.set $count
              (i32.add
                (global.get $by-status)
                (i32.shl (i32.wrap_i64 (local.get $status)) (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $status (i64.load offset=8 (local.get $at)))
        (if (i64.lt_u (local.get $status) (i64.const 1024))
          (then
            (local.set $count
              (i32.add
                (global.get $by-status)
                (i32.shl (i32.wrap_i64 (local.get $status)) (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $status (i64.load offset=16 (local.get $at)))
        (if (i64.lt_u (local.get $status) (i64.const 1024))
          (then
            (local.set $count
              (i32.add
                (global.get $by-status)
                (i32.shl (i32.wrap_i64 (local.get $status)) (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $status (i64.load offset=24 (local.get $at)))
        (if (i64.lt_u (local.get $status) (i64.const 1024))
          (then
            (local.set $count
              (i32.add
                (global.get $by-status)
                (i32.shl (i32.wrap_i64 (local.get $status)) (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $last)))
        (local.set $status (i64.load (local.get $at)))
        (if (i64.lt_u (local.get $status) (i64.const 1024))
          (then
            (local.set $count
              (i32.add
                (global.get $by-status)
                (i32.shl (i32.wrap_i64 (local.get $status)) (i32.const 3))))
            (i64.store (local.get $count) (i64.add (i64.load (local.get $count)) (i64.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next))))

  (func $add-bytes (param $at i32) (param $last i32)
    (local $bytes i64) (local $sum i64) (local $turns-last i32)
    (local.set $turns-last
      (i32.add
        (local.get $at)
        (i32.and (i32.sub (local.get $last) (local.get $at)) (i32.const -32))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $turns-last)))
        (local.set $bytes (i64.load (local.get $at)))
        (local.set $sum
          (i64.add
            (local.get $sum)
            (select
              (local.get $bytes) (i64.const 0) (i64.gt_s (local.get $bytes) (i64.const 0)))))
        (local.set $bytes (i64.load offset=8 (local.get $at)))
        (local.set $sum
          (i64.add
            (local.get $sum)
            (select
              (local.get $bytes) (i64.const 0) (i64.gt_s (local.get $bytes) (i64.const 0)))))
        (local.set $bytes (i64.load offset=16 (local.get $at)))
        (local.set $sum
          (i64.add
            (local.get $sum)
            (select
              (local.get $bytes) (i64.const 0) (i64.gt_s (local.get $bytes) (i64.const 0)))))
        (local.set $bytes (i64.load offset=24 (local.get $at)))
        (local.set $sum
          (i64.add
            (local.get $sum)
            (select
              (local.get $bytes) (i64.const 0) (i64.gt_s (local.get $bytes) (i64.const 0)))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $last)))
        (local.set $bytes (i64.load (local.get $at)))
        (local.set $sum
          (i64.add
            (local.get $sum)
            (select
              (local.get $bytes) (i64.const 0) (i64.gt_s (local.get $bytes) (i64.const 0)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (global.set $bytes-seen (i64.add (global.get $bytes-seen) (local.get $sum))))

  (func (export "weir:monitor/guest@0.1.0#on-batch")
    (param $rows i32) (param $integers i32) (param $integers-len i32)
    (param $ends i32) (param $ends-len i32) (param $texts i32) (param $texts-len i32)
    (local $statuses-last i32) (local $ends-bytes i32) (local $last i32) (local $start i32)
    (global.set $rows-seen
      (i64.add (global.get $rows-seen) (i64.extend_i32_u (local.get $rows))))
    (local.set $statuses-last
      (i32.add (local.get $integers) (i32.shl (local.get $rows) (i32.const 3))))
    (call $count-statuses (local.get $integers) (local.get $statuses-last))
    (call $add-bytes
      (local.get $statuses-last)
      (i32.add (local.get $integers) (i32.shl (local.get $integers-len) (i32.const 3))))
    (local.set $ends-bytes (i32.shl (local.get $rows) (i32.const 2)))
    (local.set $last (i32.add (local.get $ends) (local.get $ends-bytes)))
    (local.set $start
      (call $count-by-byte
        (local.get $texts) (i32.const 0) (local.get $ends) (local.get $last)
        (i32.const 0) (global.get $by-byte)))
    (local.set $ends (local.get $last))
    (local.set $last (i32.add (local.get $ends) (local.get $ends-bytes)))
    (local.set $start
      (call $count-by-byte
        (local.get $texts) (local.get $start) (local.get $ends) (local.get $last)
        (i32.const 0) (i32.add (global.get $by-byte) (i32.const 2048))))
    (local.set $ends (local.get $last))
    (local.set $last (i32.add (local.get $ends) (local.get $ends-bytes)))
    (local.set $start
      (call $count-by-byte
        (local.get $texts) (local.get $start) (local.get $ends) (local.get $last)
        (i32.const 1) (i32.add (global.get $by-byte) (i32.const 4096))))
    (local.set $ends (local.get $last))
    (local.set $last (i32.add (local.get $ends) (local.get $ends-bytes)))
    (drop
      (call $count-by-byte
        (local.get $texts) (local.get $start) (local.get $ends) (local.get $last)
        (i32.const 0) (i32.add (global.get $by-byte) (i32.const 6144))))
    ;; What was handed over has been read.
    (global.set $free (global.get $heap)))

  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (local $report i32)
    (local.set $report (call $report (i32.const 112) (i32.const 4)))
    (call $count
      (local.get $report) (i32.const 112) (i32.const 4) (global.get $rows-seen))
    (call $count
      (local.get $report) (i32.const 86) (i32.const 5) (global.get $bytes-seen))
    (call $emit (local.get $report))
    (call $drop-report (local.get $report))))
