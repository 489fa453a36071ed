;; Canonical definitions. Most cases share one core module:
;;   mem, big (64-bit), realloc, bad (a realloc of another type) and functions of several types.

;; CM[canon.once]
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) string-encoding=utf8 string-encoding=utf8)))
  "the option `string-encoding` is given twice")
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) string-encoding=utf8 string-encoding=latin1+utf16)))
  "the option `string-encoding` is given twice")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1)) (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $i "mem")) (memory (core memory $i "mem")))))
  "the option `memory` is given twice")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $i "mem")) (realloc (core func $i "r")) (realloc (core func $i "r")))))
  "the option `realloc` is given twice")
(assert_invalid
  (component
    (core module $m (func (export "f"))) (core instance $i (instantiate $m))
    (func (canon lift (core func $i "f") (post-return (core func $i "f")) (post-return (core func $i "f")))))
  "the option `post-return` is given twice")

;; CM[canon.memory]
(component
  (core module $m (memory (export "mem") 1 5)) (core instance $i (instantiate $m))
  (import "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $i "mem")))))
(assert_invalid
  (component
    (core module $m (memory (export "mem") i64 1)) (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $i "mem")))))
  "a 64-bit memory as option belongs to the proposal 'memory64'")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1 1 shared)) (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $i "mem")))))
  "a shared memory cannot be the option `memory`")
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) (memory 0))))
  "unknown core memory 0")

;; CM[canon.realloc]
(assert_invalid
  (component
    (core module $m (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (realloc (core func $i "r")))))
  "the option `realloc` needs the option `memory`")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1) (func (export "r") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $i "mem")) (realloc (core func $i "r")))))
  "`realloc` has the core type (i32 i32 i32 -> i32 ), expected (i32 i32 i32 i32 -> i32 )")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1) (func (export "r") (param i32 i32 i32 i64) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $i "mem")) (realloc (core func $i "r")))))
  "`realloc` has the core type")
(component
  (core module $m (memory (export "mem") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m))
  (import "f" (func $f)) (core func (canon lower (func $f) (realloc (core func $i "r")) (memory (core memory $i "mem")))))

;; CM[canon.post-return]
(assert_invalid
  (component
    (core module $m (func (export "f"))) (core instance $i (instantiate $m))
    (import "f" (func $f)) (core func (canon lower (func $f) (post-return (core func $i "f")))))
  "the option `post-return` goes with lift only")

;; CM[gate.canonopt]
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) async)))
  "the option `async` belongs to the proposal 'async'")
(assert_invalid
  (component
    (core module $m (func (export "f"))) (core instance $i (instantiate $m))
    (func (canon lift (core func $i "f") (callback (core func $i "f")))))
  "the option `callback` belongs to the proposal 'async'")

;; CM[canon.lift-type]
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\07\02\01\7d" "\08\06\01\00\00\00\00\00")
  "type index 0 is not a function type")

;; CM[canon.lift]
(component
  (core module $m (func (export "f") (param i32 f64) (result i64) unreachable)) (core instance $i (instantiate $m))
  (func (param "a" char) (param "b" f64) (result u64) (canon lift (core func $i "f"))))
(assert_invalid
  (component
    (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
    (func (canon lift (core func $i "f"))))
  "the lifted function has the core type (i32 ->), expected (->)")
(assert_invalid
  (component
    (core module $m (func (export "f") (result i32) unreachable)) (core instance $i (instantiate $m))
    (func (result u64) (canon lift (core func $i "f"))))
  "the lifted function has the core type")

;; CM[canon.lift-post-return]
(component
  (core module $m (func (export "f") (result i32) unreachable) (func (export "p") (param i32))) (core instance $i (instantiate $m))
  (func (result u32) (canon lift (core func $i "f") (post-return (core func $i "p")))))
(assert_invalid
  (component
    (core module $m (func (export "f") (result i32) unreachable) (func (export "p"))) (core instance $i (instantiate $m))
    (func (result u32) (canon lift (core func $i "f") (post-return (core func $i "p")))))
  "`post-return` has the core type (->), expected (i32 ->)")
(assert_invalid
  (component
    (core module $m (func (export "f")) (func (export "p") (result i32) unreachable)) (core instance $i (instantiate $m))
    (func (canon lift (core func $i "f") (post-return (core func $i "p")))))
  "`post-return` has the core type")

;; CM[canon.lift-options]
(assert_invalid
  (component
    (core module $m (func (export "f") (param i32 i32))) (core instance $i (instantiate $m))
    (func (param "a" string) (canon lift (core func $i "f"))))
  "the option `memory` is required")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1) (func (export "f") (param i32 i32))) (core instance $i (instantiate $m))
    (func (param "a" (list u8)) (canon lift (core func $i "f") (memory (core memory $i "mem")))))
  "the option `realloc` is required")
