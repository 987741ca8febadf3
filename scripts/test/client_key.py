"""A machine client's key and tokens, by another implementation than ours (PyJWT).

client_key.py make FILE                  makes a key, keeps it in FILE, prints its public half as a JSON Web Key
client_key.py token FILE CLIENT SERVER   prints an access token of SERVER for CLIENT
"""

import json
import pathlib
import sys
import time
import uuid

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def make(path: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pathlib.Path(path).write_bytes(pem)
    print(json.dumps(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)))


def token(path: str, client: str, server: str) -> None:
    described = requests.get(f"{server}/.well-known/oauth-authorization-server", timeout=10).json()
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": described["issuer"], "iat": now, "exp": now + 60}
    assertion = jwt.encode(claims | {"jti": str(uuid.uuid4())}, pathlib.Path(path).read_bytes(), algorithm="ES256")
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": assertion}
    granted = requests.post(described["token_endpoint"], data=form, timeout=10)
    granted.raise_for_status()
    print(granted.json()["access_token"])


{"make": make, "token": token}[sys.argv[1]](*sys.argv[2:])
