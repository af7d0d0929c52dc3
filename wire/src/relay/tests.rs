use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, duplex};
use tokio::time::timeout;

use super::*;

#[derive(Default)]
struct Counts([AtomicUsize; 2]);

impl Observer for Counts {
    fn passed(&self, from: From, bytes: &[u8]) {
        self.0[usize::from(from == From::Server)].fetch_add(bytes.len(), Ordering::Relaxed);
    }
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from(at.wrapping_mul(7) % 251).unwrap()).collect()
}

async fn send(mut to: WriteHalf<DuplexStream>, all: Vec<u8>) {
    to.write_all(&all).await.unwrap();
    to.shutdown().await.unwrap();
}

async fn take(mut from: ReadHalf<DuplexStream>) -> Vec<u8> {
    let mut all = vec![];
    from.read_to_end(&mut all).await.unwrap();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn all_bytes_arrive_in_order_whatever_the_buffers(
        up in 0_usize..300_000,
        down in 0_usize..300_000,
        room in 1_usize..9_000,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let (client, mut inner) = duplex(room);
            let (mut outer, server) = duplex(room);
            let counts = Counts::default();
            let relaying = relay(&mut inner, &mut outer, &counts);
            let (from_client, from_server) = (bytes(up), bytes(down));
            let (client_reads, client_writes) = tokio::io::split(client);
            let (server_reads, server_writes) = tokio::io::split(server);
            let (relayed, (), (), at_server, at_client) = tokio::join!(
                relaying,
                send(client_writes, from_client.clone()),
                send(server_writes, from_server.clone()),
                take(server_reads),
                take(client_reads),
            );
            relayed.unwrap();
            assert!(at_server == from_client && at_client == from_server);
            assert_eq!(counts.0[0].load(Ordering::Relaxed), up);
            assert_eq!(counts.0[1].load(Ordering::Relaxed), down);
        });
    }
}

#[tokio::test]
async fn the_end_of_one_direction_leaves_the_other_open() {
    let (mut client, mut inner) = duplex(100);
    let (mut outer, mut server) = duplex(100);
    let relaying = tokio::spawn(async move { relay(&mut inner, &mut outer, &()).await });
    client.write_all(b"last question").await.unwrap();
    client.shutdown().await.unwrap();
    let mut asked = String::new();
    server.read_to_string(&mut asked).await.unwrap();
    assert_eq!(asked, "last question");
    server.write_all(b"answer").await.unwrap();
    server.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "answer");
    relaying.await.unwrap().unwrap();
}

#[tokio::test]
async fn nothing_more_is_read_while_the_other_side_takes_nothing() {
    let (mut client, mut inner) = duplex(1000);
    let (mut outer, server) = duplex(1000);
    let relaying = tokio::spawn(async move { relay(&mut inner, &mut outer, &()).await });
    let much = bytes(1_000_000);
    let sending = client.write_all(&much);
    assert!(timeout(Duration::from_millis(300), sending).await.is_err());
    drop(server);
    assert!(relaying.await.unwrap().is_err());
}

#[tokio::test]
async fn a_side_that_is_gone_ends_both() {
    let (mut client, mut inner) = duplex(100);
    let (mut outer, server) = duplex(100);
    let relaying = tokio::spawn(async move { relay(&mut inner, &mut outer, &()).await });
    drop(server);
    // The end of the server arrives, and what the client sends afterwards breaks.
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    client.write_all(b"still there?").await.unwrap();
    assert!(relaying.await.unwrap().is_err());
}
