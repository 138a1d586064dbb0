;; Does nothing when it is called: what is left is the call itself.
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
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)))
