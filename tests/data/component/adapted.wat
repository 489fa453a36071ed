;; An adapter needs main's memory, main needs the adapter's function: which the host calls in place of the shim.
(component
  (import "log" (func $log (param "s" string)))
  (core module $main
    (import "host" "log" (func $log (param i32 i32)))
    (import "host" "adapted" (func $adapted (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "run") (call $adapted (i32.const 8) (i32.const 5))))
  (core module $adapter
    (import "main" "memory" (memory 1))
    (import "host" "log" (func $log (param i32 i32)))
    (func (export "adapted") (param i32 i32) (call $log (local.get 0) (local.get 1))))
  (core module $shim
    (type $t (func (param i32 i32)))
    (table (export "$imports") 2 2 funcref)
    (func (export "0") (type $t) (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0)))
    (func (export "1") (type $t) (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 1))))
  (core module $fixup
    (type $t (func (param i32 i32)))
    (import "actual" "0" (func $0 (type $t)))
    (import "actual" "1" (func $1 (type $t)))
    (import "shim" "$imports" (table 2 2 funcref))
    (elem (i32.const 0) func $0 $1))
  (core instance $s (instantiate $shim))
  (core instance $host (export "log" (func $s "0")) (export "adapted" (func $s "1")))
  (core instance $m (instantiate $main (with "host" (instance $host))))
  (core instance $a (instantiate $adapter (with "main" (instance $m)) (with "host" (instance $host))))
  (core func $lowered (canon lower (func $log) (memory (core memory $m "memory"))))
  (core instance $actual (export "0" (func $lowered)) (export "1" (func $a "adapted")))
  (core instance (instantiate $fixup (with "actual" (instance $actual)) (with "shim" (instance $s))))
  (func (export "run") (canon lift (core func $m "run"))))
