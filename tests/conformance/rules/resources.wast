;; Resources, visibility, annotated names, attributes.

;; CM[resource.place]
(assert_invalid (component (type (component (type (resource (rep i32)))))) "resources can only be defined in a component")
(assert_invalid (component (type (instance (type (resource (rep i32)))))) "resources can only be defined in a component")

;; CM[resource.rep]
(assert_invalid (component (type (resource (rep f32)))) "a resource must be represented by i32")
(assert_invalid (component (type (resource (rep i64)))) "a resource of i64 belongs to the proposal 'memory64'")

;; CM[resource.dtor]
(component
  (core module $m (func (export "d") (param i32))) (core instance $i (instantiate $m))
  (type (resource (rep i32) (dtor (core func $i "d")))))
(assert_invalid
  (component
    (core module $m (func (export "d"))) (core instance $i (instantiate $m))
    (type (resource (rep i32) (dtor (core func $i "d")))))
  "the destructor has the core type (->), expected (i32 ->)")
(assert_invalid
  (component
    (core module $m (func (export "d") (param i64))) (core instance $i (instantiate $m))
    (type (resource (rep i32) (dtor (core func $i "d")))))
  "the destructor has the core type")
(assert_invalid
  (component
    (core module $m (func (export "d") (param i32) (result i32) unreachable)) (core instance $i (instantiate $m))
    (type (resource (rep i32) (dtor (core func $i "d")))))
  "the destructor has the core type")
(assert_invalid (component (type (resource (rep i32) (dtor (core func 0))))) "unknown core func 0")

