;; Raises 1,100 alerts at every tick, each with a key of its own.
(module
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (import "weir:monitor/host@0.1.0" "[constructor]alert"
    (func $alert (param i32 i32 i32 i32) (result i32)))
  (import "weir:monitor/host@0.1.0" "[method]alert.raise" (func $raise (param i32)))
  (import "weir:monitor/host@0.1.0" "[resource-drop]alert" (func $drop-alert (param i32)))
  (memory (export "memory") 1)
  (func $letter (param $n i32) (param $place i32) (result i32)
    (i32.add
      (i32.const 97)
      (i32.rem_u (i32.div_u (local.get $n) (local.get $place)) (i32.const 10))))
  ;; Accepts every setting: the answer, at address 0, is all zeros.
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $drop-setup (local.get $setup))
    (i32.const 0))
  ;; The host hands nothing over: there is no subscription.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (local $alert i32) (local $n i32)
    (loop $more
      ;; The key is four letters, the digits of $n to the base of ten.
      (i32.store8 (i32.const 64) (call $letter (local.get $n) (i32.const 1000)))
      (i32.store8 (i32.const 65) (call $letter (local.get $n) (i32.const 100)))
      (i32.store8 (i32.const 66) (call $letter (local.get $n) (i32.const 10)))
      (i32.store8 (i32.const 67) (call $letter (local.get $n) (i32.const 1)))
      (local.set $alert
        (call $alert (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 4)))
      (call $raise (local.get $alert))
      (call $drop-alert (local.get $alert))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $n) (i32.const 1100))))))
