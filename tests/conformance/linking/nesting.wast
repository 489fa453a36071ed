;; Components in components: nested to any depth, imported, exported and instantiated several times,
;; each time with a state of its own.

;; Three levels, an outer alias across two of them, and the middle instantiated twice.
(component
  (core module $counter
    (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n)))
  (component $middle
    (component $inner
      (core instance $i (instantiate $counter))
      (func (export "next") (result u32) (canon lift (core func $i "next"))))
    (instance $a (instantiate $inner))
    (instance $b (instantiate $inner))
    (export "a" (func $a "next"))
    (export "b" (func $b "next")))
  (instance $x (instantiate $middle))
  (instance $y (instantiate $middle))
  (export "xa" (func $x "a"))
  (export "xb" (func $x "b"))
  (export "ya" (func $y "a")))
(assert_return (invoke "xa") (u32.const 1))
(assert_return (invoke "xa") (u32.const 2))
(assert_return (invoke "xb") (u32.const 1))
(assert_return (invoke "ya") (u32.const 1))
(assert_return (invoke "xa") (u32.const 3))

;; A component that is given a component, and instantiates it twice with different arguments.
(component
  (component $wrapper
    (import "made-of" (component $made-of
      (import "value" (func (result u32)))
      (export "get" (func (result u32)))))
    (import "one" (func $one (result u32)))
    (import "two" (func $two (result u32)))
    (instance $first (instantiate $made-of (with "value" (func $one))))
    (instance $second (instantiate $made-of (with "value" (func $two))))
    (export "first" (func $first "get"))
    (export "second" (func $second "get")))
  (component $twice
    (import "value" (func $value (result u32)))
    (core func $value' (canon lower (func $value)))
    (core module $m
      (import "" "value" (func $value (result i32)))
      (func (export "get") (result i32) (i32.mul (call $value) (i32.const 2))))
    (core instance $i (instantiate $m (with "" (instance (export "value" (func $value'))))))
    (func (export "get") (result u32) (canon lift (core func $i "get"))))
  (core module $const
    (func (export "three") (result i32) i32.const 3)
    (func (export "four") (result i32) i32.const 4))
  (core instance $c (instantiate $const))
  (func $three (result u32) (canon lift (core func $c "three")))
  (func $four (result u32) (canon lift (core func $c "four")))
  (instance $w (instantiate $wrapper
    (with "made-of" (component $twice))
    (with "one" (func $three))
    (with "two" (func $four))))
  (export "first" (func $w "first"))
  (export "second" (func $w "second")))
(assert_return (invoke "first") (u32.const 6))
(assert_return (invoke "second") (u32.const 8))

;; A component and a core module that an instance exports, and that are instantiated through it.
(component
  (component $library
    (core module $module
      (global $n (mut i32) (i32.const 10))
      (func (export "get") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n)))
    (component $component
      (core instance $i (instantiate $module))
      (func (export "get") (result u32) (canon lift (core func $i "get"))))
    (export "module" (core module $module))
    (export "component" (component $component)))
  (instance $library (instantiate $library))
  (alias export $library "component" (component $component))
  (alias export $library "module" (core module $module))
  (instance $a (instantiate $component))
  (core instance $b (instantiate $module))
  (core instance $c (instantiate $module))
  (export "a" (func $a "get"))
  (func (export "b") (result u32) (canon lift (core func $b "get")))
  (func (export "c") (result u32) (canon lift (core func $c "get"))))
(assert_return (invoke "a") (u32.const 11))
(assert_return (invoke "b") (u32.const 11))
(assert_return (invoke "b") (u32.const 12))
(assert_return (invoke "c") (u32.const 11))
(assert_return (invoke "a") (u32.const 12))

;; An imported core module is linked with what its type says, whatever else it exports.
(component
  (component $user
    (import "lib" (core module $lib
      (import "env" "base" (global i32))
      (export "add" (func (param i32) (result i32)))))
    (core module $env (global (export "base") i32 (i32.const 100)))
    (core instance $env (instantiate $env))
    (core instance $lib (instantiate $lib (with "env" (instance $env))))
    (func (export "add") (param "n" u32) (result u32) (canon lift (core func $lib "add"))))
  (core module $lib
    (import "env" "base" (global $base i32))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (global.get $base)))
    (func (export "sub") (param i32) (result i32) (i32.sub (local.get 0) (global.get $base))))
  (instance $user (instantiate $user (with "lib" (core module $lib))))
  (export "add" (func $user "add")))
(assert_return (invoke "add" (u32.const 5)) (u32.const 105))

;; Inline exports: instances that are put together by hand, in each other, and taken apart again.
(component
  (core module $m
    (func (export "one") (result i32) i32.const 1)
    (func (export "two") (result i32) i32.const 2))
  (core instance $i (instantiate $m))
  (func $one (result u32) (canon lift (core func $i "one")))
  (func $two (result u32) (canon lift (core func $i "two")))
  (instance $low (export "f" (func $two)) (export "g" (func $one)))
  (instance $high (export "low" (instance $low)) (export "f" (func $one)))
  (component $picks
    (import "high" (instance $high
      (export "low" (instance (export "f" (func (result u32)))))
      (export "f" (func (result u32)))))
    (alias export $high "low" (instance $low))
    (export "low-f" (func $low "f"))
    (export "high-f" (func $high "f"))
    (export "low" (instance $low)))
  (instance $picks (instantiate $picks (with "high" (instance $high))))
  (alias export $picks "low" (instance $again))
  (export "low-f" (func $picks "low-f"))
  (export "high-f" (func $picks "high-f"))
  (export "again" (func $again "f"))
  (export "whole" (instance $low)))
(assert_return (invoke "low-f") (u32.const 2))
(assert_return (invoke "high-f") (u32.const 1))
(assert_return (invoke "again") (u32.const 2))
(assert_return (invoke "whole#f") (u32.const 2))
(assert_return (invoke "whole#g") (u32.const 1))

;; What is imported is exported again, through two components, under other names.
(component
  (component $pass
    (import "in" (func $in (param "s" string) (result string)))
    (export "out" (func $in)))
  (component $echo
    (core module $m
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (global.get $heap))
        (global.set $heap (i32.add (global.get $heap) (local.get 3)))
        (local.get $at))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0))
        (i32.store (i32.const 12) (local.get 1))
        i32.const 8))
    (core instance $i (instantiate $m))
    (func (export "echo") (param "s" string) (result string)
      (canon lift (core func $i "echo") (memory (core memory $i "memory"))
                  (realloc (core func $i "realloc")))))
  (instance $echo (instantiate $echo))
  (instance $one (instantiate $pass (with "in" (func $echo "echo"))))
  (instance $two (instantiate $pass (with "in" (func $one "out"))))
  (export "echo" (func $two "out"))
  (export "same" (func $one "out")))
