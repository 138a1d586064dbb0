;; A component that is made for a later version of the interface.
(component
  (import "weir:monitor/host@0.2.0" (instance
    (export "now" (func (result s64))))))