;; CM[resource.fresh]
(component
  (import "a" (type $a (sub resource))) (import "b" (type $b (eq $a)))
  (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
  (instance (instantiate $d (with "g" (type $a)) (with "h" (type $b)))))
(assert_invalid
  (component
    (import "a" (type $a (sub resource))) (import "b" (type $b (sub resource)))
    (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
    (instance (instantiate $d (with "g" (type $a)) (with "h" (type $b)))))
  "resource types are not the same")
(assert_invalid
  (component
    (type $i (instance (export "r" (type (sub resource)))))
    (import "a" (instance $a (type $i))) (import "b" (instance $b (type $i)))
    (alias export $a "r" (type $ra)) (alias export $b "r" (type $rb))
    (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
    (instance (instantiate $d (with "g" (type $ra)) (with "h" (type $rb)))))
  "resource types are not the same")
(assert_invalid
  (component
    (type $a (resource (rep i32))) (type $b (resource (rep i32)))
    (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
    (instance (instantiate $d (with "g" (type $a)) (with "h" (type $b)))))
  "resource types are not the same")

;; CM[export.eq]
(component
  (component $c (type $r (resource (rep i32))) (export "a" (type $r)) (export "b" (type $r)))
  (instance $i (instantiate $c)) (alias export $i "a" (type $a)) (alias export $i "b" (type $b))
  (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
  (instance (instantiate $d (with "g" (type $a)) (with "h" (type $b)))))

;; CM[export.hide]
(assert_invalid
  (component
    (component $c (type $r (resource (rep i32))) (export "a" (type $r)) (export "b" (type $r) (type (sub resource))))
    (instance $i (instantiate $c)) (alias export $i "a" (type $a)) (alias export $i "b" (type $b))
    (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
    (instance (instantiate $d (with "g" (type $a)) (with "h" (type $b)))))
  "resource types are not the same")
(assert_invalid
  (component
    (import "r" (type $r (sub resource))) (instance $i (export "r" (type $r)))
    (export $e "e" (instance $i) (instance (export "r" (type (sub resource))))) (alias export $e "r" (type $er))
    (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
    (instance (instantiate $d (with "g" (type $r)) (with "h" (type $er)))))
  "resource types are not the same")
(component
  (import "r" (type $r (sub resource))) (instance $i (export "r" (type $r)))
  (export $e "e" (instance $i)) (alias export $e "r" (type $er))
  (component $d (import "g" (type $g (sub resource))) (import "h" (type (eq $g))))
  (instance (instantiate $d (with "g" (type $r)) (with "h" (type $er)))))

;; CM[export.ascribe]
(component (import "i" (instance $i (export "a" (func)) (export "b" (func)))) (export "e" (instance $i) (instance (export "b" (func)))))
(assert_invalid
  (component (import "f" (func $f)) (export "e" (func $f) (func (param "a" u8))))
  "type mismatch for export \"e\"")
(assert_invalid
  (component (import "i" (instance $i)) (export "e" (instance $i) (instance (export "b" (func)))))
  "type mismatch for export \"e\": \"b\" is missing")
(assert_invalid
  (component (type $t u8) (export "e" (type $t) (type (sub resource))))
  "export \"e\" is not a resource")
(assert_invalid
  (component (type $t u8) (type $u u16) (export "e" (type $t) (type (eq $u))))
  "type mismatch for export \"e\"")

;; CM[visible.export]
(component
  (type $r (record (field "x" u8))) (export $r2 "r" (type $r))
  (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
  (func $f (param "a" $r) (canon lift (core func $i "f")))
  (export "f" (func $f) (func (param "a" $r2))))
(assert_invalid
  (component
    (type $r (record (field "x" u8))) (export $r2 "r" (type $r))
    (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
    (func $f (param "a" $r) (canon lift (core func $i "f")))
    (export "f" (func $f)))
  "export \"f\" uses a type that has no name")
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
    (func $f (param "a" (own $r)) (canon lift (core func $i "f")))
    (export "f" (func $f)))
  "export \"f\" uses a type that has no name")
(assert_invalid
  (component
    (type $r (enum "x")) (type $t (list $r))
    (core module $m (memory (export "mem") 1) (func (export "f") (result i32) unreachable)) (core instance $i (instantiate $m))
    (func $f (result $t) (canon lift (core func $i "f") (memory (core memory $i "mem"))))
    (export "f" (func $f)))
  "export \"f\" uses a type that has no name")
(assert_invalid
  (component
    (type $r (flags "x")) (type $t (record (field "a" $r)))
    (export "t" (type $t)))
  "export \"t\" uses a type that has no name")
(assert_invalid
  (component
    (type $r (variant (case "x")))
    (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
    (func $f (param "a" $r) (canon lift (core func $i "f")))
    (instance $j (export "f" (func $f)))
    (export "j" (instance $j)))
  "export \"j\" uses a type that has no name")
(component
  (type $r (variant (case "x")))
  (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
  (func $f (param "a" $r) (canon lift (core func $i "f")))
  (instance $j (export "r" (type $r)) (export "f" (func $f)))
  (export "t" (type $r)))
(assert_invalid
  (component
    (type $r (record (field "a" u8)))
    (type (component (alias outer 1 $r (type $x)) (export "f" (func (param "a" $x))))))
  "export \"f\" uses a type that has no name")
(component
  (import "r" (type $r (sub resource)))
  (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
  (func $f (param "a" (own $r)) (canon lift (core func $i "f")))
  (export "f" (func $f)))
(component (type (instance (type $r (record (field "a" u8))) (export "f" (func (param "a" $r))))))

;; CM[visible.import]
(component (type $r (record (field "a" u8))) (import "r" (type $r2 (eq $r))) (import "f" (func (param "a" $r2))))
(assert_invalid
  (component (type $r (record (field "a" u8))) (import "f" (func (param "a" $r))))
  "import \"f\" uses a type that has no name")
(assert_invalid
  (component (type $r (resource (rep i32))) (import "f" (func (param "a" (own $r)))))
  "import \"f\" uses a type that has no name")
(assert_invalid
  (component (type $r (record (field "a" u8))) (export $r2 "r" (type $r)) (import "f" (func (param "a" $r2))))
  "import \"f\" uses a type that has no name")
(assert_invalid
  (component (import "i" (instance (type $r (record (field "a" u8))) (export "f" (func (param "a" $r))))))
  "import \"i\" uses a type that has no name")
(component
  (import "i" (instance $i (export "r" (type (sub resource)))))
  (alias export $i "r" (type $r)) (import "f" (func (param "a" (borrow $r)))))

;; CM[name.annotated]
(assert_invalid (component (import "r" (type (sub resource))) (import "[static]r.a" (instance))) "is not a func")
(assert_invalid (component (import "[static]r.a" (func))) "the resource of \"[static]r.a\" is not known here")
(assert_invalid (component (import "[static]r.a" (func)) (import "r" (type (sub resource)))) "is not known here")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "f" (func $f)) (export "[static]r.a" (func $f)))
  "is not known here")
(component
  (import "r" (type $r (sub resource))) (import "f" (func $f)) (export "r" (type $r)) (export "[static]r.a" (func $f)))
(assert_invalid
  (component (import "i" (instance (export "r" (type (sub resource))))) (import "[static]r.a" (func)))
  "is not known here")
(component (type (instance (export "r" (type (sub resource))) (export "[static]r.a" (func)))))
(assert_invalid (component (type (instance (export "[static]r.a" (func))))) "is not known here")
(assert_invalid
  (component (type $t u8) (import "r" (type (eq $t))) (import "[static]r.a" (func)))
  "is not known here")

(assert_invalid (component (import "r" (type (sub resource))) (import "[static]R.a" (func))) "is not known here")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[method]R.a" (func (param "self" (borrow $r)))))
  "does not match the resource name \"r\"")

;; CM[name.constructor]
(component (import "r" (type $r (sub resource))) (import "[constructor]r" (func (result (result (own $r) (error string))))))
(assert_invalid (component (import "r" (type $r (sub resource))) (import "[constructor]r" (func))) "should return `(own $T)`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[constructor]r" (func (result u32))))
  "should return `(own $T)`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[constructor]r" (func (result (result (error (own $r)))))))
  "should return `(own $T)`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "s" (type $s (sub resource))) (import "[constructor]r" (func (result (own $s)))))
  "does not match the resource name \"s\"")
(assert_invalid
  (component
    (import "i" (instance $i (export "r" (type (sub resource))))) (alias export $i "r" (type $r))
    (import "[constructor]r" (func (result (own $r)))))
  "does not have a name here")

;; CM[name.method]
(assert_invalid (component (import "r" (type $r (sub resource))) (import "[method]r.a" (func))) "should take `self`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[method]r.a" (func (param "this" (borrow $r)))))
  "should take `self`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[method]r.a" (func (param "self" (own $r)))))
  "should take `self`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[method]r.a" (func (param "a" u8) (param "self" (borrow $r)))))
  "should take `self`")
