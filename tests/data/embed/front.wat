;; Imports an interface that back.wat exports: quadruple is double twice; shout passes a string on.
(component
  (import "demo:math/ops@1.0.0" (instance $ops
    (export "double" (func (param "n" u32) (result u32)))
    (export "shout" (func (param "text" string) (result string)))))
  (alias export $ops "double" (func $double))
  (alias export $ops "shout" (func $shout))
  (core module $Memory
    (memory (export "memory") 1)
    (global $at (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $at (i32.add (global.get $at) (local.get 3)))
      (i32.sub (global.get $at) (local.get 3))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $double_core (canon lower (func $double)))
  (core func $shout_core (canon lower (func $shout) (memory $mem) (realloc (core func $realloc))))
  (core module $Main
    (import "ops" "double" (func $double (param i32) (result i32)))
    (import "ops" "shout" (func $shout (param i32 i32 i32)))
    (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0))))
    (func (export "shout") (param i32 i32) (result i32)
      (call $shout (local.get 0) (local.get 1) (i32.const 16))
      (i32.const 16)))
  (core instance $main (instantiate $Main
    (with "ops" (instance (export "double" (func $double_core)) (export "shout" (func $shout_core))))))
  (func (export "quadruple") (param "n" u32) (result u32) (canon lift (core func $main "quadruple")))
  (func (export "shout") (param "text" string) (result string)
    (canon lift (core func $main "shout") (memory $mem) (realloc (core func $realloc)))))
