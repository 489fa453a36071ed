;; A destructor is a function of the module that makes the resource: what tools put into the shim's table for it is not
;; an import but an export of main.
(component
  (core module $main
    (import "host" "drop" (func $drop (param i32)))
    (import "host" "new" (func $new (param i32) (result i32)))
    (global $dropped (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $dropped (local.get 0)))
    (func (export "init"))
    (func (export "run") (result i32)
      (call $drop (call $new (i32.const 42)))
      (global.get $dropped)))
  (core module $shim
    (type $t (func (param i32)))
    (table (export "$imports") 1 1 funcref)
    (func (export "0") (type $t) (call_indirect (type $t) (local.get 0) (i32.const 0))))
  (core module $fixup
    (type $t (func (param i32)))
    (import "actual" "0" (func $0 (type $t)))
    (import "main" "init" (func $init))
    (import "shim" "$imports" (table 1 1 funcref))
    (start $init)
    (elem (i32.const 0) func $0))
  (core instance $s (instantiate $shim))
  (type $r (resource (rep i32) (dtor (core func $s "0"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core instance $host (export "new" (func $new)) (export "drop" (func $drop)))
  (core instance $m (instantiate $main (with "host" (instance $host))))
  (core instance $actual (export "0" (func $m "dtor")))
  (core instance (instantiate $fixup
    (with "actual" (instance $actual))
    (with "main" (instance $m))
    (with "shim" (instance $s))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
