;; Subtyping and equality of types; core types and module types.

;; CM[subtype.sort]
(assert_invalid
  (component (component $c (import "a" (func))) (import "i" (instance $i)) (instance (instantiate $c (with "a" (instance $i)))))
  "expected a func, found a instance")
(assert_invalid
  (component (component $c (import "a" (component))) (import "m" (core module $m)) (instance (instantiate $c (with "a" (core module $m)))))
  "expected a component, found a core module")

;; CM[subtype.value]
(component
  (component $c (import "a" (func (param "x" (list (tuple u8 string))) (result (result (error (option f32)))))))
  (import "f" (func $f (param "x" (list (tuple u8 string))) (result (result (error (option f32))))))
  (instance (instantiate $c (with "a" (func $f)))))
(assert_invalid
  (component
    (component $c (import "a" (func (param "x" (list u8))))) (import "f" (func $f (param "x" (list s8))))
    (instance (instantiate $c (with "a" (func $f)))))
  "value types of different kinds")
(assert_invalid
  (component
    (component $c (import "a" (func (param "x" (tuple u8 u8))))) (import "f" (func $f (param "x" (tuple u8))))
    (instance (instantiate $c (with "a" (func $f)))))
  "different numbers of parts")
(assert_invalid
  (component
    (component $c (import "a" (func (param "x" (result u8))))) (import "f" (func $f (param "x" (result (error u8)))))
    (instance (instantiate $c (with "a" (func $f)))))
  "one type has a payload, the other has none")
(assert_invalid
  (component
    (type $r (record (field "x" u8) (field "y" u8))) (type $s (record (field "y" u8) (field "x" u8)))
    (component $c (type $r (record (field "x" u8) (field "y" u8))) (import "a" (type (eq $r))))
    (instance (instantiate $c (with "a" (type $s)))))
  "expected a part named \"x\", found \"y\"")
(assert_invalid
  (component
    (type $s (enum "a" "B"))
    (component $c (type $r (enum "a" "b")) (import "a" (type (eq $r))))
    (instance (instantiate $c (with "a" (type $s)))))
  "expected a part named \"b\", found \"B\"")
(assert_invalid
  (component
    (import "r" (type $r (sub resource)))
    (component $c (import "r" (type $r (sub resource))) (import "a" (func (param "x" (own $r)))))
    (import "f" (func $f (param "x" (borrow $r))))
    (instance (instantiate $c (with "r" (type $r)) (with "a" (func $f)))))
  "value types of different kinds")

;; CM[subtype.func]
(assert_invalid
  (component
    (component $c (import "a" (func (param "x" u8)))) (import "f" (func $f (param "y" u8)))
    (instance (instantiate $c (with "a" (func $f)))))
  "expected a part named \"x\", found \"y\"")
(assert_invalid
  (component
    (component $c (import "a" (func (param "x" u8)))) (import "f" (func $f))
    (instance (instantiate $c (with "a" (func $f)))))
  "expected 1 parameters, found 0")
(assert_invalid
  (component
    (component $c (import "a" (func))) (import "f" (func $f (result u8)))
    (instance (instantiate $c (with "a" (func $f)))))
  "one function has a result, the other has none")

;; CM[subtype.type]
(component
  (type $t (list u8)) (component $c (type $t (list u8)) (import "a" (type (eq $t))))
  (instance (instantiate $c (with "a" (type $t)))))
(assert_invalid
  (component
    (type $t (list u8)) (component $c (type $t (func)) (import "a" (type (eq $t))))
    (instance (instantiate $c (with "a" (type $t)))))
  "expected a function type, found a value type")
(assert_invalid
  (component
    (type $t (instance (export "a" (func)) (export "b" (func))))
    (component $c (type $t (instance (export "a" (func)))) (import "a" (type (eq $t))))
    (instance (instantiate $c (with "a" (type $t)))))
  "\"b\" is missing")
(assert_invalid
  (component
    (type $t (instance (export "a" (func))))
    (component $c (type $t (instance (export "a" (func)) (export "b" (func)))) (import "a" (type (eq $t))))
    (instance (instantiate $c (with "a" (type $t)))))
  "\"b\" is missing")

;; CM[subtype.instance]
(component
  (component $c (import "i" (instance (export "a" (func)) (export "b" (func)))))
  (import "i" (instance $i (export "b" (func)) (export "x" (func)) (export "a" (func))))
  (instance (instantiate $c (with "i" (instance $i)))))
(assert_invalid
  (component
    (component $c (import "i" (instance (export "a" (func)) (export "b" (func))))) (import "i" (instance $i (export "a" (func))))
    (instance (instantiate $c (with "i" (instance $i)))))
  "\"b\" is missing")
