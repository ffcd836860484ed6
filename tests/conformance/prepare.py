#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Castellan developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a folder with certificates, and with the network in which every listing's answer is right."""

import datetime
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from published import HERE
from stage import Holder

HOLDERS = ("service", "second", "other", "device")


def make_certificate(folder, holder):
    key = rsa.generate_private_key(65537, 2048)
    common_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{holder}.example.org")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (x509.CertificateBuilder().subject_name(common_name).issuer_name(common_name)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    path = pathlib.Path(folder) / f"{holder}.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def prepare(folder):
    network = (HERE / "network.json").read_text(encoding="utf-8")
    for holder in HOLDERS:
        make_certificate(folder, holder)
        network = network.replace(f"thumbprint of {holder}", Holder(folder, holder).thumbprint)
    (pathlib.Path(folder) / "network.json").write_text(network, encoding="utf-8")


prepare(sys.argv[1])
