;; Names of imports, exports and labels.

;; CM[name.label]
(component
  (import "a" (func))
  (import "a2-3" (func))
  (import "b-C-d" (func))
  (import "ABC-D4" (func))
  (import "m1x3d-4CR0NYMS" (func)))
(assert_invalid (component (import "" (func))) "is not in kebab case")
(assert_invalid (component (import "1" (func))) "is not in kebab case")
(assert_invalid (component (import "1-a" (func))) "is not in kebab case")
(assert_invalid (component (import "-a" (func))) "is not in kebab case")
(assert_invalid (component (import "a-" (func))) "is not in kebab case")
(assert_invalid (component (import "a--b" (func))) "is not in kebab case")
(assert_invalid (component (import "aB" (func))) "is not in kebab case")
(assert_invalid (component (import "a_b" (func))) "is not in kebab case")
(assert_invalid (component (import "a b" (func))) "is not in kebab case")
(assert_invalid (component (import "\c3\a9" (func))) "is not in kebab case")
(assert_invalid (component (export "a/b" (func 0))) "unknown func 0")

;; CM[name.plain]
(component
  (import "r" (type $r (sub resource)))
  (import "[constructor]r" (func (result (own $r))))
  (import "[method]r.m" (func (param "self" (borrow $r))))
  (import "[static]r.s" (func)))
(assert_invalid (component (import "[method]a" (func))) "has no '.' behind the resource")
(assert_invalid (component (import "[static]a" (func))) "has no '.' behind the resource")
(assert_invalid (component (import "[method]a.b.c" (func))) "is not in kebab case")
(assert_invalid (component (import "[method].b" (func))) "is not in kebab case")
(assert_invalid (component (import "[method]a." (func))) "is not in kebab case")
(assert_invalid (component (import "[constructor]a.b" (func))) "is not in kebab case")
(assert_invalid (component (import "[constructor]" (func))) "is not in kebab case")
(assert_invalid (component (import "[other]a" (func))) "is not in kebab case")
(assert_invalid (component (import "[METHOD]a.b" (func))) "is not in kebab case")
(assert_invalid (component (import " [method]a.b" (func))) "is not in kebab case")

;; CM[name.interface]
(component
  (import "a:b/c" (func $f))
  (import "a-b:c-2/D-e" (func))
  (export "a:b/c" (func $f)))
(assert_invalid (component (import "a:b" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:/c" (func))) "is not a valid interface name")
(assert_invalid (component (import ":b/c" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/" (func))) "is not a valid interface name")
(assert_invalid (component (import "A:b/c" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:B/c" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/cD" (func))) "is not a valid interface name")
(assert_invalid (component (import "a-:b/c" (func))) "is not a valid interface name")
(assert_invalid (component (import "a/b" (func))) "is not in kebab case")
(assert_invalid (component (import "a@1.0.0" (func))) "is not in kebab case")

;; CM[name.version]
(component
  (import "a:b/c@1.2.3" (func))
  (import "a:b/c@0.0.0" (func))
  (import "a:b/c@1.0.0-rc.1" (func))
  (import "a:b/c@1.0.0-rc-1.0a" (func))
  (import "a:b/c@1.0.0+b.01" (func))
  (import "a:b/c@1.0.0-a+b" (func)))
(assert_invalid (component (import "a:b/c@" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@01.0.0" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.00.0" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.0.0.0" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.0.0-" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.0.0-a..b" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.0.0-01" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.0.0+" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.0.0-a_b" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@v1.0.0" (func))) "is not a valid interface name")

;; CM[name.canonversion]
(assert_invalid (component (import "a:b/c@1" (func))) "'canonical interface names'")
(assert_invalid (component (import "a:b/c@20" (func))) "'canonical interface names'")
(assert_invalid (component (import "a:b/c@0.2" (func))) "'canonical interface names'")
(assert_invalid (component (import "a:b/c@0.0.0-" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@0" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@0.0" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@1.2" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c@01" (func))) "is not a valid interface name")

;; CM[name.nested]
(assert_invalid (component (import "a:b:c/d" (func))) "'nested names'")
(assert_invalid (component (import "a:b/c/d" (func))) "'nested names'")
(assert_invalid (component (import "a:b:c/d/e@1.0.0" (func))) "'nested names'")
(assert_invalid (component (import "a:b@1.0.0/c" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b@1.0.0" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b:c" (func))) "is not a valid interface name")
(assert_invalid (component (import "a::b/c" (func))) "is not a valid interface name")
(assert_invalid (component (import "a:b/c//d" (func))) "is not a valid interface name")

;; CM[name.unique]
(component
  (import "foo" (type $foo (sub resource)))
  (import "foo-bar" (func))
  (import "[constructor]foo" (func (result (own $foo))))
  (import "[method]foo.bar" (func (param "self" (borrow $foo))))
  (import "[static]foo.baz" (func))
  (import "foo:bar/baz" (func $f))
  (export "foo" (func $f)))
(component (import "a:b/c@1.0.0-b" (func)) (import "a:b/c@1.0.0-B" (func)) (import "a:b/c@1.0.0" (func)))
(assert_invalid (component (import "foo" (func)) (import "foo" (func))) "conflicts")
(assert_invalid (component (import "foo" (func)) (import "FOO" (func))) "conflicts")
(assert_invalid (component (import "foo-bar" (func)) (import "foo-BAR" (func))) "conflicts")
(assert_invalid (component (import "a1" (func)) (import "a-1" (func))) "conflicts")
(assert_invalid (component (import "foo-bar" (func)) (import "FOOBAR" (func))) "conflicts")
(assert_invalid (component (import "foo:bar/baz" (func)) (import "foo:bar/BAZ" (func))) "conflicts")
(assert_invalid (component (import "foo-x:bar/baz" (func)) (import "foox:bar/b-az" (func))) "conflicts")
(assert_invalid
  (component
    (import "foo" (type $foo (sub resource)))
    (import "[method]foo.a" (func (param "self" (borrow $foo))))
    (import "[static]foo.A" (func)))
  "conflicts")
(assert_invalid
  (component
    (import "foo" (type $foo (sub resource)))
    (import "[method]foo.foo" (func (param "self" (borrow $foo)))))
  "conflicts")
(assert_invalid
  (component
    (import "foo-bar" (type (sub resource)))
    (import "[static]foo-bar.FO-OB-AR" (func)))
  "conflicts")
(assert_invalid
  (component
    (import "foo" (type $foo (sub resource)))
    (import "[constructor]foo" (func (result (own $foo))))
    (import "[constructor]foo" (func (result (own $foo)))))
  "conflicts")
(assert_invalid (component (import "f" (func $f)) (export "a" (func $f)) (export "A" (func $f))) "conflicts")
(assert_invalid
  (component (import "f" (func $f)) (instance (export "a" (func $f)) (export "A" (func $f))))
  "conflicts")
(assert_invalid (component (type (component (import "a" (func)) (import "A" (func))))) "conflicts")
(assert_invalid (component (type (component (export "a" (func)) (export "A" (func))))) "conflicts")
(assert_invalid (component (type (instance (export "a" (func)) (export "A" (func))))) "conflicts")

;; CM[name.nested]
(assert_invalid (component (import "locked-dep=<a:b:c/d>" (func))) "'nested names'")
(assert_invalid (component (import "unlocked-dep=<a:b/c@{>=1.2.3}>" (func))) "'nested names'")
(assert_invalid (component (import "locked-dep=<a:b:c/D>" (func))) "'nested names'")
(assert_invalid (component (import "locked-dep=<a:B:c/d>" (func))) "is not a valid dependency name")
