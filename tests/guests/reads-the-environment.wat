;; A component that wants more than a monitor may have: the environment's variables.
(component
  (import "wasi:cli/environment@0.2.0" (instance
    (export "get-environment" (func (result (list (tuple string string))))))))
