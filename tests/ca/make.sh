#!/bin/sh
# Makes the certificates of this folder anew: roots of nobody, whose names and dates count.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/cnf" <<'CNF'
[ca]
default_ca=own
[own]
database=$ENV::WORK/index
serial=$ENV::WORK/serial
new_certs_dir=$ENV::WORK
default_md=sha256
policy=any
unique_subject=no
[any]
countryName=optional
organizationName=optional
commonName=supplied
[root]
basicConstraints=critical,CA:TRUE
[leaf]
basicConstraints=critical,CA:FALSE
[req]
distinguished_name=name
[name]
CNF
export WORK="$work"
certificate() { # file, common name, start, end, extensions
    : >"$work/index"
    echo 01 >"$work/serial"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config "$work/cnf" \
        -keyout "$work/key" -out "$work/csr" -subj "/C=US/O=Amazon Web Services, Inc./CN=$2" 2>/dev/null
    openssl ca -batch -notext -selfsign -config "$work/cnf" -keyfile "$work/key" -in "$work/csr" \
        -out "$1.pem" -startdate "$3" -enddate "$4" -extensions "${5:-root}" 2>/dev/null
}
certificate us-east-1 "Amazon RDS us-east-1 Root CA RSA2048 G1" 20200101000000Z 21200101000000Z
certificate eu-west-1 "Amazon RDS eu-west-1 Root CA ECC384 G1" 20200101000000Z 21200101000000Z
certificate beta "Amazon RDS Beta us-east-1 Root CA RSA2048 G1" 20200101000000Z 21200101000000Z
certificate ended-us-east-1 "Amazon RDS us-east-1 Root CA RSA2048 G1" 20200101000000Z 20210101000000Z
certificate to-come "Amazon RDS us-east-1 Root CA RSA2048 G1" 21190101000000Z 21200101000000Z
certificate other "Some Root CA" 20200101000000Z 21200101000000Z
certificate alike "Not Amazon RDS us-east-1 Root CA RSA2048 G1" 20200101000000Z 21200101000000Z
certificate leaf "Amazon RDS us-east-1 Root CA RSA2048 G1" 20200101000000Z 21200101000000Z leaf
