;; Raises an alert for every row whose target begins with `/mark/` as soon as it is handed over,
;; keyed by the target: whoever wrote the line can tell how long it took.
(module
  (import "weir:monitor/host@0.1.0" "[method]setup.subscribe"
    (func $subscribe (param i32 i32 i32 i32 i32 i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]alert"
    (func $alert (param i32 i32 i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]alert.raise" (func $raise (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]alert" (func $drop-alert (param i32)))
  (memory (export "memory") 16)
  (global $free (mut i32) (i32.const 8192))
  (data (i32.const 64) "target")
  (data (i32.const 72) "target starts_with \"/mark/\"")
  ;; A list of one text: its address and its length.
  (data (i32.const 128) "\40\00\00\00\06\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $bytes)))
    (local.get $at))
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $subscribe
      (local.get $setup)
      (i32.const 128) (i32.const 1) ;; the fields
      (i32.const 72) (i32.const 27) ;; the filter
      (i32.const 256)) ;; the answer
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (call $drop-setup (local.get $setup))
    (i32.const 0))
  (func (export "weir:monitor/guest@0.1.0#on-batch")
    (param $rows i32) (param $integers i32) (param $integers-len i32)
    (param $ends i32) (param $ends-len i32) (param $texts i32) (param $texts-len i32)
    (local $last i32) (local $start i32) (local $end i32) (local $alert i32)
    (local.set $last
      (i32.add (local.get $ends) (i32.shl (local.get $ends-len) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $ends) (local.get $last)))
        (local.set $end (i32.load (local.get $ends)))
        (local.set $alert
          (call $alert
            (i32.add (local.get $texts) (local.get $start))
            (i32.sub (local.get $end) (local.get $start))
            (i32.const 64) (i32.const 6)))
        (call $raise (local.get $alert))
        (call $drop-alert (local.get $alert))
        (local.set $start (local.get $end))
        (local.set $ends (i32.add (local.get $ends) (i32.const 4)))
        (br $next)))
    ;; What was handed over has been read.
    (global.set $free (i32.const 8192)))
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)))