(assert_invalid
  (component
    (core module $m (func (export "f") (result i32) unreachable)) (core instance $i (instantiate $m))
    (func (result string) (canon lift (core func $i "f"))))
  "the option `memory` is required")
(assert_invalid
  (component
    (core module $m (func (export "f") (result i32) unreachable)) (core instance $i (instantiate $m))
    (func (result (tuple u8 u8)) (canon lift (core func $i "f"))))
  "the option `memory` is required")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1) (func (export "f") (param i32))) (core instance $i (instantiate $m))
    (type $t (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8))
    (func (param "a" $t) (param "b" u8) (canon lift (core func $i "f") (memory (core memory $i "mem")))))
  "the option `realloc` is required")
(component
  (core module $m (memory (export "mem") 1) (func (export "f") (result i32) unreachable)) (core instance $i (instantiate $m))
  (func (result (list string)) (canon lift (core func $i "f") (memory (core memory $i "mem")))))

;; CM[canon.lower]
(component
  (import "f" (func $f (param "a" (tuple u8 u64 f32)) (result f64)))
  (core func $g (canon lower (func $f)))
  (core module $m (import "" "f" (func (param i32 i64 f32) (result f64))))
  (core instance (instantiate $m (with "" (instance (export "f" (func $g)))))))
(assert_invalid
  (component
    (import "f" (func $f (param "a" u32)))
    (core func $g (canon lower (func $f)))
    (core module $m (import "" "f" (func (param i64))))
    (core instance (instantiate $m (with "" (instance (export "f" (func $g)))))))
  "has another type than is imported")
(component
  (core module $mem (memory (export "mem") 1)) (core instance $mem (instantiate $mem))
  (import "f" (func $f (param "a" u32) (result (tuple u8 u8))))
  (core func $g (canon lower (func $f) (memory (core memory $mem "mem"))))
  (core module $m (import "" "f" (func (param i32 i32))))
  (core instance (instantiate $m (with "" (instance (export "f" (func $g)))))))

;; CM[canon.lower-options]
(assert_invalid
  (component (import "f" (func $f (param "a" string))) (core func (canon lower (func $f))))
  "the option `memory` is required")
(assert_invalid
  (component (import "f" (func $f (result (tuple u8 u8)))) (core func (canon lower (func $f))))
  "the option `memory` is required")
(assert_invalid
  (component
    (type $t (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8))
    (import "f" (func $f (param "a" $t) (param "b" u8))) (core func (canon lower (func $f))))
  "the option `memory` is required")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1)) (core instance $i (instantiate $m))
    (import "f" (func $f (result string))) (core func (canon lower (func $f) (memory (core memory $i "mem")))))
  "the option `realloc` is required")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1)) (core instance $i (instantiate $m))
    (import "f" (func $f (result (result (error (option (list u8))))))) (core func (canon lower (func $f) (memory (core memory $i "mem")))))
  "the option `realloc` is required")
(component
  (core module $m (memory (export "mem") 1)) (core instance $i (instantiate $m))
  (import "f" (func $f (param "a" string))) (core func (canon lower (func $f) (memory (core memory $i "mem")))))
(component
  (type $t (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8))
  (import "f" (func $f (param "a" $t) (result u8))) (core func (canon lower (func $f))))

