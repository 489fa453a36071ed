;; Core instances of one component that share memories, tables, globals, functions and tags.

;; A "libc" with memory and table; an application that fills both; a late module that reads them.
(component
  (core module $libc
    (memory (export "memory") 1)
    (table (export "table") 4 funcref)
    (global (export "top") (mut i32) (i32.const 64)))
  (core module $app
    (import "libc" "memory" (memory 1))
    (import "libc" "table" (table 4 funcref))
    (import "libc" "top" (global $top (mut i32)))
    (func $seven (result i32) i32.const 7)
    (elem (i32.const 2) $seven)
    (data (i32.const 16) "\2a")
    (func (export "push") (param i32) (result i32)
      (i32.store (global.get $top) (local.get 0))
      (global.set $top (i32.add (global.get $top) (i32.const 4)))
      (global.get $top)))
  (core module $late
    (import "libc" "memory" (memory 1))
    (import "libc" "table" (table 4 funcref))
    (import "libc" "top" (global $top (mut i32)))
    (type $f (func (result i32)))
    (func (export "pop") (result i32)
      (global.set $top (i32.sub (global.get $top) (i32.const 4)))
      (i32.load (global.get $top)))
    (func (export "byte") (result i32) (i32.load8_u (i32.const 16)))
    (func (export "through-table") (param i32) (result i32)
      (call_indirect (type $f) (local.get 0))))
  (core instance $libc (instantiate $libc))
  (core instance $app (instantiate $app (with "libc" (instance $libc))))
  (core instance $late (instantiate $late (with "libc" (instance
    (export "memory" (memory $libc "memory"))
    (export "table" (table $libc "table"))
    (export "top" (global $libc "top"))))))
  (func (export "push") (param "n" u32) (result u32) (canon lift (core func $app "push")))
  (func (export "pop") (result u32) (canon lift (core func $late "pop")))
  (func (export "byte") (result u32) (canon lift (core func $late "byte")))
  (func (export "through-table") (param "n" u32) (result u32)
    (canon lift (core func $late "through-table"))))
(assert_return (invoke "push" (u32.const 11)) (u32.const 68))
(assert_return (invoke "push" (u32.const 22)) (u32.const 72))
(assert_return (invoke "pop") (u32.const 22))
(assert_return (invoke "pop") (u32.const 11))
(assert_return (invoke "byte") (u32.const 42))
(assert_return (invoke "through-table" (u32.const 2)) (u32.const 7))
(assert_trap (invoke "through-table" (u32.const 0)) "uninitialized element")

;; An exception of one core instance is caught by its tag in another, and traps at the boundary of
;; the component when nobody catches it.
(component
  (core module $tags (tag (export "oops") (param i32)))
  (core module $thrower
    (import "tags" "oops" (tag $oops (param i32)))
    (func (export "throw") (param i32) (throw $oops (local.get 0))))
  (core module $catcher
    (import "tags" "oops" (tag $oops (param i32)))
    (import "thrower" "throw" (func $throw (param i32)))
    (func (export "catch") (param i32) (result i32)
      (block $caught (result i32)
        (try_table (catch $oops $caught) (call $throw (local.get 0)))
        i32.const 0)))
  (core instance $tags (instantiate $tags))
  (core instance $thrower (instantiate $thrower (with "tags" (instance $tags))))
  (core instance $catcher (instantiate $catcher
    (with "tags" (instance $tags)) (with "thrower" (instance $thrower))))
  (func (export "catch") (param "n" u32) (result u32) (canon lift (core func $catcher "catch")))
  (func (export "throw") (param "n" u32) (canon lift (core func $thrower "throw"))))
(assert_return (invoke "catch" (u32.const 9)) (u32.const 9))
(assert_trap (invoke "throw" (u32.const 9)) "exception")

;; Two instances of one tag are two tags.
(component
  (core module $tags (tag (export "oops")))
  (core instance $one (instantiate $tags))
  (core instance $two (instantiate $tags))
  (core module $m
    (import "one" "oops" (tag $one))
    (import "two" "oops" (tag $two))
    (func (export "which") (result i32)
      (block $caught-one
        (block $caught-two
          (try_table (catch $one $caught-one) (catch $two $caught-two) (throw $two)))
        (return (i32.const 2)))
      i32.const 1))
  (core instance $m (instantiate $m (with "one" (instance $one)) (with "two" (instance $two))))
  (func (export "which") (result u32) (canon lift (core func $m "which"))))
(assert_return (invoke "which") (u32.const 2))

