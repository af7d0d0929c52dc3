"""A token by awscrt, the binding of the C libraries of AWS."""

from awscrt.auth import (
    AwsCredentialsProvider,
    AwsSignatureType,
    AwsSigningConfig,
    aws_sign_request,
)
from awscrt.http import HttpHeaders, HttpRequest
from setting import HOST, PORT, REGION, USER


def signer(key, secret, session):
    provider = AwsCredentialsProvider.new_static(key, secret, session)
    headers = [("host", f"{HOST}:{PORT}")]
    path = f"/?Action=connect&DBUser={USER}"

    def token():
        request = HttpRequest("GET", path, HttpHeaders(headers))
        config = AwsSigningConfig(
            signature_type=AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
            credentials_provider=provider,
            region=REGION,
            service="rds-db",
            expiration_in_seconds=900,
        )
        return f"{HOST}:{PORT}{aws_sign_request(request, config).result().path}"

    return token
