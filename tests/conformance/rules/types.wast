;; Value and function types.

;; CM[type.valtype]
(component (type $t (list u8)) (type (list $t)))
(assert_invalid (component (type (func)) (type (list 0))) "is not a defined value type")
(assert_invalid (component (type (instance)) (type (option 0))) "is not a defined value type")
(assert_invalid (component (type (component)) (type (tuple 0))) "is not a defined value type")
(assert_invalid (component (type (resource (rep i32))) (type (list 0))) "is not a defined value type")
(assert_invalid (component (type (func)) (type (record (field "a" 0)))) "is not a defined value type")
(assert_invalid (component (type (func)) (type (variant (case "a" 0)))) "is not a defined value type")
(assert_invalid (component (type (func)) (type (result 0))) "is not a defined value type")
(assert_invalid (component (type (func)) (type (result (error 0)))) "is not a defined value type")
(assert_invalid (component (type (func)) (type (func (param "a" 0)))) "is not a defined value type")
(assert_invalid (component (type (func)) (type (func (result 0)))) "is not a defined value type")
(assert_invalid (component (type (list 0))) "unknown type 0")

;; CM[type.handle]
(component (type $r (resource (rep i32))) (type (own $r)) (type (borrow $r)))
(component (import "r" (type $r (sub resource))) (type (own $r)) (type (borrow $r)))
(assert_invalid (component (type (list u8)) (type (own 0))) "is not a resource type")
(assert_invalid (component (type (func)) (type (borrow 0))) "is not a resource type")
(assert_invalid (component (type (own 0))) "unknown type 0")
(assert_invalid (component (import "t" (type $t (eq 0)))) "unknown type 0")

;; CM[type.elem-size]
(component
  (type $kib (tuple u64 u64 u64 u64 u64 u64 u64 u64)) (type (option $kib)))
(assert_invalid
  (component
    (type $a (tuple u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64))
    (type $b (tuple $a $a $a $a $a $a $a $a $a $a $a $a $a $a $a $a))
    (type $c (tuple $b $b $b $b $b $b $b $b $b $b $b $b $b $b $b $b))
    (type $d (list $c 8192)))
  "2^28 or more")

;; CM[type.empty]
(assert_invalid (component (type (record))) "a record type must not be empty")
(assert_invalid (component (type (variant))) "a variant type must not be empty")
(assert_invalid (component (type (tuple))) "a tuple type must not be empty")
(assert_invalid (component (type (flags))) "a flags type must not be empty")
(assert_invalid (component (type (enum))) "an enum type must not be empty")

;; CM[type.flags]
(component
  (type (flags "a1x" "a2x" "a3x" "a4x" "a5x" "a6x" "a7x" "a8x" "b1x" "b2x" "b3x" "b4x" "b5x" "b6x" "b7x" "b8x"
               "c1x" "c2x" "c3x" "c4x" "c5x" "c6x" "c7x" "c8x" "d1x" "d2x" "d3x" "d4x" "d5x" "d6x" "d7x" "d8x")))
(assert_invalid
  (component
    (type (flags "a1x" "a2x" "a3x" "a4x" "a5x" "a6x" "a7x" "a8x" "b1x" "b2x" "b3x" "b4x" "b5x" "b6x" "b7x" "b8x"
                 "c1x" "c2x" "c3x" "c4x" "c5x" "c6x" "c7x" "c8x" "d1x" "d2x" "d3x" "d4x" "d5x" "d6x" "d7x" "d8x"
                 "e1x")))
  "at most 32 are allowed")

