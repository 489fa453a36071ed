;; Who may call another component's core function itself: $open may, $closing has a realloc, and the
;; values of "flag" are not passed as they are.
(component
  (component $callee
    (core module $m
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32)
      (canon lift (core func $i "add")))
    (func (export "flag") (param "a" bool) (param "b" u32) (result u32)
      (canon lift (core func $i "add"))))
  (component $caller
    (import "callee" (instance $callee
      (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
      (export "flag" (func (param "a" bool) (param "b" u32) (result u32)))))
    (core func $add (canon lower (func $callee "add")))
    (core func $flag (canon lower (func $callee "flag")))
    (core module $m
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (import "" "flag" (func $flag (param i32 i32) (result i32)))
      (func (export "go") (result i32)
        (call $flag (i32.const 256) (call $add (i32.const 1) (i32.const 2)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "add" (func $add)) (export "flag" (func $flag))))))
    (func (export "go") (result u32) (canon lift (core func $i "go"))))
  (component $closing
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (core func $add (canon lower (func $add)))
    (core module $m
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)
      (func (export "len") (param i32 i32) (result i32) (call $add (local.get 1) (i32.const 0))))
    (core instance $i (instantiate $m (with "" (instance (export "add" (func $add))))))
    (func (export "len") (param "s" string) (result u32)
      (canon lift (core func $i "len") (memory (core memory $i "memory"))
                  (realloc (core func $i "realloc")))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (instance $closing (instantiate $closing (with "add" (func $callee "add"))))
  (export "go" (func $caller "go"))
  (export "len" (func $closing "len")))
