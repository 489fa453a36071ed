;; Resources on their way between components.

;; A counter that one component defines and another uses: own handles move, borrows are lent, the
;; destructor runs in the component that defines it, once.
(component definition $counters
  (component $definer
    (core module $tally
      (global $dropped (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $dropped (i32.add (i32.mul (global.get $dropped) (i32.const 10)) (local.get 0))))
      (func (export "dropped") (result i32) (global.get $dropped)))
    (core instance $tally (instantiate $tally))
    (type $counter' (resource (rep i32) (dtor (core func $tally "dtor"))))
    (export $counter "counter" (type $counter'))
    (core func $new (canon resource.new $counter'))
    (core func $drop (canon resource.drop $counter'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      ;; a borrow comes as the representation: there is no handle to drop
      (func (export "peek") (param i32) (result i32) (local.get 0))
      (func (export "eat") (param i32) (call $drop (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "make") (param "rep" u32) (result (own $counter)) (canon lift (core func $i "make")))
    (func (export "peek") (param "self" (borrow $counter)) (result u32)
      (canon lift (core func $i "peek")))
    (func (export "eat") (param "c" (own $counter)) (canon lift (core func $i "eat")))
    (func (export "dropped") (result u32) (canon lift (core func $tally "dropped"))))
  (component $middle
    (import "definer" (instance $d
      (export "counter" (type $counter (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $counter))))
      (export "peek" (func (param "self" (borrow $counter)) (result u32)))
      (export "eat" (func (param "c" (own $counter))))))
    (alias export $d "counter" (type $counter))
    (core func $drop (canon resource.drop $counter))
    (core func $peek (canon lower (func $d "peek")))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (import "" "peek" (func $peek (param i32) (result i32)))
      (func (export "look") (param i32) (result i32) (local $n i32)
        (local.set $n (call $peek (local.get 0)))
        (call $drop (local.get 0))
        (local.get $n))
      (func (export "keep") (param i32))
      (func (export "look-twice") (param i32) (result i32) (local $n i32)
        (local.set $n (i32.add (call $peek (local.get 0)) (call $peek (local.get 0))))
        (call $drop (local.get 0))
        (local.get $n))
      (func (export "end") (param i32) (call $drop (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance
      (export "drop" (func $drop)) (export "peek" (func $peek))))))
    (func (export "look") (param "c" (borrow $counter)) (result u32) (canon lift (core func $i "look")))
    (func (export "keep") (param "c" (borrow $counter)) (canon lift (core func $i "keep")))
    (func (export "look-twice") (param "c" (borrow $counter)) (result u32)
      (canon lift (core func $i "look-twice")))
    (func (export "end") (param "c" (own $counter)) (canon lift (core func $i "end"))))
  (component $user
    (import "definer" (instance $d
      (export "counter" (type $counter (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $counter))))
      (export "peek" (func (param "self" (borrow $counter)) (result u32)))
      (export "eat" (func (param "c" (own $counter))))))
    (alias export $d "counter" (type $counter))
    (import "middle" (instance $m
      (export "look" (func (param "c" (borrow $counter)) (result u32)))
      (export "keep" (func (param "c" (borrow $counter))))
      (export "look-twice" (func (param "c" (borrow $counter)) (result u32)))
      (export "end" (func (param "c" (own $counter))))))
    (core func $make (canon lower (func $d "make")))
    (core func $peek (canon lower (func $d "peek")))
    (core func $eat (canon lower (func $d "eat")))
    (core func $look (canon lower (func $m "look")))
    (core func $keep (canon lower (func $m "keep")))
    (core func $look-twice (canon lower (func $m "look-twice")))
    (core func $end (canon lower (func $m "end")))
    (core func $drop (canon resource.drop $counter))
    (core module $u
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "peek" (func $peek (param i32) (result i32)))
      (import "" "eat" (func $eat (param i32)))
      (import "" "look" (func $look (param i32) (result i32)))
      (import "" "keep" (func $keep (param i32)))
      (import "" "look-twice" (func $look-twice (param i32) (result i32)))
      (import "" "end" (func $end (param i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "all") (result i32) (local $a i32) (local $b i32) (local $sum i32)
        (local.set $a (call $make (i32.const 1)))
        (local.set $b (call $make (i32.const 2)))
        (local.set $sum (call $peek (local.get $a)))                       ;; 1
        (local.set $sum (i32.add (local.get $sum) (call $look (local.get $b)))) ;; 3
        (local.set $sum (i32.add (local.get $sum) (call $look-twice (local.get $b)))) ;; 7
        (call $eat (local.get $a))                                         ;; dropped 1
        (call $end (local.get $b))                                         ;; dropped 12
        (call $drop (call $make (i32.const 3)))                            ;; dropped 123
        (local.get $sum))
      (func (export "reuse") (result i32) (local $a i32) (local $b i32)
        ;; indexes come back last in, first out
        (local.set $a (call $make (i32.const 4)))
        (local.set $b (call $make (i32.const 5)))
        (call $eat (local.get $a))
        (call $eat (local.get $b))
        (if (i32.ne (call $make (i32.const 6)) (local.get $b)) (then unreachable))
        (if (i32.ne (call $make (i32.const 7)) (local.get $a)) (then unreachable))
        (call $peek (local.get $a)))
      (func (export "given-away") (local $a i32)
        (local.set $a (call $make (i32.const 1)))
        (call $eat (local.get $a))
        (drop (call $peek (local.get $a))))
      (func (export "kept") (call $keep (call $make (i32.const 1))))
      (func (export "leaked") (drop (call $make (i32.const 9)))))
    (core instance $i (instantiate $u (with "" (instance
      (export "make" (func $make)) (export "peek" (func $peek)) (export "eat" (func $eat))
      (export "look" (func $look)) (export "keep" (func $keep))
      (export "look-twice" (func $look-twice)) (export "end" (func $end)) (export "drop" (func $drop))))))
    (func (export "all") (result u32) (canon lift (core func $i "all")))
    (func (export "reuse") (result u32) (canon lift (core func $i "reuse")))
    (func (export "given-away") (canon lift (core func $i "given-away")))
    (func (export "kept") (canon lift (core func $i "kept")))
    (func (export "leaked") (canon lift (core func $i "leaked"))))
  (instance $definer (instantiate $definer))
  (instance $middle (instantiate $middle (with "definer" (instance $definer))))
  (instance $user (instantiate $user (with "definer" (instance $definer)) (with "middle" (instance $middle))))
  (export "dropped" (func $definer "dropped"))
  (export "user" (instance $user)))
(component instance $c1 $counters)
(assert_return (invoke $c1 "user#all") (u32.const 7))
(assert_return (invoke $c1 "dropped") (u32.const 123))
(assert_return (invoke $c1 "user#reuse") (u32.const 7))
(assert_return (invoke $c1 "dropped") (u32.const 12345))
(assert_trap (invoke $c1 "user#given-away") "unknown handle index")
(component instance $c2 $counters)
(assert_trap (invoke $c2 "user#kept") "borrow handles")
(component instance $c3 $counters)
(assert_return (invoke $c3 "user#leaked"))
(assert_return (invoke $c3 "dropped") (u32.const 0))

;; A lent handle can be neither given away nor dropped while the call lasts: the callee calls back
;; into its parent, which tries.
(component definition $lent
  (component $definer
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 1)))
      (func (export "take") (param i32)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $i "make")))
    (func (export "take") (param "r" (own $r)) (canon lift (core func $i "take"))))
  (instance $d (instantiate $definer))
  (alias export $d "r" (type $r))
  (core func $make (canon lower (func $d "make")))
  (core func $take (canon lower (func $d "take")))
  (core func $drop (canon resource.drop $r))
  (core module $state
    (import "" "make" (func $make (result i32)))
    (import "" "take" (func $take (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (global $h (export "h") (mut i32) (i32.const 0))
    (func (export "make") (result i32) (global.set $h (call $make)) (global.get $h))
    (func (export "give") (call $take (global.get $h)))
    (func (export "drop") (call $drop (global.get $h))))
  (core instance $state (instantiate $state (with "" (instance
    (export "make" (func $make)) (export "take" (func $take)) (export "drop" (func $drop))))))
  (func $give (canon lift (core func $state "give")))
  (func $let-go (canon lift (core func $state "drop")))
  (component $borrower
    (import "r" (type $r (sub resource)))
    (import "give" (func $give))
    (import "let-go" (func $let-go))
    (core func $give (canon lower (func $give)))
    (core func $let-go (canon lower (func $let-go)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "give" (func $give))
      (import "" "let-go" (func $let-go))
      (import "" "drop" (func $drop (param i32)))
      (func (export "use") (param i32 i32)
        (if (i32.eq (local.get 1) (i32.const 1)) (then (call $give)))
        (if (i32.eq (local.get 1) (i32.const 2)) (then (call $let-go)))
        (call $drop (local.get 0))
        ;; given back only when the call is over, not when the borrow handle is dropped
        (if (i32.eq (local.get 1) (i32.const 3)) (then (call $give)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "give" (func $give)) (export "let-go" (func $let-go)) (export "drop" (func $drop))))))
    (func (export "use") (param "r" (borrow $r)) (param "how" u32) (canon lift (core func $i "use"))))
  (instance $b (instantiate $borrower (with "r" (type $r)) (with "give" (func $give)) (with "let-go" (func $let-go))))
  (core func $use (canon lower (func $b "use")))
  (core module $main
    (import "" "use" (func $use (param i32 i32)))
    (import "" "make" (func $make (result i32)))
    (import "" "give" (func $give))
    (func (export "go") (param i32)
      (call $use (call $make) (local.get 0))
      (call $give)))
  (core instance $main (instantiate $main (with "" (instance
    (export "use" (func $use)) (export "make" (func $state "make")) (export "give" (func $state "give"))))))
  (func (export "go") (param "how" u32) (canon lift (core func $main "go"))))
(component instance $n0 $lent)
(assert_return (invoke $n0 "go" (u32.const 0)))
(component instance $n1 $lent)
(assert_trap (invoke $n1 "go" (u32.const 1)) "is lent and cannot be given away")
(component instance $n2 $lent)
(assert_trap (invoke $n2 "go" (u32.const 2)) "is lent and cannot be dropped")
(component instance $n3 $lent)
(assert_trap (invoke $n3 "go" (u32.const 3)) "is lent and cannot be given away")

;; Resource types are made anew with each instance: what one makes the other does not take.
(component
  (component $definer
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 1)))
      (func (export "peek") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $i "make")))
    (func (export "peek") (param "r" (borrow $r)) (result u32) (canon lift (core func $i "peek"))))
  (instance $a (instantiate $definer))
  (instance $b (instantiate $definer))
  (core func $make-a (canon lower (func $a "make")))
  (core func $peek-a (canon lower (func $a "peek")))
  (core func $peek-b (canon lower (func $b "peek")))
  (core module $m
    (import "" "make-a" (func $make-a (result i32)))
    (import "" "peek-a" (func $peek-a (param i32) (result i32)))
    (import "" "peek-b" (func $peek-b (param i32) (result i32)))
    (func (export "right") (result i32) (call $peek-a (call $make-a)))
    (func (export "wrong") (result i32) (call $peek-b (call $make-a))))
  (core instance $i (instantiate $m (with "" (instance
    (export "make-a" (func $make-a)) (export "peek-a" (func $peek-a)) (export "peek-b" (func $peek-b))))))
  (func (export "right") (result u32) (canon lift (core func $i "right")))
  (func (export "wrong") (result u32) (canon lift (core func $i "wrong"))))
