"""Encrypting files and signing data sets (PS3.10 7.4, PS3.15 C, D)."""

from hounsfield.protect.originals import reidentify, sealer
from hounsfield.protect.secure_file import Recipients, decrypt, encrypt
from hounsfield.protect.sign import Scope, Signer, sign
from hounsfield.protect.verify import verify

__all__ = ["Recipients", "Scope", "Signer", "decrypt", "encrypt", "reidentify", "sealer", "sign", "verify"]
