;; The guest of bench/calls.c: does as little as it can on either side of a call, so that the calls are what is
;; measured. Made a component by build beside it.
;;
;;   64      a string of 16 bytes           4 MiB  what is passed: a string, records, bytes; all zero
;;   1024    return area                    6 MiB  records with strings
;;                                          8 MiB  what the host passes: realloc counts up from here
(module
  (import "bench:calls/shapes@1.0.0" "scalars" (func $scalars (param i32 i32) (result i32)))
  (import "bench:calls/shapes@1.0.0" "take-string" (func $take-string (param i32 i32) (result i32)))
  (import "bench:calls/shapes@1.0.0" "give-string" (func $give-string (param i32 i32)))
  (import "bench:calls/shapes@1.0.0" "move-point" (func $move-point (param f64 f64 i32 i32 i32)))
  (import "bench:calls/shapes@1.0.0" "take-points" (func $take-points (param i32 i32) (result i32)))
  (import "bench:calls/shapes@1.0.0" "give-points" (func $give-points (param i32 i32)))
  (import "bench:calls/shapes@1.0.0" "take-items" (func $take-items (param i32 i32) (result i32)))
  (import "bench:calls/shapes@1.0.0" "give-items" (func $give-items (param i32 i32)))
  (import "bench:calls/shapes@1.0.0" "read-bytes" (func $read-bytes (param i32 i32) (result i32)))
  (import "bench:calls/shapes@1.0.0" "keep-bytes" (func $keep-bytes (param i32 i32) (result i32)))
  (import "bench:calls/shapes@1.0.0" "give-bytes" (func $give-bytes (param i32 i32)))
  (memory (export "memory") 192)
  (data (i32.const 64) "sixteen bytes...")
  (global $top (mut i32) (i32.const 0x800000))
  (global $made (mut i32) (i32.const 0))

  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func $forget (global.set $top (i32.const 0x800000)))

  ;; Gives each item of the list its name, once.
  (func $make_items (param $count i32) (local $at i32)
    (if (i32.ge_u (global.get $made) (local.get $count)) (then (return)))
    (global.set $made (local.get $count))
    (local.set $at (i32.const 0x600000))
    (loop $again
      (i32.store (local.get $at) (i32.const 64))
      (i32.store offset=4 (local.get $at) (i32.const 16))
      (local.set $at (i32.add (local.get $at) (i32.const 24)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  ;; The same as a result: where it lies and how long it is.
  (func $answer (param $at i32) (param $len i32) (result i32)
    (call $forget)
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (local.get $len))
    (i32.const 1024))

  ;; --- called by the host ---
  (func (export "bench:calls/shapes@1.0.0#scalars") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "bench:calls/shapes@1.0.0#move-point") (param $x f64) (param $y f64) (param $id i32) (param $visible i32) (result i32)
    (f64.store (i32.const 1024) (local.get $y))
    (f64.store (i32.const 1032) (local.get $x))
    (i32.store (i32.const 1040) (local.get $id))
    (i32.store8 (i32.const 1044) (local.get $visible))
    (i32.const 1024))
  (func (export "bench:calls/shapes@1.0.0#take-string") (param $ptr i32) (param $len i32) (result i32) (call $forget) (local.get $len))
  (func (export "bench:calls/shapes@1.0.0#take-points") (param $ptr i32) (param $len i32) (result i32) (call $forget) (local.get $len))
  (func (export "bench:calls/shapes@1.0.0#take-items") (param $ptr i32) (param $len i32) (result i32) (call $forget) (local.get $len))
  (func (export "bench:calls/shapes@1.0.0#read-bytes") (param $ptr i32) (param $len i32) (result i32) (call $forget) (local.get $len))
  (func (export "bench:calls/shapes@1.0.0#keep-bytes") (param $ptr i32) (param $len i32) (result i32) (call $forget) (local.get $len))
  (func (export "bench:calls/shapes@1.0.0#give-string") (param $len i32) (result i32) (call $answer (i32.const 0x400000) (local.get $len)))
  (func (export "bench:calls/shapes@1.0.0#give-points") (param $len i32) (result i32) (call $answer (i32.const 0x400000) (local.get $len)))
  (func (export "bench:calls/shapes@1.0.0#give-bytes") (param $len i32) (result i32) (call $answer (i32.const 0x400000) (local.get $len)))
  (func (export "bench:calls/shapes@1.0.0#give-items") (param $len i32) (result i32)
    (call $make_items (local.get $len))
    (call $answer (i32.const 0x600000) (local.get $len)))

  ;; --- calling the host ---
  (func (export "bench:calls/loops@1.0.0#scalars") (param $n i32) (param $size i32)
    (loop $again
      (drop (call $scalars (local.get $n) (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#take-string") (param $n i32) (param $size i32)
    (loop $again
      (drop (call $take-string (i32.const 0x400000) (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#give-string") (param $n i32) (param $size i32)
    (loop $again
      (call $give-string (local.get $size) (i32.const 1024)) (call $forget)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#move-point") (param $n i32) (param $size i32)
    (loop $again
      (call $move-point (f64.const 1) (f64.const 2) (local.get $n) (i32.const 1) (i32.const 1024))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#take-points") (param $n i32) (param $size i32)
    (loop $again
      (drop (call $take-points (i32.const 0x400000) (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#give-points") (param $n i32) (param $size i32)
    (loop $again
      (call $give-points (local.get $size) (i32.const 1024)) (call $forget)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#take-items") (param $n i32) (param $size i32)
    (call $make_items (local.get $size))
    (loop $again
      (drop (call $take-items (i32.const 0x600000) (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#give-items") (param $n i32) (param $size i32)
    (loop $again
      (call $give-items (local.get $size) (i32.const 1024)) (call $forget)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#read-bytes") (param $n i32) (param $size i32)
    (loop $again
      (drop (call $read-bytes (i32.const 0x400000) (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#keep-bytes") (param $n i32) (param $size i32)
    (loop $again
      (drop (call $keep-bytes (i32.const 0x400000) (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "bench:calls/loops@1.0.0#give-bytes") (param $n i32) (param $size i32)
    (loop $again
      (call $give-bytes (local.get $size) (i32.const 1024)) (call $forget)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
