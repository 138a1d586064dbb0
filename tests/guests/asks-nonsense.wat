;; Asks a question that makes no sense, and hands the host's answer back as its own problem.
(module
  (import "weir:monitor/host@0.1.0" "[method]setup.query"
    (func $query (param i32 i32 i32 i64 i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))
  (data (i32.const 64) "by nonsense | count")
  (func (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $bytes))))
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $query
      (local.get $setup)
      (i32.const 64) (i32.const 19)
      (i64.const 10000000000) ;; over 10 s
      (i32.const 256)) ;; the answer
    (call $drop-setup (local.get $setup))
    ;; No; there is a list of one problem, which is what the host answered with.
    (i32.store8 (i32.const 0) (i32.const 1))
    (i32.store (i32.const 4) (i32.const 260))
    (i32.store (i32.const 8) (i32.const 1))
    (i32.const 0))
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64) unreachable))