;; Two applications, each with a libc of its own, linked from the same modules.
(component
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 256))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (component $upper
    (import "libc" (core module $libc
      (export "memory" (memory 1))
      (export "realloc" (func (param i32 i32 i32 i32) (result i32)))))
    (core instance $libc (instantiate $libc))
    (core module $m
      (import "libc" "memory" (memory 1))
      (func (export "first") (param i32 i32) (result i32) (i32.load8_u (local.get 0))))
    (core instance $m (instantiate $m (with "libc" (instance $libc))))
    (func (export "first") (param "s" string) (result u8)
      (canon lift (core func $m "first") (memory (core memory $libc "memory"))
                  (realloc (core func $libc "realloc")))))
  (component $lower
    (import "libc" (core module $libc
      (export "memory" (memory 1))
      (export "realloc" (func (param i32 i32 i32 i32) (result i32)))))
    (import "first" (func $first (param "s" string) (result u8)))
    (core instance $libc (instantiate $libc))
    (core func $first' (canon lower (func $first) (memory (core memory $libc "memory"))))
    (core module $m
      (import "libc" "memory" (memory 1))
      (import "" "first" (func $first (param i32 i32) (result i32)))
      (data (i32.const 16) "xyz")
      (func (export "go") (param i32) (result i32)
        (call $first (i32.add (i32.const 16) (local.get 0)) (i32.const 1))))
    (core instance $m (instantiate $m
      (with "libc" (instance $libc)) (with "" (instance (export "first" (func $first'))))))
    (func (export "go") (param "n" u32) (result u8) (canon lift (core func $m "go"))))
  (instance $upper (instantiate $upper (with "libc" (core module $libc))))
  (instance $lower (instantiate $lower
    (with "libc" (core module $libc)) (with "first" (func $upper "first"))))
  (export "go" (func $lower "go")))
(assert_return (invoke "go" (u32.const 0)) (u8.const 120))
(assert_return (invoke "go" (u32.const 2)) (u8.const 122))

;; A shim and a fixup between a main module and an adapter that is made after it: values of each type, calls back into
;; main, a trap in the adapter, and a call that comes before the table is filled.
(component definition $adapted
  (core module $shim
    (type $t (func (param i32 i64 f32 f64) (result f64)))
    (table (export "$imports") 3 3 funcref)
    (func (export "0") (type $t) (call_indirect (type $t)
      (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))
    (func (export "1") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1)))
    (func (export "2") (call_indirect (i32.const 2))))
  (core module $main
    (type $t (func (param i32 i64 f32 f64) (result f64)))
    (import "adapter" "sum" (func $sum (type $t)))
    (import "adapter" "fac" (func $fac (param i32) (result i32)))
    (import "adapter" "fail" (func $fail))
    (memory (export "memory") 1)
    (func (export "sum") (param i32 i64 f32 f64) (result f64)
      (call $sum (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "fac") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.mul (local.get 0) (call $fac (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.load (i32.const 0)))))
    (func (export "fail") (call $fail)))
  (core module $adapter
    (import "main" "memory" (memory 1))
    (import "main" "fac" (func $fac (param i32) (result i32)))
    (func (export "sum") (param i32 i64 f32 f64) (result f64)
      (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
        (f64.add (f64.promote_f32 (local.get 2)) (local.get 3))))
    (func (export "fac") (param i32) (result i32)
      (i32.store (i32.const 0) (i32.const 1))
      (call $fac (local.get 0)))
    (func (export "fail") unreachable))
  (core module $fixup
    (type $t (func (param i32 i64 f32 f64) (result f64)))
    (import "" "0" (func $0 (type $t)))
    (import "" "1" (func $1 (param i32) (result i32)))
    (import "" "2" (func $2))
    (import "" "$imports" (table 3 3 funcref))
    (elem (i32.const 0) func $0 $1 $2))
  (core instance $s (instantiate $shim))
  (core instance $m (instantiate $main (with "adapter" (instance
    (export "sum" (func $s "0")) (export "fac" (func $s "1")) (export "fail" (func $s "2"))))))
  (core instance $a (instantiate $adapter (with "main" (instance $m))))
  (core instance (instantiate $fixup (with "" (instance (export "0" (func $a "sum")) (export "1" (func $a "fac"))
    (export "2" (func $a "fail")) (export "$imports" (table $s "$imports"))))))
  (func (export "sum") (param "a" s32) (param "b" s64) (param "c" f32) (param "d" f64) (result f64)
    (canon lift (core func $m "sum")))
  (func (export "fac") (param "n" u32) (result u32) (canon lift (core func $m "fac")))
  (func (export "fail") (canon lift (core func $m "fail"))))
(component instance $adapted1 $adapted)
(assert_return (invoke "sum" (s32.const -1) (s64.const -10000000000) (f32.const 0.5) (f64.const 0.25)) (f64.const -10000000000.25))
(assert_return (invoke "fac" (u32.const 10)) (u32.const 3628800))
(assert_trap (invoke "fail") "unreachable")

(assert_trap
  (component
    (core module $shim
      (table (export "$imports") 1 1 funcref)
      (func (export "0") (call_indirect (i32.const 0))))
    (core module $main
      (import "adapter" "f" (func $f))
      (memory (export "memory") 1)
      (start $f))
    (core module $adapter
      (import "main" "memory" (memory 1))
      (func (export "f")))
    (core module $fixup
      (import "" "0" (func $0))
      (import "" "$imports" (table 1 1 funcref))
      (elem (i32.const 0) func $0))
    (core instance $s (instantiate $shim))
    (core instance $m (instantiate $main (with "adapter" (instance (export "f" (func $s "0"))))))
    (core instance $a (instantiate $adapter (with "main" (instance $m))))
    (core instance (instantiate $fixup (with "" (instance (export "0" (func $a "f")) (export "$imports" (table $s "$imports")))))))
  "")
