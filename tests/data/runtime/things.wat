;; Exports at the edge between host and guest: one that keeps what it borrowed, and an import that goes straight out again.
(component
  (import "test:host/things@1.0.0" (instance $host
    (export "thing" (type $t (sub resource)))
    (export "bytes" (func (param "len" u32) (result (list u8))))))
  (alias export $host "thing" (type $thing))
  (alias export $host "bytes" (func $bytes))
  (core func $drop (canon resource.drop $thing))
  (core module $M
    (import "host" "drop" (func $drop (param i32)))
    (func (export "keep") (param i32) (result i32) (i32.const 7))
    (func (export "let-go") (param i32) (result i32) (call $drop (local.get 0)) (i32.const 7)))
  (core instance $m (instantiate $M (with "host" (instance (export "drop" (func $drop))))))
  (func (export "keep") (param "t" (borrow $thing)) (result u32) (canon lift (core func $m "keep")))
  (func (export "let-go") (param "t" (borrow $thing)) (result u32) (canon lift (core func $m "let-go")))
  (export "bytes" (func $bytes)))