(assert_invalid
  (component
    (import "r" (type $r (sub resource))) (import "s" (type $s (sub resource)))
    (import "[method]r.a" (func (param "self" (borrow $s)))))
  "does not match the resource name \"s\"")

;; CM[name.attributes]
(assert_invalid
  (component (import "a" (implements "a:b/c") (instance)))
  "a name with attributes belongs to the proposal 'implements'")
(assert_invalid
  (component (import "a" (external-id "https://example.com/x") (func)))
  "a name with attributes belongs to the proposal 'implements'")
(assert_invalid (component (import "a" (implements "a:b/c") (func))) "which is no instance with a plain name")
(assert_invalid (component (import "a:b/d" (implements "a:b/c") (instance))) "which is no instance with a plain name")
(assert_invalid (component (import "a" (implements "a") (instance))) "which is not a valid interface name")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\07\03\01\42\00" "\0a\0d\01\02\01a\02\02\01b\02\01c\05\00")
  "an attribute is given twice")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\07\03\01\42\00" "\0a\0b\01\02\01a\01\01\02.1\05\00")
  "a version suffix behind \"a\"")

;; CM[name.dependency]
(component
  (import "url=<https://example.com/a>" (func))
  (import "url=<x>,integrity=<sha256-a>" (func))
  (import "integrity=<sha256-aA+/==>" (func))
  (import "locked-dep=<a:b@1.2.3>,integrity=<sha512-a>" (func))
  (import "unlocked-dep=<a:b@{>=1.0.0 <2.0.0}>" (func)))
(assert_invalid (component (import "url=<" (func))) "is not a valid dependency name")
(assert_invalid (component (import "url=<a<b>" (func))) "is not a valid dependency name")
(assert_invalid (component (import "integrity=<md5-a>" (func))) "is not a valid dependency name")
(assert_invalid (component (import "locked-dep=<a>" (func))) "is not a valid dependency name")
(assert_invalid (component (import "unlocked-dep=<a:b@1.0.0>" (func))) "is not a valid dependency name")
(assert_invalid (component (import "f" (func $f)) (export "url=<x>" (func $f))) "is not a valid export name")

;; CM[visible.import] The type of an instance is looked through, too.
(component
  (type $r (record (field "a" u8))) (import "r" (type $q (eq $r)))
  (type $i (instance (export "f" (func (param "x" $q))))) (import "x" (type (eq $i))))
(assert_invalid
  (component
    (type $r (record (field "a" u8))) (type $i (instance (export "f" (func (param "x" $r))))) (import "x" (type (eq $i))))
  "uses a type that has no name among the imports before it")
