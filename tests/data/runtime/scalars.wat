;; Passes scalars to the host as core values that are not as the host sees them.
(component
  (import "test:host/scalars@1.0.0" (instance $host
    (export "mix" (func (param "a" bool) (param "b" s8) (param "c" u16) (param "d" u64)
                        (param "e" f32) (param "f" f64) (param "g" char) (result s16)))))
  (core func $mix (canon lower (func $host "mix")))
  (core module $Main
    (import "host" "mix" (func $mix (param i32 i32 i32 i64 f32 f64 i32) (result i32)))
    (func $once (export "run") (param $code i32) (result i32)
      (call $mix (i32.const 2) (i32.const 0x1ff) (i32.const 0x12345) (i64.const 0x123456789abcdef0)
                 (f32.const -nan:0x200001) (f64.const nan:0x123) (local.get $code)))
    (func (export "often") (param $n i32) (result i32)
      (loop $again
        (drop (call $once (i32.const 0x1f600)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.const 0)))
  (core instance $main (instantiate $Main
    (with "host" (instance (export "mix" (func $mix))))))
  (func (export "often") (param "n" u32) (result s32) (canon lift (core func $main "often")))
  (func (export "run") (param "code" u32) (result s32) (canon lift (core func $main "run")))
)
