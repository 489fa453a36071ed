;; Malformed binaries. Every component starts with \00asm \0d\00\01\00.

;; CM[bin.preamble]
(component binary "\00asm" "\0d\00\01\00")
(component binary "\00asm" "\0d\00\01\00" "\01\08" "\00asm" "\01\00\00\00")
(assert_malformed (component binary "") "unexpected end")
(assert_malformed (component binary "\00asm") "unexpected end")
(assert_malformed (component binary "\00asM" "\0d\00\01\00") "not WebAssembly")
(assert_malformed (component binary "\00asm" "\0c\00\01\00") "component encoding 0x0c")
(assert_malformed (component binary "\00asm" "\0d\01\01\00") "component encoding 0x10d")
(assert_malformed (component binary "\00asm" "\0d\00\02\00") "unknown layer 2")
(assert_malformed (component binary "\00asm" "\0d\00\01\01") "unknown layer 257")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\04\08" "\00asm" "\01\00\00\00") "core module, not a component")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\01\08" "\00asm" "\0d\00\01\00") "the first bytes of a core module")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\01\04" "\00asm") "the first bytes of a core module")

;; CM[bin.section]
(component binary "\00asm" "\0d\00\01\00" "\07\01\00" "\0b\01\00" "\07\01\00" "\06\01\00")
(component binary "\00asm" "\0d\00\01\00" "\00\03\01ab" "\00\02\01c")
(component binary "\00asm" "\0d\00\01\00" "\00\12\0ecomponent-name" "\ff\ff\ff")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0d\00") "the id of a section")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\00") "unexpected end: type section of 2 bytes")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\00\00") "the type section is longer than its content")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\00") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\00\00") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\04\0a" "\00asm" "\0d\00\01\00" "\07\01") "unexpected end")

;; CM[bin.leb]
(component binary "\00asm" "\0d\00\01\00" "\07\81\00\00")
(component binary "\00asm" "\0d\00\01\00" "\07\85\80\80\80\00" "\80\80\80\80\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\81\80\80\80\80\00\00") "integer representation too long")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\81\80\80\80\10\00") "integer too large")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\07\01\70\ff\ff\ff\ff\3f") "integer too large")

;; CM[bin.utf8]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\00\02\01\ff") "malformed UTF-8")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\01\6d\01\01\ff") "malformed UTF-8")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0a\06\01\00\01\c0\01\00") "malformed UTF-8")

;; CM[bin.count]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\03\02\7f") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\05\7f") "unexpected end: 5 definitions announced")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\01\6f\09\7f\7f") "unexpected end: 9 types of a tuple announced")

;; CM[bin.flag]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\04\01\6a\02\00") "in an optional value type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\04\01\3f\7f\02") "in an optional destructor")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0b\07\01\00\01a\01\00\02") "in the optional type of an export")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\03\01\06\02") "unexpected byte 0x02")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\04\01\11\00\02") "in async?")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\04\01\20\02\00") "in cancel?")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\04\01\40\02\00") "in shared?")

;; CM[bin.core-instance]
(component binary "\00asm" "\0d\00\01\00" "\02\03\01\01\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\02\03\01\02\00") "in a core instance")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\02\07\01\00\00\01\00\11\00")
  "in an argument of a core instance")

;; CM[bin.instance]
(component binary "\00asm" "\0d\00\01\00" "\05\03\01\01\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\05\03\01\02\00") "in an instance")

;; CM[bin.sort]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\05\08\01\01\01\00\01a\06\00") "in a sort")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\05\09\01\01\01\00\01a\00\05\00") "in a core sort")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\02\07\01\01\01\01a\05\00") "in a core sort")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\06\04\01\06\00\00") "in a sort")

;; CM[bin.alias]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\06\05\01\03\03\00\00") "in an alias")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\06\07\01\00\00\00\00\01a")
  "this kind of alias cannot give a core func")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\06\06\01\01\01\00\01a")
  "this kind of alias cannot give a func")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\06\05\01\01\02\00\00")
  "this kind of alias cannot give a func")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\06\05\01\05\02\00\00")
  "this kind of alias cannot give a instance")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\06\06\01\00\12\02\00\00")
  "this kind of alias cannot give a core instance")

;; CM[bin.type]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\01\3e") "unexpected byte 0x3e in a type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\01\00") "unexpected byte 0x00 in a type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\01\6c") "unexpected byte 0x6c in a type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\03\01\44\00") "unexpected byte 0x44 in a type")

;; CM[bin.valtype]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\03\01\70\72") "unexpected byte 0x72 in a value type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\03\01\70\40") "unexpected byte 0x40 in a value type")

;; CM[bin.case]
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\07\07\01\71\01\01a\00\01")
  "in a case")

;; CM[bin.resultlist]
(component binary "\00asm" "\0d\00\01\00" "\07\09\02\40\00\00\7f" "\40\00\01\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\01\40\00\02\00") "in a result list")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\01\40\00\01\01") "in a result list")

