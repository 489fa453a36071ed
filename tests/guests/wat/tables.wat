;; A command of two modules with a table each, which grow by 400,000 elements one after the other, and again.
(component
  (core module $table
    (table $t 1 funcref)
    (func (export "grow") (result i32) (table.grow $t (ref.null func) (i32.const 400000))))
  (core module $command
    (import "first" "grow" (func $first (result i32)))
    (import "second" "grow" (func $second (result i32)))
    (func $first_must_grow (if (i32.eq (call $first) (i32.const -1)) (then unreachable)))
    (func $second_must_grow (if (i32.eq (call $second) (i32.const -1)) (then unreachable)))
    (func $first_must_grow_again (if (i32.eq (call $first) (i32.const -1)) (then unreachable)))
    (func (export "run") (result i32)
      (call $first_must_grow)
      (call $second_must_grow)
      (call $first_must_grow_again)
      (i32.const 0)))
  (core instance $first (instantiate $table))
  (core instance $second (instantiate $table))
  (core instance $command (instantiate $command
    (with "first" (instance $first))
    (with "second" (instance $second))))
  (func $run (result (result)) (canon lift (core func $command "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exported)))
