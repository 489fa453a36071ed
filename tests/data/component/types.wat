;; Component types, module types, outer aliases, names of every form.
(component $c
  (type $flags (flags "a" "b" "c-D"))
  (core type $m (module
    (type (func (param i32) (result f64)))
    (import "a" "f" (func (type 0)))
    (import "a" "t" (table 1 10 funcref))
    (export "g" (global (mut i64)))
    (export "m" (memory 1 2))))
  (import "m" (core module $mod (type $m)))
  (type $handler (component
    (alias outer $c $flags (type $f))
    (import "opts" (type $o (eq $f)))
    (import "log" (func (param "o" $o) (param "text" string)))
    (export "run" (func (result char)))))
  (import "handler" (component $h (type $handler)))
  (import "flags" (type $fl (eq $flags)))
  (import "log" (func $log (param "o" $fl) (param "text" string)))
  (instance $i (instantiate $h (with "opts" (type $fl)) (with "log" (func $log))))
  (alias export $i "run" (func $run))
  (export $run2 "run" (func $run) (func (result char)))
  (type (tuple bool s8 u8 s16 u16 s32 u32 s64 u64 f32 f64 char string))
  (type (result)) (type (enum "x" "y"))
  (component $inner
    (alias outer $c $m (core type $m2))
    (import "lib" (core module (type $m2)))
    (export "one-module" (core module 0)))
  (instance (instantiate $inner (with "lib" (core module $mod))))
  (export "test:pkg/handler@1.2.3-rc.1+b" (instance $i)))