(assert_return (invoke "right") (u32.const 1))
(assert_trap (invoke "wrong") "is of another resource type")

;; An export whose type is ascribed shows an abstract resource, and it is the same one: what comes out
;; of the instance with the ascribed type goes into the one without, and both ways through a third.
(component
  (component $definer
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 42)))
      (func (export "peek") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $i "make")))
    (func (export "peek") (param "r" (borrow $r)) (result u32) (canon lift (core func $i "peek"))))
  (component $outer
    (instance $d (instantiate $definer))
    (export $narrow "narrow" (instance $d) (instance
      (export "r" (type $r (sub resource)))
      (export "make" (func (result (own $r))))))
    (export "wide" (instance $d) (instance
      (export "r" (type $r (sub resource)))
      (export "make" (func (result (own $r))))
      (export "peek" (func (param "r" (borrow $r)) (result u32))))))
  (component $user
    (import "r" (type $r (sub resource)))
    (import "make" (func $make (result (own $r))))
    (import "peek" (func $peek (param "r" (borrow $r)) (result u32)))
    (core func $make (canon lower (func $make)))
    (core func $peek (canon lower (func $peek)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "make" (func $make (result i32)))
      (import "" "peek" (func $peek (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "go") (result i32) (local $h i32) (local $n i32)
        (local.set $h (call $make))
        (local.set $n (call $peek (local.get $h)))
        (call $drop (local.get $h))
        (local.get $n)))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "peek" (func $peek)) (export "drop" (func $drop))))))
    (func (export "go") (result u32) (canon lift (core func $i "go"))))
  (instance $o (instantiate $outer))
  (alias export $o "wide" (instance $wide))
  (alias export $wide "r" (type $r))
  (instance $u (instantiate $user
    (with "r" (type $r)) (with "make" (func $wide "make")) (with "peek" (func $wide "peek"))))
  (export "go" (func $u "go")))
