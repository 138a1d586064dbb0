;; Traps at every tick, in a function with the name that a compiler for Rust would give it.
(module
  (import "weir:monitor/host@0.1.0" "[resource-drop]setup" (func $drop-setup (param i32)))
  (memory (export "memory") 1)
  ;; Accepts every setting: the answer, at address 0, is all zeros.
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (call $drop-setup (local.get $setup))
    (i32.const 0))
  ;; The host hands nothing over: there is no subscription.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func $_ZN5watch4heat17h0123456789abcdefE unreachable)
  (func $on-tick (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)
    (call $_ZN5watch4heat17h0123456789abcdefE)))
