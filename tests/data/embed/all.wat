;; What the tests of the public API call: scalars, strings, everything there is in one record, traps,
;; loops, a host function that waits, resources of the host and of the guest.
(component
  (import "demo:host/log@1.0.0" (instance $log
    (export "log" (func (param "level" u8) (param "text" string)))))
  (import "demo:host/things@1.0.0" (instance $things
    (export "thing" (type $t (sub resource)))
    (export "[constructor]thing" (func (param "value" u32) (result (own $t))))
    (export "[method]thing.value" (func (param "self" (borrow $t)) (result u32)))))
  (import "pause" (func $pause (param "n" u32) (result u32)))
  (alias export $log "log" (func $log_log))
  (alias export $things "thing" (type $thing))
  (alias export $things "[constructor]thing" (func $new_thing))
  (alias export $things "[method]thing.value" (func $thing_value))

  (core module $Memory
    (memory (export "memory") 2)
    (global $at (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $ptr i32)
      (local.set $ptr (i32.and (i32.add (global.get $at) (i32.const 15)) (i32.const -16)))
      (global.set $at (i32.add (local.get $ptr) (local.get $size)))
      (if (i32.gt_u (global.get $at) (i32.const 131072)) (then (unreachable)))
      (memory.copy (local.get $ptr) (local.get $old) (local.get $old_size))
      (local.get $ptr))
    (func (export "reset") (param i32) (global.set $at (i32.const 1024))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (alias core export $memory "reset" (core func $reset))

  (core func $log_core (canon lower (func $log_log) (memory $mem)))
  (core func $new_thing_core (canon lower (func $new_thing)))
  (core func $thing_value_core (canon lower (func $thing_value)))
  (core func $drop_thing (canon resource.drop $thing))
  (core func $pause_core (canon lower (func $pause)))

  (core module $Dtor
    (global $dropped (export "dropped") (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (local.get 0)))))
  (core instance $dtor (instantiate $Dtor))
  (type $counter (resource (rep i32) (dtor (core func $dtor "dtor"))))
  (core func $counter_new (canon resource.new $counter))

  (core module $Main
    (import "host" "log" (func $log (param i32 i32 i32)))
    (import "host" "new-thing" (func $new_thing (param i32) (result i32)))
    (import "host" "thing-value" (func $thing_value (param i32) (result i32)))
    (import "host" "drop-thing" (func $drop_thing (param i32)))
    (import "host" "pause" (func $pause (param i32) (result i32)))
    (import "host" "counter-new" (func $counter_new (param i32) (result i32)))
    (import "host" "dropped" (global $dropped (mut i32)))
    (import "memory" "memory" (memory 2))
    (data (i32.const 16) "Hello, ")
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    ;; "Hello, " and the name, which is logged first
    (func (export "greet") (param $ptr i32) (param $len i32) (result i32)
      (call $log (i32.const 3) (local.get $ptr) (local.get $len))
      (memory.copy (i32.const 23) (local.get $ptr) (local.get $len))
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.add (local.get $len) (i32.const 7)))
      (i32.const 0))
    ;; more than 16 core values: they come in memory, and go back as they lie there
    (func (export "echo") (param i32) (result i32) (local.get 0))
    (func (export "boom") (unreachable))
    (func (export "spin") (loop (br 0)))
    (func (export "wait") (param i32) (result i32) (call $pause (local.get 0)))
    ;; makes a thing of the host, asks it, gives it away
    (func (export "make-thing") (param i32) (result i32) (call $new_thing (local.get 0)))
    (func (export "ask-thing") (param i32) (result i32)
      (local $value i32)
      (local.set $value (call $thing_value (local.get 0)))
      (call $drop_thing (local.get 0))
      (local.get $value))
    (func (export "counter-new") (param i32) (result i32) (call $counter_new (local.get 0)))
    (func (export "counter-get") (param i32) (result i32) (local.get 0))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $main (instantiate $Main
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "log" (func $log_core))
      (export "new-thing" (func $new_thing_core))
      (export "thing-value" (func $thing_value_core))
      (export "drop-thing" (func $drop_thing))
      (export "pause" (func $pause_core))
      (export "counter-new" (func $counter_new))
      (export "dropped" (global $dtor "dropped"))))))

  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $main "add")))
  (func (export "boom") (canon lift (core func $main "boom")))
  (func (export "spin") (canon lift (core func $main "spin")))
  (func (export "wait") (param "n" u32) (result u32) (canon lift (core func $main "wait")))
  (func (export "make-thing") (param "value" u32) (result (own $thing)) (canon lift (core func $main "make-thing")))
  (func (export "ask-thing") (param "thing" (own $thing)) (result u32) (canon lift (core func $main "ask-thing")))
  (func (export "dropped") (result u32) (canon lift (core func $main "dropped")))

  ;; demo:greet/api@1.2.0
  (func $greet (param "name" string) (result string)
    (canon lift (core func $main "greet") (memory $mem) (realloc (core func $realloc)) (post-return (core func $reset))))
  (instance $api (export "greet" (func $greet)))
  (export "demo:greet/api@1.2.0" (instance $api))

  ;; demo:greet/values
  (type $color' (enum "red" "green" "blue"))
  (type $perms' (flags "read" "write" "exec"))
  (component $Values
    (import "color" (type $color0 (eq $color')))
    (import "perms" (type $perms0 (eq $perms')))
    (type $shape0' (variant (case "dot") (case "circle" f64) (case "label" string)))
    (import "shape" (type $shape0 (eq $shape0')))
    (type $every0' (record
      (field "on" bool) (field "small" s8) (field "letter" char) (field "big" u64) (field "ratio" f32)
      (field "name" string) (field "sizes" (list u16)) (field "words" (list string))
      (field "color" $color0) (field "perms" $perms0) (field "shape" $shape0)
      (field "pair" (tuple s32 (option string))) (field "outcome" (result u32 (error string)))))
    (import "every" (type $every0 (eq $every0')))
    (import "echo" (func $f (param "v" $every0) (result $every0)))
    (export $color1 "color" (type $color'))
    (export $perms1 "perms" (type $perms'))
    (type $shape1' (variant (case "dot") (case "circle" f64) (case "label" string)))
    (export $shape1 "shape" (type $shape1'))
    (type $every1' (record
      (field "on" bool) (field "small" s8) (field "letter" char) (field "big" u64) (field "ratio" f32)
      (field "name" string) (field "sizes" (list u16)) (field "words" (list string))
      (field "color" $color1) (field "perms" $perms1) (field "shape" $shape1)
      (field "pair" (tuple s32 (option string))) (field "outcome" (result u32 (error string)))))
    (export $every1 "every" (type $every1'))
    (export "echo" (func $f) (func (param "v" $every1) (result $every1))))
  (type $shape' (variant (case "dot") (case "circle" f64) (case "label" string)))
  (type $every' (record
      (field "on" bool) (field "small" s8) (field "letter" char) (field "big" u64) (field "ratio" f32)
      (field "name" string) (field "sizes" (list u16)) (field "words" (list string))
      (field "color" $color') (field "perms" $perms') (field "shape" $shape')
      (field "pair" (tuple s32 (option string))) (field "outcome" (result u32 (error string)))))
  (func $echo (param "v" $every') (result $every')
    (canon lift (core func $main "echo") (memory $mem) (realloc (core func $realloc)) (post-return (core func $reset))))
  (instance $values (instantiate $Values
    (with "color" (type $color')) (with "perms" (type $perms')) (with "shape" (type $shape'))
    (with "every" (type $every')) (with "echo" (func $echo))))
  (export "demo:greet/values" (instance $values))

  ;; demo:greet/counters: a resource of the guest
  (func $counter_make (param "value" u32) (result (own $counter)) (canon lift (core func $main "counter-new")))
  (func $counter_get (param "self" (borrow $counter)) (result u32) (canon lift (core func $main "counter-get")))
  (component $Counters
    (import "counter" (type $c (sub resource)))
    (import "new" (func $new (param "value" u32) (result (own $c))))
    (import "get" (func $get (param "self" (borrow $c)) (result u32)))
    (export $c2 "counter" (type $c))
    (export "[constructor]counter" (func $new) (func (param "value" u32) (result (own $c2))))
    (export "[method]counter.get" (func $get) (func (param "self" (borrow $c2)) (result u32))))
  (instance $counters (instantiate $Counters
    (with "counter" (type $counter)) (with "new" (func $counter_make)) (with "get" (func $counter_get))))
  (export "demo:greet/counters" (instance $counters)))
