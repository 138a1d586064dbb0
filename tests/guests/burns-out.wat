;; Raises an alert from the 10th to the 19th second of every minute, and traps from then on.
(module
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]alert"
    (func $alert (param i32 i32 i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]alert.raise" (func $raise (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]alert" (func $drop-alert (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "Burning")
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
    (if (i64.ge_u (local.get $second) (i64.const 20)) (then unreachable))
    (if (i64.ge_u (local.get $second) (i64.const 10))
      (then
        (local.set $alert
          (call $alert (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 7)))
        (call $raise (local.get $alert))
        (call $drop-alert (local.get $alert))))))
