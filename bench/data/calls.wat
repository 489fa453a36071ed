;; Calls host functions in a loop: two scalars, a string of 16 bytes, a list of 1 MiB.
(component
  (import "bench:host/calls@1.0.0" (instance $host
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
    (export "note" (func (param "s" string) (result u32)))
    (export "write" (func (param "bytes" (list u8)) (result u32)))))
  (core module $Memory (memory (export "memory") 40))
  (core instance $memory (instantiate $Memory))
  (core func $add (canon lower (func $host "add")))
  (core func $note (canon lower (func $host "note") (memory (core memory $memory "memory"))))
  (core func $write (canon lower (func $host "write") (memory (core memory $memory "memory"))))
  (core module $Main
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (import "host" "note" (func $note (param i32 i32) (result i32)))
    (import "host" "write" (func $write (param i32 i32) (result i32)))
    (import "m" "memory" (memory 40))
    (data (i32.const 64) "sixteen bytes...")
    (func (export "add") (param $n i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (call $add (local.get $sum) (i32.const 1)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (func (export "note") (param $n i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (call $note (i32.const 64) (i32.const 16)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (func (export "write") (param $n i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (call $write (i32.const 65536) (i32.const 1048576)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))
  (core instance $main (instantiate $Main
    (with "host" (instance (export "add" (func $add)) (export "note" (func $note))
                           (export "write" (func $write))))
    (with "m" (instance $memory))))
  (func (export "add") (param "n" u32) (result u32) (canon lift (core func $main "add")))
  (func (export "note") (param "n" u32) (result u32) (canon lift (core func $main "note")))
  (func (export "write") (param "n" u32) (result u32) (canon lift (core func $main "write")))
)
