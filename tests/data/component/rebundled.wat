;; A resource and a type of the root, handed on in an instance made of exports: what the inner
;; component exports is visible under the names they have at the root.
(component
  (import "t:t/host" (instance $host
    (export "r" (type $r (sub resource)))
    (type $point' (record (field "x" u8)))
    (export "point" (type $point (eq $point')))
    (export "f" (func (param "p" $point) (result (own $r))))))
  (alias export $host "r" (type $r))
  (alias export $host "point" (type $point))
  (alias export $host "f" (func $f))
  (component $inner
    (import "in" (instance $in
      (export "r" (type $r (sub resource)))
      (type $point' (record (field "x" u8)))
      (export "point" (type $point (eq $point')))
      (export "f" (func (param "p" $point) (result (own $r))))))
    (alias export $in "f" (func $f))
    (export "g" (func $f)))
  (instance $between
    (export "r" (type $r))
    (export "point" (type $point))
    (export "f" (func $f)))
  (instance $made (instantiate $inner (with "in" (instance $between))))
  (alias export $made "g" (func $g))
  (export "g" (func $g)))
