;; Never comes back from being configured.
(module
  (memory (export "memory") 1)
  (func (export "weir:monitor/guest@0.1.0#configure") (param $setup i32) (result i32)
    (loop $for-ever (br $for-ever))
    unreachable)
  ;; The host hands nothing over: there is no subscription.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-batch") (param i32 i32 i32 i32 i32 i32 i32)
    unreachable)
  (func (export "weir:monitor/guest@0.1.0#on-tick") (param $now i64)))