;; CM[canon.flatten]
(component
  (import "s" (type $s (sub resource)))
  (type $e (enum "a" "b")) (import "e" (type $e2 (eq $e)))
  (type $f (flags "a" "b")) (import "fl" (type $f2 (eq $f)))
  (type $v (variant (case "a" f32) (case "b" u64) (case "c" (tuple f32 f64)))) (import "v" (type $v2 (eq $v)))
  (type $w (variant (case "a" f32) (case "b" u32))) (import "w" (type $w2 (eq $w)))
  (import "f" (func $f3
    (param "a" bool) (param "b" $e2) (param "c" $f2) (param "d" (borrow $s))
    (param "e" $v2) (param "f" $w2) (param "g" (option f64)) (param "h" (result f32 (error f32)))))
  (core func $g (canon lower (func $f3)))
  (core module $m (import "" "f" (func (param i32 i32 i32 i32  i32 i64 f64  i32 i32  i32 f64  i32 f32))))
  (core instance (instantiate $m (with "" (instance (export "f" (func $g)))))))

;; CM[canon.resource-local]
(component
  (type $r (resource (rep i32)))
  (core func $n (canon resource.new $r)) (core func $p (canon resource.rep $r))
  (core module $m (import "" "n" (func (param i32) (result i32))) (import "" "p" (func (param i32) (result i32))))
  (core instance (instantiate $m (with "" (instance (export "n" (func $n)) (export "p" (func $p)))))))
(assert_invalid (component (import "r" (type $r (sub resource))) (core func (canon resource.new $r))) "is not a resource that this component defines")
(assert_invalid (component (import "r" (type $r (sub resource))) (core func (canon resource.rep $r))) "is not a resource that this component defines")
(assert_invalid
  (component
    (component $c (type $r (resource (rep i32))) (export "r" (type $r))) (instance $i (instantiate $c))
    (alias export $i "r" (type $r)) (core func (canon resource.new $r)))
  "is not a resource that this component defines")
(assert_invalid (component (type u8) (core func (canon resource.new 0))) "is not a resource type")
(assert_invalid
  (component
    (type $r (resource (rep i32))) (export $e "r" (type $r) (type (sub resource)))
    (core func (canon resource.new $e)))
  "is not a resource that this component defines")

;; CM[canon.resource-drop]
(component
  (import "r" (type $r (sub resource))) (type $q (resource (rep i32)))
  (core func $d (canon resource.drop $r)) (core func $e (canon resource.drop $q))
  (core module $m (import "" "d" (func (param i32))) (import "" "e" (func (param i32))))
  (core instance (instantiate $m (with "" (instance (export "d" (func $d)) (export "e" (func $e)))))))
(assert_invalid (component (type (list u8)) (core func (canon resource.drop 0))) "is not a resource type")
(assert_invalid (component (core func (canon resource.drop 0))) "unknown type 0")

;; CM[gate.canon]
(assert_invalid (component (core func (canon task.cancel))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon subtask.cancel))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon task.return))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon context.get i32 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon context.set i32 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon thread.yield))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon subtask.drop))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon stream.new 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon stream.read 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon stream.write 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon stream.cancel-read 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon stream.cancel-write 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon stream.drop-readable 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon stream.drop-writable 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon future.new 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon future.read 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon future.write 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon future.cancel-read 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon future.cancel-write 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon future.drop-readable 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon future.drop-writable 0))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon waitable-set.new))) "belongs to the proposal 'async'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\04\01\20\00\00") "belongs to the proposal 'async'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\04\01\21\01\00") "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon waitable-set.drop))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon waitable.join))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon backpressure.inc))) "belongs to the proposal 'async'")
(assert_invalid (component (core func (canon backpressure.dec))) "belongs to the proposal 'async'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\1c\00") "belongs to the proposal 'error-context'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\1d\00") "belongs to the proposal 'error-context'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\02\01\1e") "belongs to the proposal 'error-context'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\02\01\26") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\04\01\27\00\00") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\02\01\28") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\29\00") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\2a\00") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\2b\00") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\2c\00") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\2d\01") "belongs to the proposal 'threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\04\01\40\00\00") "belongs to the proposal 'shared-everything-threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\05\01\41\01\00\00") "belongs to the proposal 'shared-everything-threads'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\42\00") "belongs to the proposal 'shared-everything-threads'")
