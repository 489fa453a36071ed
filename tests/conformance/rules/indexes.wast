;; Index spaces, aliases, instances.

;; CM[index.range]
(assert_invalid (component (core instance (instantiate 0))) "unknown core module 0")
(assert_invalid (component (instance (instantiate 0))) "unknown component 0")
(assert_invalid (component (export "a" (func 0))) "unknown func 0")
(assert_invalid (component (export "a" (type 0))) "unknown type 0")
(assert_invalid (component (export "a" (component 0))) "unknown component 0")
(assert_invalid (component (export "a" (instance 0))) "unknown instance 0")
(assert_invalid (component (export "a" (core module 0))) "unknown core module 0")
(assert_invalid (component (core instance (export "a" (func 0)))) "unknown core func 0")
(assert_invalid (component (core instance (export "a" (table 0)))) "unknown core table 0")
(assert_invalid (component (core instance (export "a" (memory 0)))) "unknown core memory 0")
(assert_invalid (component (core instance (export "a" (global 0)))) "unknown core global 0")
(assert_invalid (component (core instance (export "a" (tag 0)))) "unknown core tag 0")
(assert_invalid (component (core module $m) (core instance (instantiate $m (with "a" (instance 0))))) "unknown core instance 0")
(assert_invalid (component (component $c) (instance (instantiate $c (with "a" (func 0))))) "unknown func 0")
(assert_invalid (component (alias export 0 "a" (func))) "unknown instance 0")
(assert_invalid (component (alias core export 0 "a" (core func))) "unknown core instance 0")
(assert_invalid (component (import "a" (core module (type 0)))) "unknown core type 0")
(assert_invalid (component (type (func)) (canon lift (core func 0) (func (type 0)))) "unknown core func 0")
(assert_invalid (component (core func (canon lower (func 0)))) "unknown func 0")
(assert_invalid (component (type (list 1)) (type u8)) "unknown type 1: there are 0 so far")

;; CM[index.spaces]
(component
  (import "f" (func $f))
  (import "r" (type $r (sub resource)))
  (import "m" (core module $m))
  (import "c" (component $c))
  (import "i" (instance $i (export "f" (func)) (export "r" (type (sub resource)))))
  (export $f2 "f2" (func $f))
  (export $r2 "r2" (type $r))
  (export $m2 "m2" (core module $m))
  (export $c2 "c2" (component $c))
  (export $i2 "i2" (instance $i))
  (alias export $i "f" (func $f3))
  (alias export $i "r" (type $r3))
  (export "f4" (func $f2)) (export "f5" (func $f3))
  (export "m4" (core module $m2)) (export "c4" (component $c2)) (export "i4" (instance $i2))
  (export "r4" (type $r2)) (type (own $r3)))

;; CM[type.externtype]
(assert_invalid (component (type u8) (import "a" (func (type 0)))) "is not a function type")
(assert_invalid (component (type (func)) (import "a" (instance (type 0)))) "is not an instance type")
(assert_invalid (component (type (instance)) (import "a" (component (type 0)))) "is not a component type")
(assert_invalid (component (core type (func)) (import "a" (core module (type 0)))) "is not a module type")
(assert_invalid (component (type (component)) (type (instance (alias outer 1 0 (type)) (export "a" (func (type 0)))))) "is not a function type")

;; CM[export.sort]
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\0b\08\01\00\01a\00\00\00\00")
  "a core func cannot stand outside of core instances")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\0b\08\01\00\01a\00\12\00\00")
  "a core instance cannot stand outside of core instances")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\05\09\01\01\01\00\01a\00\02\00")
  "a core memory cannot stand outside of core instances")

;; CM[alias.export]
(component (import "i" (instance $i (export "a" (func)))) (alias export $i "a" (func)))
(assert_invalid (component (import "i" (instance $i)) (alias export $i "a" (func))) "has no export \"a\"")
(assert_invalid
  (component (import "i" (instance $i (export "a" (func)))) (alias export $i "a" (instance)))
  "export \"a\" is a func, not a instance")
(assert_invalid
  (component (import "i" (instance $i (export "a" (func)))) (alias export $i "A" (func)))
  "has no export \"A\"")

;; CM[alias.core-export]
(component
  (core module $m (func (export "f")) (memory (export "m") 1) (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 0)))
  (core instance $i (instantiate $m))
  (alias core export $i "f" (core func)) (alias core export $i "m" (core memory))
  (alias core export $i "t" (core table)) (alias core export $i "g" (core global)))
