use std::io;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::{Authority, client, connect, server_of_pem};

/// What became of the client, whose server had a certificate for this name.
async fn attempt(named: &str, trusted: &Authority, authority: &Authority) -> io::Result<()> {
    let server = authority.server(&[named.to_owned()]).unwrap();
    let (near, far) = duplex(10_000);
    let serving = tokio::spawn(async move {
        let mut stream = server.accept(far).await?;
        stream.write_all(b"hello").await?;
        stream.shutdown().await
    });
    let roots: Vec<_> =
        CertificateDer::pem_slice_iter(trusted.pem().as_bytes()).flatten().collect();
    let config = client(roots).unwrap();
    let mut stream = connect(&config, "mydb.abc123.us-east-1.rds.amazonaws.com", near).await?;
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await?;
    assert_eq!(heard, "hello");
    serving.await.unwrap()
}

#[tokio::test]
async fn the_authority_and_the_name_are_verified() {
    let authority = Authority::new("one").unwrap();
    let other = Authority::new("other").unwrap();
    let name = "mydb.abc123.us-east-1.rds.amazonaws.com";
    attempt(name, &authority, &authority).await.unwrap();
    for (name, trusted) in [(name, &other), ("other.example.com", &authority)] {
        let error = attempt(name, trusted, &authority).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
    }
}

#[test]
fn no_root_and_no_certificate_are_errors() {
    assert!(client([]).is_err());
    assert!(server_of_pem(b"", b"").is_err());
    let authority = Authority::new("one").unwrap();
    assert!(server_of_pem(authority.pem().as_bytes(), b"").is_err());
}
