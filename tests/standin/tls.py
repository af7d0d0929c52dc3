"""A certificate authority of the stand-in's own, and a certificate for each server."""

from commands import call, own

# A certificate has no localhost and no IP address: the name check can be seen working.
OPENSSL_CONF = """
[req]
prompt = no
distinguished_name = name
[name]
CN = standin
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {hosts}
"""

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
REQUEST = ["openssl", "req", "-config", "openssl.cnf", *KEY]


def make_certificates(folder, servers, account):
    """NAME.pem and NAME.key for each name and its hosts of the servers, and ca.pem."""
    tls = folder / "tls"
    tls.mkdir()
    config = tls / "openssl.cnf"
    config.write_text(OPENSSL_CONF.format(hosts="DNS:none.invalid"))
    authority = ["-x509", "-extensions", "ca", "-days", "7", "-subj", "/CN=standin CA"]
    call([*REQUEST, *authority, "-keyout", "ca.key", "-out", "ca.pem"], cwd=tls)
    for serial, (name, hosts) in enumerate(servers.items(), start=2):
        config.write_text(OPENSSL_CONF.format(hosts=",".join(map(subject, hosts))))
        make_certificate(tls, name, serial)
        (tls / f"{name}.key").chmod(0o600)
        own(tls / f"{name}.key", account)
    for name in ("ca.key", "openssl.cnf"):
        (tls / name).unlink()


def subject(host):
    is_address = host.replace(".", "").isdigit()
    return f"IP:{host}" if is_address else f"DNS:{host}"


def make_certificate(tls, name, serial):
    request, signed = f"{name}.csr", f"{name}.pem"
    call([*REQUEST, "-new", "-keyout", f"{name}.key", "-out", request], cwd=tls)
    signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", str(serial), "-days", "7"]
    extensions = ["-extfile", "openssl.cnf", "-extensions", "server"]
    call(["openssl", "x509", "-req", *signer, *extensions, "-in", request, "-out", signed], cwd=tls)
    (tls / request).unlink()