(assert_invalid
  (component (core module $m) (core instance $i (instantiate $m)) (alias core export $i "f" (core func)))
  "has no export \"f\"")
(assert_invalid
  (component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (alias core export $i "f" (core memory)))
  "is not a core memory")

;; CM[alias.outer]
(component $C
  (type $t u8) (core module $m) (core type $ct (func)) (component $c)
  (component
    (alias outer $C $t (type)) (alias outer $C $m (core module))
    (alias outer $C $ct (core type)) (alias outer $C $c (component)))
  (alias outer 0 0 (type)))
(assert_invalid (component (alias outer 1 0 (type))) "leaves the outermost component")
(assert_invalid (component (component (alias outer 2 0 (type)))) "leaves the outermost component")
(assert_invalid (component (component (alias outer 1 0 (type))) (type u8)) "unknown type 0")
(assert_invalid (component (type (component (alias outer 1 0 (type))))) "unknown type 0")
(assert_invalid (component (type u8) (type (instance (alias outer 0 0 (type))))) "unknown type 0")

;; CM[alias.outer-resource]
(component $C
  (type $r (resource (rep i32)))
  (type (instance (alias outer $C $r (type $r)) (export "f" (func (param "a" (own $r))))))
  (type (component (alias outer $C $r (type $r)))))
(assert_invalid
  (component $C (type $r (resource (rep i32))) (component (alias outer $C $r (type))))
  "cannot take a type with a resource")
(assert_invalid
  (component $C (import "r" (type $r (sub resource))) (component (alias outer $C $r (type))))
  "cannot take a type with a resource")
(assert_invalid
  (component $C (type $r (resource (rep i32))) (type $t (list (own $r))) (component (alias outer $C $t (type))))
  "cannot take a type with a resource")
(assert_invalid
  (component $C
    (type $r (resource (rep i32)))
    (type $i (instance (alias outer $C $r (type $r)) (export "f" (func (param "a" (own $r))))))
    (component (alias outer $C $i (type))))
  "cannot take a type with a resource")
(assert_invalid
  (component $C
    (type $r (resource (rep i32)))
    (component (type (component (alias outer $C $r (type))))))
  "cannot take a type with a resource")
(component $C
  (type $i (instance (export "r" (type $r (sub resource))) (export "f" (func (param "a" (own $r))))))
  (component (alias outer $C $i (type $i)) (import "i" (instance (type $i)))))

;; CM[alias.decl]
(component
  (type (component
    (import "i" (instance $i (export "t" (type (sub resource))) (export "n" (instance))))
    (alias export $i "t" (type)) (alias export $i "n" (instance)))))
(assert_invalid
  (component (type (component (import "i" (instance $i (export "f" (func)))) (alias export $i "f" (func)))))
  "an alias of a func cannot stand in a type")
(assert_invalid
  (component (type (component (import "i" (instance $i (export "c" (component)))) (alias export $i "c" (component)))))
  "an alias of a component cannot stand in a type")
(assert_invalid (component $C (component) (type (instance (alias outer $C 0 (component))))) "cannot stand in a type")
(assert_invalid (component $C (core module) (type (instance (alias outer $C 0 (core module))))) "cannot stand in a type")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\07\0a\01\42\01\02\00\00\01\00\01a")
  "cannot stand in a type")

;; CM[core-instance.args]
(assert_invalid
  (component
    (core module $m) (core instance $i (instantiate $m))
    (core instance (instantiate $m (with "a" (instance $i)) (with "a" (instance $i)))))
  "argument \"a\" is given twice")

;; CM[core-instance.imports]
(component
  (core module $a (func (export "f")))
  (core module $b (import "x" "f" (func)) (import "x" "f2" (func)))
  (core instance $a (instantiate $a))
  (core instance $x (export "f" (func $a "f")) (export "f2" (func $a "f")) (export "more" (func $a "f")))
  (core instance (instantiate $b (with "x" (instance $x)) (with "unused" (instance $a)))))
(assert_invalid
  (component (core module $m (import "a" "b" (func))) (core instance (instantiate $m)))
  "missing argument \"a\"")
(assert_invalid
  (component
    (core module $e) (core instance $e (instantiate $e)) (core module $m (import "a" "b" (func)))
    (core instance (instantiate $m (with "a" (instance $e)))))
  "has no export \"b\"")
