;; A command of two modules with a memory each, which grow by 32 MiB one after the other.
(component
  (core module $memory
    (memory (export "memory") 1)
    (func (export "grow") (result i32) (memory.grow (i32.const 512))))
  (core module $command
    (import "first" "grow" (func $first (result i32)))
    (import "second" "grow" (func $second (result i32)))
    (func $first_must_grow (if (i32.eq (call $first) (i32.const -1)) (then unreachable)))
    (func $second_must_grow (if (i32.eq (call $second) (i32.const -1)) (then unreachable)))
    (func (export "run") (result i32)
      (call $first_must_grow)
      (call $second_must_grow)
      (i32.const 0)))
  (core instance $first (instantiate $memory))
  (core instance $second (instantiate $memory))
  (core instance $command (instantiate $command
    (with "first" (instance $first))
    (with "second" (instance $second))))
  (func $run (result (result)) (canon lift (core func $command "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exported)))
