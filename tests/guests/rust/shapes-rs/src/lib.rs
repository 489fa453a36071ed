//! Functions over every kind of value, and resources: what `withy call` is tried on.

use std::cell::{Cell, RefCell};

wit_bindgen::generate!({ world: "shapes" });

use exports::withy::shapes::{mirror, other, store};

struct Shapes;

impl mirror::Guest for Shapes {
    fn integers(
        a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64,
    ) -> (u8, i8, u16, i16, u32, i32, u64, i64) {
        (a, b, c, d, e, f, g, h)
    }
    fn echo_point(value: mirror::Point) -> mirror::Point {
        value
    }
    fn echo_body(value: mirror::Body) -> mirror::Body {
        value
    }
    fn echo_status(value: mirror::Status) -> mirror::Status {
        value
    }
    fn echo_rights(value: mirror::Rights) -> mirror::Rights {
        value
    }
    fn text(value: String, letter: char) -> (String, char) {
        (value, letter)
    }
    fn maybe(value: Option<u32>, also: Option<String>) -> (Option<u32>, Option<String>) {
        (value, also)
    }
    fn outcome(value: Result<u32, String>) -> Result<u32, String> {
        value
    }
    fn bare_outcome(fail: bool) -> Result<(), ()> {
        if fail { Err(()) } else { Ok(()) }
    }
    fn sparse(value: mirror::AllOptional) -> mirror::AllOptional {
        value
    }
    fn table(value: Vec<Vec<mirror::Point>>) -> Vec<Vec<mirror::Point>> {
        value
    }
}

thread_local! {
    static ALIVE: Cell<u32> = const { Cell::new(0) };
}

fn count(by: i32) {
    ALIVE.with(|alive| alive.set(alive.get().wrapping_add_signed(by)));
}

struct Book(String);

impl store::GuestBook for Book {
    fn new(title: String) -> Self {
        count(1);
        Book(title)
    }
    fn title(&self) -> String {
        self.0.clone()
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        count(-1);
        println!("dropped the book {}", self.0);
    }
}

struct Shelf {
    name: RefCell<String>,
    books: RefCell<Vec<store::Book>>,
}

impl store::GuestShelf for Shelf {
    fn new(name: String) -> Self {
        count(1);
        Shelf { name: RefCell::new(name), books: RefCell::default() }
    }
    fn put(&self, book: store::Book) {
        self.books.borrow_mut().push(book);
    }
    fn take(&self) -> Option<store::Book> {
        self.books.borrow_mut().pop()
    }
    fn count(&self) -> u32 {
        self.books.borrow().len() as u32
    }
    fn name(shelf: store::ShelfBorrow<'_>) -> String {
        shelf.get::<Shelf>().name.borrow().clone()
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        count(-1);
        println!("dropped the shelf {}", self.name.borrow());
        if *self.name.borrow() == "cursed" {
            panic!("a cursed shelf must not be dropped");
        }
    }
}

impl store::Guest for Shapes {
    type Shelf = Shelf;
    type Book = Book;

    fn open(name: String) -> Result<store::Shelf, String> {
        if name.is_empty() {
            return Err("a shelf needs a name".into());
        }
        Ok(store::Shelf::new(<Shelf as store::GuestShelf>::new(name)))
    }
    fn two() -> (store::Book, store::Book) {
        let make = |title: &str| store::Book::new(<Book as store::GuestBook>::new(title.into()));
        (make("one"), make("two"))
    }
    fn alive() -> u32 {
        ALIVE.with(Cell::get)
    }
    fn swap(a: store::ShelfBorrow<'_>, b: store::ShelfBorrow<'_>) {
        a.get::<Shelf>().name.swap(&b.get::<Shelf>().name);
    }
}

impl other::Guest for Shapes {
    fn text() -> String {
        "the other text".into()
    }
}

impl Guest for Shapes {
    fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
    fn nothing() {}
    fn say(text: String) {
        println!("{text}");
    }
    fn fail(text: String) {
        panic!("{text}");
    }
    fn forever() {
        loop {
            std::hint::spin_loop();
        }
    }
    fn leave() {
        std::process::exit(7);
    }
}

export!(Shapes);