;; CM[type.labels]
(component (type (record (field "a" u8) (field "b" u8))) (type (enum "a" "a-b" "b")))
(assert_invalid (component (type (record (field "a" u8) (field "A" u8)))) "record field name \"A\" conflicts")
(assert_invalid (component (type (record (field "a-b" u8) (field "ab" u8)))) "record field name \"ab\" conflicts")
(assert_invalid (component (type (variant (case "a") (case "a" u8)))) "variant case name \"a\" conflicts")
(assert_invalid (component (type (flags "a" "A"))) "flag name \"A\" conflicts")
(assert_invalid (component (type (enum "a-1" "a1"))) "enum tag name \"a1\" conflicts")
(assert_invalid (component (type (func (param "a" u8) (param "A" u8)))) "function parameter name \"A\" conflicts")
(assert_invalid (component (type (record (field "a_b" u8)))) "is not in kebab case")
(assert_invalid (component (type (variant (case "" u8)))) "is not in kebab case")
(assert_invalid (component (type (flags "[method]a.b"))) "is not in kebab case")
(assert_invalid (component (type (enum "a:b/c"))) "is not in kebab case")
(assert_invalid (component (type (func (param "1" u8)))) "is not in kebab case")

;; CM[type.result-borrow]
(component (type $r (resource (rep i32))) (type (func (param "a" (list (borrow $r))) (result (own $r)))))
(assert_invalid (component (type $r (resource (rep i32))) (type (func (result (borrow $r))))) "contains a `borrow`")
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (type $t (record (field "a" (option (borrow $r)))))
    (type (func (result (result (error (list $t)))))))
  "contains a `borrow`")

;; CM[type.stream]
(assert_invalid (component (type (stream))) "a stream type belongs to the proposal 'async'")
(assert_invalid (component (type (stream u8))) "a stream type belongs to the proposal 'async'")
(assert_invalid (component (type (future string))) "a future type belongs to the proposal 'async'")
(assert_invalid (component (type (stream char))) "a stream of `char` is not allowed")
(assert_invalid
  (component (type $r (resource (rep i32))) (type (stream (borrow $r))))
  "the element of a stream contains a `borrow`")
(assert_invalid
  (component (type $r (resource (rep i32))) (type (future (list (borrow $r)))))
  "the element of a future contains a `borrow`")

;; CM[type.map]
(assert_invalid (component (type (map string u8))) "a map type belongs to the proposal 'map'")
(assert_invalid (component (type $k char) (type (map $k (list u8)))) "a map type belongs to the proposal 'map'")
(assert_invalid (component (type (map f32 u8))) "the key of a map must be")
(assert_invalid (component (type (map (list u8) u8))) "the key of a map must be")

;; CM[type.fixed-list]
(assert_invalid (component (type (list u8 4))) "belongs to the proposal 'fixed-length lists'")
(assert_invalid (component (type (list u8 0))) "the length of a list type must not be 0")

;; CM[gate.types]
(assert_invalid (component (type error-context)) "error-context belongs to the proposal 'error-context'")
(assert_invalid (component (type (list error-context))) "error-context belongs to the proposal 'error-context'")
(assert_invalid (component (type (func async))) "an async function type belongs to the proposal 'async'")
(assert_invalid
  (component (import "f" (func async (param "a" u8) (result u8))))
  "an async function type belongs to the proposal 'async'")
(assert_invalid (component (import "v" (value u8))) "belongs to the proposal 'values'")
(assert_invalid (component (type (resource (rep i64)))) "a resource of i64 belongs to the proposal 'memory64'")

;; CM[import.local]
(component
  (import "r" (type $r (sub resource)))
  (import "s" (type $s (eq $r)))
  (export $x "x" (type $r))
  (import "f" (func (param "a" (own $s)) (result (own $r)))))
(assert_invalid
  (component (type $r (resource (rep i32))) (import "a" (type (eq $r))))
  "import \"a\" depends on a resource that is not imported")
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (import "a" (instance (alias outer 1 $r (type $r)) (export "b" (type (eq $r))))))
  "depends on a resource that is not imported")
(assert_invalid
  (component
    (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
    (instance $i (instantiate $c))
    (alias export $i "r" (type $r))
    (import "a" (type (eq $r))))
  "depends on a resource that is not imported")
(assert_invalid
  (component
    (type (component
      (export "r" (type $r (sub resource)))
      (import "a" (type (eq $r))))))
  "depends on a resource that is not imported")