;; CM[bin.externtype]
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\0a\07\01\00\01a\00\00\00")
  "an import or export cannot be a core func")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0a\06\01\00\01a\03\02") "in the bound of a type")

;; CM[bin.core-type]
(component binary "\00asm" "\0d\00\01\00" "\03\03\01\50\00")
(component binary "\00asm" "\0d\00\01\00" "\03\07\01\00\50\00\60\00\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\03\06\01\00\4f\00\60\00\00") "in a core type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\03\02\01\61") "in a core type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\03\05\01\60\01\79\00") "in a core value type")

;; CM[bin.core-decl]
(component binary "\00asm" "\0d\00\01\00" "\03\07\01\50\01\01\60\00\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\03\04\01\50\01\04") "in a core module type")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\03\08\01\50\01\02\11\01\01\00")
  "in an alias in a core module type")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\03\08\01\50\01\02\10\00\01\00")
  "in an alias in a core module type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\03\06\01\50\01\01\50\00") "unexpected end")

;; CM[bin.decl]
(component binary "\00asm" "\0d\00\01\00" "\07\05\01\42\01\01\7f")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\07\09\01\42\01\03\00\01a\01\00")
  "in an instance type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\01\42\01\05\00") "in an instance type")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\01\41\01\05\00") "in a component type")

;; CM[bin.name]
(component binary "\00asm" "\0d\00\01\00" "\07\03\01\42\00"
  "\0a\0b\02" "\00\01a\05\00" "\01\01b\05\00")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\07\03\01\42\00" "\0a\06\01\03\01a\05\00")
  "in the name of an import or export")

;; CM[bin.attribute]
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\07\03\01\42\00" "\0a\0a\01\02\01a\01\03\01b\05\00")
  "in the attribute of a name")

;; CM[bin.canon]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\02\01\2e") "in a canonical definition")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\02\01\3f") "in a canonical definition")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\02\01\43") "in a canonical definition")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\03\01\07\00") "was taken out of the component model")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\02\01\08") "was taken out of the component model")

;; CM[bin.canon-sort]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\06\01\00\01\00\00\00") "in a canonical definition")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\05\01\01\01\00\00") "in a canonical definition")

;; CM[bin.canonopt]
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\06\01\01\00\00\01\0a") "in a canonical option")
(assert_invalid (component binary "\00asm" "\0d\00\01\00" "\08\07\01\01\00\00\01\08\00") "the proposal 'gc'")

;; CM[bin.core-module]
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\0e" "\00asm" "\01\00\00\00" "\03\01\00" "\01\01\00")
  "core section 1 is out of order")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\0e" "\00asm" "\01\00\00\00" "\01\01\00" "\01\01\00")
  "core section 1 is out of order")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\01\0a" "\00asm" "\01\00\00\00" "\0e\00") "the id of a core section")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\01\0b" "\00asm" "\01\00\00\00" "\01\02\00") "unexpected end")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\0c" "\00asm" "\01\00\00\00" "\01\02\00\00")
  "core section 1 is longer than its content")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\12" "\00asm" "\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00")
  "1 core functions declared, 0 defined")
(assert_invalid
  (component binary "\00asm" "\0d\00\01\00" "\01\0f" "\00asm" "\01\00\00\00" "\07\05\01\01a\00\00")
  "of the unknown item 0")

;; CM[bin.core-externtype]
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\11" "\00asm" "\01\00\00\00" "\02\07\01\00\00\05\00\00\00")
  "in the kind of a core import or export")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\0d" "\00asm" "\01\00\00\00" "\05\03\01\10\00")
  "in the limits of a memory")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\0e" "\00asm" "\01\00\00\00" "\04\04\01\70\08\00")
  "in the limits of a table")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\0e" "\00asm" "\01\00\00\00" "\04\04\01\7f\00\00")
  "a table of what is no reference")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\10" "\00asm" "\01\00\00\00" "\06\06\01\7f\04\41\00\0b")
  "in a global's mutability")
(assert_malformed
  (component binary "\00asm" "\0d\00\01\00" "\01\0d" "\00asm" "\01\00\00\00" "\0d\03\01\01\00")
  "in a tag")

;; CM[bin.core-module] Constant expressions are stepped over, whatever they hold.
(component
  (core module
    (type $s (struct (field i32))) (type $a (array i8)) (func $f) (elem declare func $f)
    (global i64 (i64.add (i64.const 1) (i64.mul (i64.const 2) (i64.const 3)))) (global f64 (f64.const 1))
    (global v128 (v128.const i64x2 1 2)) (global funcref (ref.func $f)) (global $g i32 (i32.const 1))
    (global i32 (global.get $g)) (global (ref $s) (struct.new $s (i32.const 1))) (global (ref $s) (struct.new_default $s))
    (global (ref $a) (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))
    (global externref (extern.convert_any (ref.i31 (i32.const 1)))) (table 1 (ref i31) (ref.i31 (i32.const 0)))))
