;; Exports the names of a handler and of a program, with other types than the interfaces have: neither may be called.
(component
  (core module $m
    (func (export "run") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "handle") (param i32)))
  (core instance $i (instantiate $m))
  (func $run (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "run")))
  (func $handle (param "request" u32) (canon lift (core func $i "handle")))
  (instance $cli (export "run" (func $run)))
  (instance $http (export "handle" (func $handle)))
  (export "wasi:cli/run@0.2.0" (instance $cli))
  (export "wasi:http/incoming-handler@0.2.0" (instance $http)))