(assert_invalid
  (component
    (component $c (import "i" (instance (export "r" (type $r (sub resource))) (export "f" (func (param "x" (own $r)))))))
    (import "r" (type $q (sub resource)))
    (import "i" (instance $i (export "r" (type (sub resource))) (alias outer 1 $q (type $q)) (export "f" (func (param "x" (own $q))))))
    (instance (instantiate $c (with "i" (instance $i)))))
  "\"f\": resource types are not the same")
(component
  (component $c (import "i" (instance (export "r" (type $r (sub resource))) (export "s" (type (eq $r))))))
  (import "r" (type $q (sub resource)))
  (instance $i (export "s" (type $q)) (export "r" (type $q)))
  (instance (instantiate $c (with "i" (instance $i)))))
(assert_invalid
  (component
    (component $c (import "i" (instance (export "r" (type $r (sub resource))) (export "s" (type (eq $r))))))
    (import "r" (type $q (sub resource))) (import "p" (type $p (sub resource)))
    (instance $i (export "s" (type $p)) (export "r" (type $q)))
    (instance (instantiate $c (with "i" (instance $i)))))
  "resource types are not the same")

;; CM[subtype.component]
(component
  (component $c (import "d" (component (import "a" (func)) (import "b" (func)) (export "x" (func)))))
  (import "d" (component $d (import "b" (func)) (export "y" (func)) (export "x" (func))))
  (instance (instantiate $c (with "d" (component $d)))))
(assert_invalid
  (component
    (component $c (import "d" (component (import "a" (func))))) (import "d" (component $d (import "a" (func)) (import "b" (func))))
    (instance (instantiate $c (with "d" (component $d)))))
  "\"b\" is missing")
(assert_invalid
  (component
    (component $c (import "d" (component (export "x" (func))))) (import "d" (component $d))
    (instance (instantiate $c (with "d" (component $d)))))
  "\"x\" is missing")
(component
  (component $c (import "d" (component (import "i" (instance (export "a" (func)) (export "b" (func)))))))
  (import "d" (component $d (import "i" (instance (export "a" (func))))))
  (instance (instantiate $c (with "d" (component $d)))))
(assert_invalid
  (component
    (component $c (import "d" (component (import "i" (instance (export "a" (func)))))))
    (import "d" (component $d (import "i" (instance (export "a" (func)) (export "b" (func))))))
    (instance (instantiate $c (with "d" (component $d)))))
  "\"b\" is missing")
