;; roll: a number of wasi:random, for hosts that put a function of their own in its place.
(component
  (import "wasi:random/random@0.2.3" (instance $random
    (export "get-random-u64" (func (result u64)))))
  (alias export $random "get-random-u64" (func $u64))
  (core func $u64_core (canon lower (func $u64)))
  (core module $Main
    (import "host" "u64" (func $u64 (result i64)))
    (func (export "roll") (result i64) (call $u64)))
  (core instance $main (instantiate $Main (with "host" (instance (export "u64" (func $u64_core))))))
  (func (export "roll") (result u64) (canon lift (core func $main "roll"))))