(assert_return (invoke "go") (u32.const 42))

;; A resource whose representation holds a handle of another: the parent may be dropped before its
;; child and the other way round, and each destructor runs once. The order is the guests' business.
(component definition $family
  (component $parents
    (core module $tally
      (global $n (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $n (i32.add (i32.mul (global.get $n) (i32.const 10)) (local.get 0))))
      (func (export "n") (result i32) (global.get $n)))
    (core instance $tally (instantiate $tally))
    (type $parent' (resource (rep i32) (dtor (core func $tally "dtor"))))
    (type $child' (resource (rep i32) (dtor (core func $tally "dtor"))))
    (export $parent "parent" (type $parent'))
    (export $child "child" (type $child'))
    (core func $new-parent (canon resource.new $parent'))
    (core func $new-child (canon resource.new $child'))
    (core module $m
      (import "" "new-parent" (func $new-parent (param i32) (result i32)))
      (import "" "new-child" (func $new-child (param i32) (result i32)))
      (func (export "make") (result i32) (call $new-parent (i32.const 1)))
      (func (export "bear") (param i32) (result i32)
        (call $new-child (i32.add (local.get 0) (i32.const 1)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "new-parent" (func $new-parent)) (export "new-child" (func $new-child))))))
    (func (export "make") (result (own $parent)) (canon lift (core func $i "make")))
    (func (export "bear") (param "self" (borrow $parent)) (result (own $child))
      (canon lift (core func $i "bear")))
    (func (export "dropped") (result u32) (canon lift (core func $tally "n"))))
  (instance $p (instantiate $parents))
  (alias export $p "parent" (type $parent))
  (alias export $p "child" (type $child))
  (core func $make (canon lower (func $p "make")))
  (core func $bear (canon lower (func $p "bear")))
  (core func $drop-parent (canon resource.drop $parent))
  (core func $drop-child (canon resource.drop $child))
  (core module $m
    (import "" "make" (func $make (result i32)))
    (import "" "bear" (func $bear (param i32) (result i32)))
    (import "" "drop-parent" (func $drop-parent (param i32)))
    (import "" "drop-child" (func $drop-child (param i32)))
    (func (export "go") (param $first i32) (local $p i32) (local $c i32)
      (local.set $p (call $make))
      (local.set $c (call $bear (local.get $p)))
      (if (local.get $first)
        (then (call $drop-parent (local.get $p)) (call $drop-child (local.get $c)))
        (else (call $drop-child (local.get $c)) (call $drop-parent (local.get $p))))))
  (core instance $i (instantiate $m (with "" (instance
    (export "make" (func $make)) (export "bear" (func $bear))
    (export "drop-parent" (func $drop-parent)) (export "drop-child" (func $drop-child))))))
  (func (export "go") (param "parent-first" bool) (canon lift (core func $i "go")))
  (export "dropped" (func $p "dropped")))
(component instance $f1 $family)
(assert_return (invoke $f1 "go" (bool.const true)))
(assert_return (invoke $f1 "dropped") (u32.const 12))
(component instance $f2 $family)
(assert_return (invoke $f2 "go" (bool.const false)))
(assert_return (invoke $f2 "dropped") (u32.const 21))

;; A destructor is a full call of the component that defines the resource: it may leave, and it may
;; not enter a component that waits.
(component
  (component $log
    (core module $m
      (global $n (mut i32) (i32.const 0))
      (func (export "note") (param i32) (global.set $n (local.get 0)))
      (func (export "get") (result i32) (global.get $n)))
    (core instance $i (instantiate $m))
    (func (export "note") (param "n" u32) (canon lift (core func $i "note")))
    (func (export "get") (result u32) (canon lift (core func $i "get"))))
  (component $definer
    (import "note" (func $note (param "n" u32)))
    (core func $note (canon lower (func $note)))
    (core module $d
      (import "" "note" (func $note (param i32)))
      (func (export "dtor") (param i32) (call $note (local.get 0))))
    (core instance $d (instantiate $d (with "" (instance (export "note" (func $note))))))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $i "make"))))
  (instance $log (instantiate $log))
  (instance $d (instantiate $definer (with "note" (func $log "note"))))
  (alias export $d "r" (type $r))
  (core func $make (canon lower (func $d "make")))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "go") (call $drop (call $make (i32.const 17)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "make" (func $make)) (export "drop" (func $drop))))))
  (func (export "go") (canon lift (core func $i "go")))
  (export "noted" (func $log "get")))
(assert_return (invoke "go"))
(assert_return (invoke "noted") (u32.const 17))