(component
  (component $c (import "d" (component (import "r" (type $r (sub resource))) (export "f" (func (param "x" (own $r)))))))
  (component $d (import "r" (type $q (sub resource))) (import "g" (func $g (param "x" (own $q)))) (export "f" (func $g)))
  (component $e (import "r" (type $q (sub resource))) (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
    (func $f (param "x" (own $q)) (canon lift (core func $i "f"))) (export "f" (func $f)))
  (instance (instantiate $c (with "d" (component $e)))))
(assert_invalid
  (component
    (component $c (import "d" (component (export "r" (type (sub resource))) (export "s" (type (sub resource))))))
    (component $d (type $r (resource (rep i32))) (export "r" (type $r)))
    (instance (instantiate $c (with "d" (component $d)))))
  "\"s\" is missing")

;; CM[subtype.module]
(component
  (component $c (import "m" (core module (import "a" "b" (func)) (import "a" "c" (func)) (export "x" (func)))))
  (core module $m (import "a" "b" (func)) (func (export "x")) (func (export "y")))
  (instance (instantiate $c (with "m" (core module $m)))))
(assert_invalid
  (component
    (component $c (import "m" (core module))) (core module $m (import "a" "b" (func)))
    (instance (instantiate $c (with "m" (core module $m)))))
  "the core module's imports or exports do not fit")
(assert_invalid
  (component
    (component $c (import "m" (core module (export "x" (func))))) (core module $m (func (export "x") (param i32)))
    (instance (instantiate $c (with "m" (core module $m)))))
  "the core module's imports or exports do not fit")
(assert_invalid
  (component
    (component $c (import "m" (core module (export "x" (memory 2))))) (core module $m (memory (export "x") 1))
    (instance (instantiate $c (with "m" (core module $m)))))
  "the core module's imports or exports do not fit")
(component
  (component $c (import "m" (core module (import "a" "m" (memory 2)) (export "x" (memory 1)))))
  (core module $m (import "a" "m" (memory 1)) (memory (export "x") 2))
  (instance (instantiate $c (with "m" (core module $m)))))

;; CM[core.match]
(component
  (core module $a
    (memory (export "m") 2 3) (table (export "t") 2 3 funcref) (global (export "g") (mut i32) (i32.const 0))
    (global (export "h") (ref null func) (ref.null func)) (tag (export "e") (param i32)) (func (export "f") (param i32)))
  (core module $b
    (import "a" "m" (memory 1 4)) (import "a" "t" (table 1 funcref)) (import "a" "g" (global (mut i32)))
    (import "a" "h" (global funcref)) (import "a" "e" (tag (param i32))) (import "a" "f" (func (param i32))))
  (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
(assert_invalid
  (component
    (core module $a (memory (export "m") 1)) (core module $b (import "a" "m" (memory 1 1)))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (memory (export "m") i64 1)) (core module $b (import "a" "m" (memory 1)))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (memory (export "m") 1 1 shared)) (core module $b (import "a" "m" (memory 1 1)))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (table (export "t") 1 funcref)) (core module $b (import "a" "t" (table 1 externref)))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (global (export "g") i32 (i32.const 0))) (core module $b (import "a" "g" (global (mut i32))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (tag (export "e") (param i32))) (core module $b (import "a" "e" (tag (param i64))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (func (export "f"))) (core module $b (import "a" "f" (memory 1)))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")

;; CM[core.equal]
(component
  (core module $a (type $t (func (param i32))) (func (export "f") (type $t)))
  (core module $b (type (func)) (type $u (func (param i32))) (import "a" "f" (func (type $u))))
  (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
(assert_invalid
  (component
    (core module $a (rec (type $t (func)) (type (func))) (func (export "f") (type $t)))
    (core module $b (type $t (func)) (import "a" "f" (func (type $t))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(component
  (core module $a (rec (type $t (func)) (type (func))) (func (export "f") (type $t)))
  (core module $b (rec (type $t (func)) (type (func))) (import "a" "f" (func (type $t))))
  (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))

;; CM[core.sub]
(component
  (core type $a (sub (struct (field i32)))) (core type $b (sub $a (struct (field i32) (field i64)))))
(assert_invalid
  (component (core type $a (struct (field i32))) (core type $b (sub $a (struct (field i32)))))
  "a core type below a final type")
(assert_invalid
  (component (core type $a (sub (struct (field i32)))) (core type $b (sub $a (array i32))))
  "a core type below a type of another kind")
(assert_invalid
  (component (core type $a (sub (struct (field i32)))) (core type $b (sub $a (struct (field i64)))))
  "does not match its supertype")
(assert_invalid
  (component (core type $a (sub (struct (field i32)))) (core type $b (sub $a (struct))))
  "does not match its supertype")
(assert_invalid
  (component (core type $a (sub (struct (field (mut anyref))))) (core type $b (sub $a (struct (field (mut eqref))))))
  "does not match its supertype")
(component (core type $a (sub (func (param eqref) (result anyref)))) (core type $b (sub $a (func (param anyref) (result eqref)))))
(assert_invalid
  (component (core type $a (sub (func (param anyref)))) (core type $b (sub $a (func (param eqref)))))
  "does not match its supertype")
(assert_invalid
  (component (core rec (type $a (sub $b (func))) (type $b (sub (func)))))
  "supertype must stand before it")

;; CM[core.limits]
(assert_invalid (component (import "m" (core module (import "a" "m" (memory 2 1))))) "maximum is below its minimum")
(assert_invalid (component (import "m" (core module (export "m" (memory 65537))))) "may have at most 65536")
(assert_invalid (component (import "m" (core module (export "m" (memory 1 65537))))) "may have at most 65536")
(assert_invalid (component (import "m" (core module (export "t" (table 2 1 funcref))))) "maximum is below its minimum")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\03\08\01\50\01\03\00\02\02\01")
  "a shared core memory must have a maximum")

;; CM[core.externtype]
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\03\07\01\50\01\03\00\00\00")
  "unknown core type 0")
(assert_invalid
  (component (import "m" (core module (type $t (struct)) (export "f" (func (type $t))))))
  "whose type is no function type")
(assert_invalid
  (component (import "m" (core module (export "e" (tag (result i32))))))
  "a core tag with results")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\03\0a\01\50\01\03\00\01\63\05\00\00")
  "unknown core type in a reference")

;; CM[core.import-unique]
(component (import "m" (core module (import "a" "b" (func)) (import "a" "c" (func)) (import "ab" "" (func)))))
(assert_invalid
  (component (import "m" (core module (import "a" "b" (func)) (import "a" "b" (func)))))
  "duplicate core import \"a\" \"b\"")
(assert_invalid (component (core module (import "a" "b" (func)) (import "a" "b" (memory 1)))) "duplicate core import \"a\" \"b\"")

;; CM[core.module-type]
(assert_invalid
  (component (core type (func)) (core type (module (import "a" "b" (func (type 0))))))
  "unknown core type 0")
(assert_invalid
  (component (import "m" (core module (export "a" (func)) (export "a" (func)))))
  "duplicate export \"a\" in a core module type")

;; CM[core.alias]
(component
  (core type $t (func (param i32)))
  (core type (module (alias outer 1 $t (type $u)) (export "f" (func (type $u))) (alias outer 0 $u (type)))))
(assert_invalid
  (component (core type $m (module)) (core type (module (alias outer 1 $m (type)))))
  "a core module type cannot refer to a module type")
(assert_invalid (component (core type (module (alias outer 1 0 (type))))) "unknown core type 0")
(assert_invalid (component (core type (module (alias outer 2 0 (type))))) "leaves the component")
(assert_invalid (component (core type (module (alias outer 0 0 (type))))) "unknown core type 0")

;; CM[core.no-module]
(assert_invalid
  (component (core type (module)) (core type (func (param (ref 0)))))
  "a core type refers to an unknown type")

;; CM[gate.core]
(assert_invalid (component (core type (func (param (ref null (shared func)))))) "'shared-everything-threads'")
(assert_invalid (component (core type (shared (struct)))) "'shared-everything-threads'")
(assert_invalid (component (core module (global (import "a" "b") (shared i32)))) "'shared-everything-threads'")
(assert_invalid (component (core module (table (import "a" "b") shared 1 1 funcref))) "'shared-everything-threads'")
(assert_invalid (component (core type $f (func)) (core type (cont $f))) "'stack-switching'")
(assert_invalid (component (core type (func (param contref)))) "'stack-switching'")
(assert_invalid (component (core type (func (param (ref nocont))))) "'stack-switching'")

;; CM[core.match] References: down the hierarchies, through declared supertypes, and bottom below all.
(component
  (core module $a (type $s (struct)) (type $y (array i32)) (type $f (func))
    (global (export "i") (ref i31) (ref.i31 (i32.const 0)))
    (global (export "j") (ref i31) (ref.i31 (i32.const 0)))
    (global (export "k") (ref null none) (ref.null none)) (global (export "l") (ref null none) (ref.null none))
    (global (export "m") (ref null none) (ref.null none))
    (global (export "n") (ref null nofunc) (ref.null nofunc))
    (global (export "o") (ref null noextern) (ref.null noextern))
    (global (export "p") (ref null noexn) (ref.null noexn)) (global (export "q") (ref null $s) (ref.null $s))
    (global (export "r") (ref null $s) (ref.null $s)) (global (export "s") (ref null $y) (ref.null $y))
    (global (export "t") (ref null $f) (ref.null $f)) (global (export "u") (ref null none) (ref.null none))
    (global (export "v") (ref null nofunc) (ref.null nofunc)) (global (export "w") (ref null $s) (ref.null $s))
    (global (export "x") (mut (ref null i31)) (ref.null i31)))
  (core module $b (type $s (struct)) (type $y (array i32)) (type $f (func))
    (import "a" "i" (global (ref null any))) (import "a" "j" (global (ref eq)))
    (import "a" "k" (global (ref null struct))) (import "a" "l" (global (ref null array)))
    (import "a" "m" (global (ref null i31))) (import "a" "n" (global (ref null func)))
    (import "a" "o" (global (ref null extern))) (import "a" "p" (global (ref null exn)))
    (import "a" "q" (global (ref null struct))) (import "a" "r" (global (ref null eq)))
    (import "a" "s" (global (ref null array))) (import "a" "t" (global (ref null func)))
    (import "a" "u" (global (ref null $s))) (import "a" "v" (global (ref null $f)))
    (import "a" "w" (global (ref null $s))) (import "a" "x" (global (mut (ref null i31)))))
  (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
(assert_invalid
  (component
    (core module $a (global (export "g") (ref i31) (ref.i31 (i32.const 0))))
    (core module $b (import "a" "g" (global (ref struct))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (global (export "g") (ref null i31) (ref.null i31)))
    (core module $b (import "a" "g" (global (ref i31))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (global (export "g") (ref null none) (ref.null none)))
    (core module $b (import "a" "g" (global (ref null func))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (type $s (struct)) (global (export "g") (ref null $s) (ref.null $s)))
    (core module $b (import "a" "g" (global (ref null array))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (global (export "g") (ref null nofunc) (ref.null nofunc)))
    (core module $b (type $s (struct)) (import "a" "g" (global (ref null $s))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (global (export "g") (ref null struct) (ref.null struct)))
    (core module $b (type $s (struct)) (import "a" "g" (global (ref null $s))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (type $s (struct)) (global (export "g") (ref null $s) (ref.null $s)))
    (core module $b (type $s (array i32)) (import "a" "g" (global (ref null $s))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (global (export "g") (mut (ref null i31)) (ref.null i31)))
    (core module $b (import "a" "g" (global (mut (ref null eq)))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(component
    (core module $a (type $t (sub (func))) (type $u (sub $t (func))) (func (export "f") (type $u)))
    (core module $b (type $t (sub (func))) (import "a" "f" (func (type $t))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
(component
    (core module $a (rec (type $t (sub (func))) (type $u (sub $t (func)))) (func (export "f") (type $u)))
    (core module $b (rec (type $t (sub (func))) (type $u (sub $t (func)))) (import "a" "f" (func (type $t))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
(assert_invalid
  (component
    (core module $a (type $t (sub (func))) (type $u (sub $t (func))) (func (export "f") (type $t)))
    (core module $b (type $t (sub (func))) (type $u (sub $t (func))) (import "a" "f" (func (type $u))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (rec (type $t (sub (func))) (type $u (sub $t (func)))) (func (export "f") (type $u)))
    (core module $b (type $t (sub (func))) (import "a" "f" (func (type $t))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(assert_invalid
  (component
    (core module $a (type $t (func)) (func (export "f") (type $t)))
    (core module $b (type $t (sub (func))) (import "a" "f" (func (type $t))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")
(component
    (core module $a (type $s (struct)) (table (export "t") 1 (ref null $s)))
    (core module $b (type $s (struct)) (import "a" "t" (table 1 (ref null $s))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
(assert_invalid
  (component
    (core module $a (table (export "t") 1 (ref null i31)))
    (core module $b (import "a" "t" (table 1 (ref null eq))))
    (core instance $a (instantiate $a)) (core instance (instantiate $b (with "a" (instance $a)))))
  "has another type than is imported")

;; CM[subtype.type] Types of functions, instances and components are compared as such.
(component
  (type $f (func (param "a" u8))) (type $i (instance (export "a" (func)))) (type $d (component (import "a" (func))))
  (component $c
    (type $f (func (param "a" u8))) (import "f" (type (eq $f)))
    (type $i (instance (export "a" (func)))) (import "i" (type (eq $i)))
    (type $d (component (import "a" (func)))) (import "d" (type (eq $d))))
  (instance (instantiate $c (with "f" (type $f)) (with "i" (type $i)) (with "d" (type $d)))))
(assert_invalid
  (component
    (type $f (func (param "a" u8)))
    (component $c (type $f (func (param "a" u16))) (import "f" (type (eq $f))))
    (instance (instantiate $c (with "f" (type $f)))))
  "value types of different kinds")
(assert_invalid
  (component
    (type $d (component (import "a" (func))))
    (component $c (type $d (component (import "b" (func)))) (import "d" (type (eq $d))))
    (instance (instantiate $c (with "d" (type $d)))))
  "\"a\" is missing")
(assert_invalid
  (component
    (type $i (instance (export "a" (func)) (export "b" (func))))
    (component $c (type $i (instance (export "a" (func)))) (import "i" (type (eq $i))))
    (instance (instantiate $c (with "i" (type $i)))))
  "\"b\" is missing")
;; A function type that an instance exports has its resources replaced like everything else.
(component
  (component $c
    (import "r" (type $r (sub resource)))
    (import "i" (instance (alias outer 1 $r (type $q)) (type $f (func (param "x" (own $q)))) (export "t" (type (eq $f))))))
  (import "r" (type $r (sub resource)))
  (import "i" (instance $i (alias outer 1 $r (type $q)) (type $f (func (param "x" (own $q)))) (export "t" (type (eq $f)))))
  (instance (instantiate $c (with "r" (type $r)) (with "i" (instance $i)))))
(assert_invalid
  (component
    (component $c
      (import "r" (type $r (sub resource)))
      (import "i" (instance (alias outer 1 $r (type $q)) (type $f (func (param "x" (own $q)))) (export "t" (type (eq $f))))))
    (import "r" (type $r (sub resource)))
    (import "i" (instance $i (alias outer 1 $r (type $q)) (type $f (func (param "x" (borrow $q)))) (export "t" (type (eq $f)))))
    (instance (instantiate $c (with "r" (type $r)) (with "i" (instance $i)))))
  "value types of different kinds")
