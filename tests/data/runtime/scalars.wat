;; Passes scalars to the host as core values that are not as the host sees them.
(component
  (import "test:host/scalars@1.0.0" (instance $host
    (export "mix" (func (param "a" bool) (param "b" s8) (param "c" u16) (param "d" u64)
                        (param "e" f32) (param "f" f64) (param "g" char) (result s16)))))
  (core func $mix (canon lower (func $host "mix")))
  (core module $Main
    (import "host" "mix" (func $mix (param i32 i32 i32 i64 f32 f64 i32) (result i32)))
    (func (export "run") (param $code i32) (result i32)
      (call $mix (i32.const 2) (i32.const 0x1ff) (i32.const 0x12345) (i64.const 0x123456789abcdef0)
                 (f32.const -nan:0x200001) (f64.const nan:0x123) (local.get $code))))
  (core instance $main (instantiate $Main
    (with "host" (instance (export "mix" (func $mix))))))
  (func (export "run") (param "code" u32) (result s32) (canon lift (core func $main "run")))
)
