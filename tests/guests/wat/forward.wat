;; A component without code: its handler is the one that it imports, so that another component can be
;; given to it as a dependency.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $outparam))
  (import "wasi:http/incoming-handler@0.2.0" (instance $handler
    (alias outer 1 $request (type $request))
    (alias outer 1 $outparam (type $outparam))
    (export "incoming-request" (type $incoming (eq $request)))
    (export "response-outparam" (type $response (eq $outparam)))
    (export "handle" (func (param "request" (own $incoming)) (param "response-out" (own $response))))))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
