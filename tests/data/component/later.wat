;; Types above WASI 0.2, in the type of an import.
(component
  (import "later" (instance
    (type $words (list string))
    (type $index (map string u32))
    (type $triple (list u16 3))
    (type $bytes (stream u8))
    (type $answer (future $words))
    (export "f" (func async (param "index" $index) (param "triple" $triple)
      (param "source" $bytes) (param "signal" (future)) (result $answer)))
    (export "g" (func (param "why" error-context) (result (stream))))
  ))
)
