;; A component that imports nothing, and exports nothing either.
(component)
