;; Raises the alert `k` at the seconds FROM to UNTIL of every minute, UNTIL left out. The two stand
;; for numbers that a test fills in.
(module
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]alert"
    (func $alert (param i32 i32 i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]alert.raise" (func $raise (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]alert" (func $drop-alert (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "kAlert")
  ;; Accepts every setting: the answer, at address 0, is all zeros.
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $drop-setup (local.get $setup))
    (i32.const 0))
  ;; The host hands nothing over: there is no subscription.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (local $second i64) (local $alert i32)
    (local.set $second
      (i64.rem_u (i64.div_u (local.get $now) (i64.const 1000000000)) (i64.const 60)))
    (if (i32.and
          (i64.ge_u (local.get $second) (i64.const FROM))
          (i64.lt_u (local.get $second) (i64.const UNTIL)))
      (then
        (local.set $alert
          (call $alert (i32.const 64) (i32.const 1) (i32.const 65) (i32.const 5)))
        (call $raise (local.get $alert))
        (call $drop-alert (local.get $alert))))))