(assert_invalid
  (component
    (core module $e (func (export "b") (param i32))) (core instance $e (instantiate $e)) (core module $m (import "a" "b" (func)))
    (core instance (instantiate $m (with "a" (instance $e)))))
  "has another type than is imported")

;; CM[core-instance.exports]
(assert_invalid
  (component
    (core module $m (func (export "f"))) (core instance $i (instantiate $m))
    (core instance (export "a" (func $i "f")) (export "a" (func $i "f"))))
  "export \"a\" is defined twice")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\02\07\01\01\01\01a\11\00")
  "a core instance cannot export a core module")
(component
  (core module $m (func (export "f"))) (core instance $i (instantiate $m))
  (core instance (export "a" (func $i "f")) (export "A" (func $i "f")) (export "" (func $i "f"))))

;; CM[instance.args]
(component
  (component $c (import "a" (func)) (import "b" (component)))
  (import "f" (func $f)) (component $e)
  (instance (instantiate $c (with "b" (component $e)) (with "a" (func $f)) (with "unused" (func $f)))))
(assert_invalid
  (component (component $c (import "a" (func))) (instance (instantiate $c)))
  "missing argument for import \"a\"")
(assert_invalid
  (component (component $c (import "a" (func))) (import "f" (func $f)) (instance (instantiate $c (with "A" (func $f)))))
  "missing argument for import \"a\"")
(assert_invalid
  (component
    (component $c (import "a" (func))) (import "f" (func $f))
    (instance (instantiate $c (with "a" (func $f)) (with "a" (func $f)))))
  "argument \"a\" is given twice")
(assert_invalid
  (component
    (component $c (import "a" (func))) (import "f" (func $f (param "x" u8)))
    (instance (instantiate $c (with "a" (func $f)))))
  "type mismatch for argument \"a\"")

;; CM[instance.substitute]
(component
  (component $c (import "t" (type $t (sub resource))) (import "f" (func (param "a" (own $t)))) (export "u" (type $t)))
  (import "r" (type $r (sub resource))) (import "f" (func $f (param "a" (own $r))))
  (instance $i (instantiate $c (with "t" (type $r)) (with "f" (func $f))))
  (alias export $i "u" (type $u))
  (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
  (instance (instantiate $d (with "g" (type $r)) (with "h" (type $u)))))
(assert_invalid
  (component
    (component $c (import "t" (type $t (sub resource))) (import "f" (func (param "a" (own $t)))))
    (import "r" (type $r (sub resource))) (import "s" (type $s (sub resource)))
    (import "f" (func $f (param "a" (own $s))))
    (instance $i (instantiate $c (with "t" (type $r)) (with "f" (func $f)))))
  "resource types are not the same")
(assert_invalid
  (component
    (component $c (import "t" (type (sub resource)))) (type $u8 u8)
    (instance (instantiate $c (with "t" (type $u8)))))
  "does not give the resource")
(assert_invalid
  (component
    (component $c (import "i" (instance (export "t" (type (sub resource))))))
    (instance $e) (instance (instantiate $c (with "i" (instance $e)))))
  "does not give the resource")

;; CM[instance.generative]
(assert_invalid
  (component
    (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
    (instance $a (instantiate $c)) (instance $b (instantiate $c))
    (alias export $a "r" (type $ra)) (alias export $b "r" (type $rb))
    (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
    (instance (instantiate $d (with "g" (type $ra)) (with "h" (type $rb)))))
  "resource types are not the same")
(assert_invalid
  (component
    (import "c" (component $c (export "r" (type (sub resource)))))
    (instance $a (instantiate $c)) (instance $b (instantiate $c))
    (alias export $a "r" (type $ra)) (alias export $b "r" (type $rb))
    (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
    (instance (instantiate $d (with "g" (type $ra)) (with "h" (type $rb)))))
  "resource types are not the same")

;; CM[gate.values]
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\09\03\00\00\00") "a start definition belongs to the proposal 'values'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\0c\04\01\7d\01\05") "a value definition belongs to the proposal 'values'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\0b\07\01\00\01a\02\00\00") "a value belongs to the proposal 'values'")
(assert_invalid (component (import "v" (value u8))) "a value import or export belongs to the proposal 'values'")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\06\06\01\02\00\00\01a") "a value belongs to the proposal 'values'")
