;; A component that implements wasi for another: the application writes to what it believes to be the
;; host's standard output; the virtualiser keeps the bytes, in upper case, and shows them.
(component
  (component $virtual
    (core module $libc
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 4096))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $heap)
        (global.set $heap (i32.add (global.get $heap) (local.get 3)))))
    (core instance $libc (instantiate $libc))
    (core module $m
      (import "libc" "memory" (memory 1))
      (global $len (mut i32) (i32.const 0))
      (func (export "write") (param $self i32) (param $ptr i32) (param $len i32) (result i32)
        (local $c i32)
        (if (i32.ne (local.get $self) (i32.const 1)) (then unreachable))
        (block $done (loop $next
          (br_if $done (i32.eqz (local.get $len)))
          (local.set $c (i32.load8_u (local.get $ptr)))
          (if (i32.and (i32.ge_u (local.get $c) (i32.const 97)) (i32.le_u (local.get $c) (i32.const 122)))
            (then (local.set $c (i32.sub (local.get $c) (i32.const 32)))))
          (i32.store8 offset=64 (global.get $len) (local.get $c))
          (global.set $len (i32.add (global.get $len) (i32.const 1)))
          (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
          (local.set $len (i32.sub (local.get $len) (i32.const 1)))
          (br $next)))
        (i32.store8 (i32.const 16) (i32.const 0)) ;; ok
        (i32.const 16))
      (func (export "written") (result i32)
        (i32.store (i32.const 32) (i32.const 64))
        (i32.store (i32.const 36) (global.get $len))
        (i32.const 32)))
    (core instance $m (instantiate $m (with "libc" (instance $libc))))
    (type $output-stream (resource (rep i32)))
    (core func $new (canon resource.new $output-stream))
    (core module $opener
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "get-stdout") (result i32) (call $new (i32.const 1))))
    (core instance $opener (instantiate $opener (with "" (instance (export "new" (func $new))))))
    (func $write (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error u32)))
      (canon lift (core func $m "write") (memory (core memory $libc "memory"))
                  (realloc (core func $libc "realloc"))))
    (func $get-stdout (result (own $output-stream)) (canon lift (core func $opener "get-stdout")))
    (func (export "written") (result string)
      (canon lift (core func $m "written") (memory (core memory $libc "memory"))))
    (component $streams-shape
      (import "output-stream" (type $t (sub resource)))
      (import "write" (func $write
        (param "self" (borrow $t)) (param "contents" (list u8)) (result (result (error u32)))))
      (export $output-stream "output-stream" (type $t))
      (export "[method]output-stream.write" (func $write) (func
        (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error u32))))))
    (component $stdout-shape
      (import "output-stream" (type $t (sub resource)))
      (import "get-stdout" (func $get-stdout (result (own $t))))
      (export $output-stream "output-stream" (type $t))
      (export "get-stdout" (func $get-stdout) (func (result (own $output-stream)))))
    (instance $streams (instantiate $streams-shape
      (with "output-stream" (type $output-stream)) (with "write" (func $write))))
    (export $exported "wasi:io/streams@0.2.0" (instance $streams))
    (alias export $exported "output-stream" (type $named))
    (instance $stdout (instantiate $stdout-shape
      (with "output-stream" (type $named)) (with "get-stdout" (func $get-stdout))))
    (export "wasi:cli/stdout@0.2.0" (instance $stdout)))
  (component $application
    (import "wasi:io/streams@0.2.0" (instance $streams
      (export "output-stream" (type $output-stream (sub resource)))
      (export "[method]output-stream.write" (func
        (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error u32)))))))
    (alias export $streams "output-stream" (type $output-stream))
    (import "wasi:cli/stdout@0.2.0" (instance $stdout
      (alias outer 1 $output-stream (type $output-stream))
      (export "output-stream" (type $stream (eq $output-stream)))
      (export "get-stdout" (func (result (own $stream))))))
    (core module $libc
      (memory (export "memory") 1)
      (data (i32.const 8) "Hello, wasi!"))
    (core instance $libc (instantiate $libc))
    (core func $write (canon lower (func $streams "[method]output-stream.write")
      (memory (core memory $libc "memory"))))
    (core func $get-stdout (canon lower (func $stdout "get-stdout")))
    (core func $drop (canon resource.drop $output-stream))
    (core module $m
      (import "" "write" (func $write (param i32 i32 i32 i32)))
      (import "" "get-stdout" (func $get-stdout (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "libc" "memory" (memory 1))
      (func (export "run") (result i32) (local $out i32)
        (local.set $out (call $get-stdout))
        (call $write (local.get $out) (i32.const 8) (i32.const 7) (i32.const 64))
        (call $write (local.get $out) (i32.const 15) (i32.const 5) (i32.const 64))
        (call $drop (local.get $out))
        (i32.load8_u (i32.const 64))))
    (core instance $m (instantiate $m (with "libc" (instance $libc)) (with "" (instance
      (export "write" (func $write)) (export "get-stdout" (func $get-stdout)) (export "drop" (func $drop))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $virtual (instantiate $virtual))
  (instance $application (instantiate $application
    (with "wasi:io/streams@0.2.0" (instance $virtual "wasi:io/streams@0.2.0"))
    (with "wasi:cli/stdout@0.2.0" (instance $virtual "wasi:cli/stdout@0.2.0"))))
  (export "run" (func $application "run"))
  (export "written" (func $virtual "written")))
(assert_return (invoke "run") (u32.const 0))
(assert_return (invoke "written") (str.const "HELLO, WASI!"))
(assert_return (invoke "run") (u32.const 0))
(assert_return (invoke "written") (str.const "HELLO, WASI!HELLO, WASI!"))
