;; What the documentation calls `math.wasm`.
(component
  (core module $code
    (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "scale") (param f64 f64 f64) (result i32)
      (f64.store (i32.const 8) (f64.mul (local.get 0) (local.get 2)))
      (f64.store (i32.const 16) (f64.mul (local.get 1) (local.get 2)))
      (i32.const 8)))
  (core instance $core (instantiate $code))
  (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $core "add")))
  (type $record (record (field "x" f64) (field "y" f64)))
  (func $scale (param "v" $record) (param "by" f64) (result $record)
    (canon lift (core func $core "scale") (memory (core memory $core "memory"))))
  (component $vectors
    (type $r (record (field "x" f64) (field "y" f64)))
    (import "vector" (type $vector (eq $r)))
    (import "scale" (func $scale (param "v" $vector) (param "by" f64) (result $vector)))
    (export $exported "vector" (type $vector))
    (export "scale" (func $scale) (func (param "v" $exported) (param "by" f64) (result $exported))))
  (instance $interface (instantiate $vectors (with "vector" (type $record)) (with "scale" (func $scale))))
  (export "demo:math/vectors" (instance $interface)))