(assert_return (invoke "echo" (str.const "hello")) (str.const "hello"))
(assert_return (invoke "same" (str.const "\u{20ac}")) (str.const "\u{20ac}"))

;; Instances start in the order of their definitions, and once.
(component
  (core module $log
    (global $n (mut i32) (i32.const 0))
    (func (export "note") (param i32)
      (global.set $n (i32.add (i32.mul (global.get $n) (i32.const 10)) (local.get 0))))
    (func (export "get") (result i32) (global.get $n)))
  (core instance $log (instantiate $log))
  (func $note (param "n" u32) (canon lift (core func $log "note")))
  (func (export "get") (result u32) (canon lift (core func $log "get")))
  (component $starts
    (import "note" (func $note (param "n" u32)))
    (core func $note' (canon lower (func $note)))
    (core module $m
      (import "" "note" (func $note (param i32)))
      (import "" "n" (global $n i32))
      (func $start (call $note (global.get $n)))
      (start $start))
    (core module $n1 (global (export "n") i32 (i32.const 1)))
    (core module $n2 (global (export "n") i32 (i32.const 2)))
    (core instance $n1 (instantiate $n1))
    (core instance $n2 (instantiate $n2))
    (core instance (instantiate $m (with "" (instance
      (export "note" (func $note')) (export "n" (global $n1 "n"))))))
    (core instance (instantiate $m (with "" (instance
      (export "note" (func $note')) (export "n" (global $n2 "n")))))))
  (instance (instantiate $starts (with "note" (func $note))))
  (instance (instantiate $starts (with "note" (func $note)))))
(assert_return (invoke "get") (u32.const 1212))

;; A start function that traps takes the whole instance with it.
(assert_trap
  (component
    (component $bad
      (core module $m (func $start unreachable) (start $start))
      (core instance (instantiate $m)))
    (instance (instantiate $bad)))
  "unreachable")
