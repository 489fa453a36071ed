;; Like started.wat, but another module calls the lowered function itself, before the fixup has run: eliminating the
;; shim would make it trap.
(component
  (import "log" (func $log (param "s" string)))
  (core module $main
    (import "host" "log" (func $log (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "ready")
    (func (export "init") (call $log (i32.const 8) (i32.const 5)))
    (func (export "run")))
  (core module $shim
    (type $t (func (param i32 i32)))
    (table (export "$imports") 1 1 funcref)
    (func (export "0") (type $t) (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $fixup
    (type $t (func (param i32 i32)))
    (import "actual" "0" (func $0 (type $t)))
    (import "main" "init" (func $init))
    (import "shim" "$imports" (table 1 1 funcref))
    (start $init)
    (elem (i32.const 0) func $0))
  (core instance $s (instantiate $shim))
  (core instance $host (export "log" (func $s "0")))
  (core instance $m (instantiate $main (with "host" (instance $host))))
  (core func $lowered (canon lower (func $log) (memory (core memory $m "memory"))))
  (core instance $direct (export "0" (func $lowered)))
  (core module $early
    (import "actual" "0" (func $log (param i32 i32)))
    (func $now (call $log (i32.const 8) (i32.const 5)))
    (start $now))
  (core instance (instantiate $early (with "actual" (instance $direct))))
  (core instance $actual (export "0" (func $lowered)))
  (core instance (instantiate $fixup
    (with "actual" (instance $actual))
    (with "main" (instance $m))
    (with "shim" (instance $s))))
  (func (export "run") (canon lift (core func $m "run"))))
