;; Answers HTTP requests with nothing, after it has called a function of the host that may wait.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (import "pause" (func $pause (param "n" u32) (result u32)))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))
  (core func $pause_core (canon lower (func $pause)))
  (core func $drop_request (canon resource.drop $request))
  (core func $drop_out (canon resource.drop $out))
  (core module $Main
    (import "host" "pause" (func $pause (param i32) (result i32)))
    (import "host" "drop-request" (func $drop_request (param i32)))
    (import "host" "drop-out" (func $drop_out (param i32)))
    (func (export "handle") (param $request i32) (param $out i32)
      (drop (call $pause (i32.const 7)))
      (call $drop_request (local.get $request))
      (call $drop_out (local.get $out))))
  (core instance $main (instantiate $Main
    (with "host" (instance
      (export "pause" (func $pause_core))
      (export "drop-request" (func $drop_request))
      (export "drop-out" (func $drop_out))))))
  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
