#!/bin/sh
# Peers that the tests of patch_boto3 need and that do not belong into the environment: aiobotocore
# with the botocore that it pins, the AWS CLI, which brings one of its own under that name, and the
# source distribution of botocore, which has its tests. Also the newest mysql-connector-python whose
# extension in C loads with the OpenSSL of Debian 12, PyInstaller, which packs a program, and Airflow.
set -eu
cd "$(dirname "$0")/.."
peers=build/peers
aiobotocore=3.10.0
awscli=1.46.3
mysql=9.5.0
pyinstaller=6.22.3
botocore=$(sed -n 's/^botocore==//p' bindings-python/requirements-dev.txt)
airflow=bindings-python/requirements-airflow.txt
stamp="$peers/installed-$aiobotocore-$awscli-$mysql-$pyinstaller-$botocore-$(cksum <$airflow | cut -d' ' -f1)"
[ -e "$stamp" ] && exit
rm -rf "$peers"
mkdir -p "$peers"
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
# pip compares with the environment, in which these do not go.
for peer in "aiobotocore==$aiobotocore" "awscli==$awscli" "mysql-connector-python==$mysql" \
    "pyinstaller==$pyinstaller"; do
    pip install -q --target "$peers/${peer%%=*}" "$peer" 2>"$peers/log" ||
        { cat "$peers/log"; exit 1; }
done
pip install -q --no-deps --target "$peers/airflow" -r "$airflow"
pip download -q --no-deps --no-binary botocore -d "$peers" "botocore==$botocore"
touch "$stamp"
