//! Sockets through std::net, as any Rust program has them. The first argument says what to do; an error is printed
//! as its kind, and ends with status 1.
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

fn arg(n: usize) -> String {
    std::env::args().nth(n).unwrap_or_default()
}

/// Sends a text, reads to the end.
fn talk() -> io::Result<()> {
    let mut stream = TcpStream::connect(arg(2))?;
    println!("peer {} family {}", stream.peer_addr()?, if stream.local_addr()?.is_ipv6() { 6 } else { 4 });
    stream.write_all(arg(3).as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    println!("{answer}");
    Ok(())
}

/// Sends that many bytes to who reads slowly, and prints what it answers.
fn pour() -> io::Result<()> {
    let mut stream = TcpStream::connect(arg(2))?;
    let mut left: usize = arg(3).parse().unwrap();
    let block: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
    while left > 0 {
        let part = left.min(block.len());
        stream.write_all(&block[..part])?;
        left -= part;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    println!("{answer}");
    Ok(())
}

/// Reads to the end and prints how much.
fn drink() -> io::Result<()> {
    let mut stream = TcpStream::connect(arg(2))?;
    let mut buffer = vec![0; 70_000];
    let mut total = 0;
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        for (i, byte) in buffer[..count].iter().enumerate() {
            assert_eq!(*byte, ((total + i) % 251) as u8);
        }
        total += count;
    }
    println!("{total}");
    Ok(())
}

/// Echoes what a number of clients send, one after the other.
fn listen() -> io::Result<()> {
    let listener = TcpListener::bind(arg(2))?;
    println!("listening on {}", listener.local_addr()?);
    for _ in 0..arg(3).parse().unwrap() {
        let (mut stream, peer) = listener.accept()?;
        println!("from {}", peer.ip());
        let mut buffer = [0; 1000];
        loop {
            let count = stream.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            stream.write_all(&buffer[..count])?;
        }
    }
    Ok(())
}

fn datagrams() -> io::Result<()> {
    let socket = UdpSocket::bind(arg(2))?;
    let to: SocketAddr = arg(3).parse().unwrap();
    socket.send_to(b"first", to)?;
    let mut buffer = [0; 70_000];
    let (count, from) = socket.recv_from(&mut buffer)?;
    println!("{} from {from}", String::from_utf8_lossy(&buffer[..count]));
    socket.connect(to)?;
    socket.send(b"second")?;
    let count = socket.recv(&mut buffer)?;
    println!("{}", String::from_utf8_lossy(&buffer[..count]));
    socket.send(b"")?;
    println!("empty {}", socket.recv(&mut buffer)?);
    socket.send(&[b'x'; 9000])?;
    println!("large {}", socket.recv(&mut buffer)?);
    match socket.send(&[0; 66_000]) {
        Ok(count) => println!("sent {count}"),
        Err(error) => println!("too large: {}", error.raw_os_error().unwrap_or(0) != 0),
    }
    Ok(())
}

fn names() -> io::Result<()> {
    for address in (arg(2).as_str(), 80).to_socket_addrs()? {
        println!("{}", address.ip());
    }
    Ok(())
}

/// Options, time-outs, and not waiting.
fn options() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    client.set_ttl(42)?;
    println!("ttl {}", client.ttl()?);
    client.set_read_timeout(Some(Duration::from_millis(50)))?;
    println!("timeout {:?}", (&client).read(&mut [0; 1]).map_err(|e| e.kind()));
    listener.set_nonblocking(true)?;
    println!("accept {:?}", listener.accept().map(|_| ()).map_err(|e| e.kind()));
    client.set_nonblocking(true)?;
    println!("read {:?}", (&client).read(&mut [0; 1]).map_err(|e| e.kind()));
    let mut sent = 0usize;
    loop {
        match (&client).write(&[7; 65536]) {
            Ok(count) => sent += count,
            Err(error) => {
                println!("write {:?} after some: {}", error.kind(), sent > 0);
                break;
            }
        }
    }
    drop(client);
    let mut rest = Vec::new();
    (&server).read_to_end(&mut rest)?;
    println!("all arrived: {}", rest.len() == sent);
    Ok(())
}

fn main() {
    let done = match arg(1).as_str() {
        "talk" => talk(),
        "pour" => pour(),
        "drink" => drink(),
        "listen" => listen(),
        "datagrams" => datagrams(),
        "names" => names(),
        "options" => options(),
        _ => panic!("what?"),
    };
    if let Err(error) = done {
        println!("error {:?}", error.kind());
        std::process::exit(1);
    }
}
