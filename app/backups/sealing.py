"""Encryption of backups to a public key, by age: whoever has the server or the folder cannot read them.

age, because its format is one page, other programs open it (`age -d`), and `pyrage` is a wheel for every system that
needs nothing else installed. The key that opens them is never on the server.
"""

import os
from io import BufferedWriter
from pathlib import Path

import pyrage
from pyrage import ssh, x25519

from app.backups.contents import Damaged

SUFFIX = ".age"
MAGIC = b"age-encryption.org/"
ENDS = "-----END"


class WrongKey(Exception):
    """A key that is none, or opens something else. The message says what to do."""


def is_sealed(file: Path) -> bool:
    """Whether a file is encrypted so."""
    with file.open("rb") as reading:
        return reading.read(len(MAGIC)) == MAGIC


def seal(plain: Path, to: Path, public_key: str) -> None:
    """Encrypt a file to a public key. Raises WrongKey, OSError."""
    try:
        recipient = (ssh.Recipient if public_key.startswith("ssh-") else x25519.Recipient).from_str(public_key)
    except pyrage.RecipientError as error:
        raise WrongKey("BACKUP_PUBLIC_KEY: not a whole public key; copy it again: it begins with age1") from error
    with plain.open("rb") as reading, _private(to) as writing:
        pyrage.encrypt_io(reading, writing, [recipient])


def unseal(sealed: Path, to: Path, key_file: Path) -> None:
    """Decrypt a file with the key in a file. Raises WrongKey, Damaged, OSError."""
    keys = _keys(key_file)
    try:
        with sealed.open("rb") as reading, _private(to) as writing:
            pyrage.decrypt_io(reading, writing, keys)
    except pyrage.DecryptError as error:
        raise WrongKey(f"{key_file} does not open it: it is another's key, or the file is damaged") from error
    except OSError as error:
        if error.errno is None:  # age's own: the key fits, and what follows is not what was written
            raise Damaged("it is damaged, or was cut off") from error
        raise


def new_key(file: Path) -> str:
    """Write a new key into a file, for its owner alone; returns the public one. Raises OSError if it is there."""
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    with _private(file) as writing:
        writing.write(f"# public key: {public}\n{identity}\n".encode())
    return public


def _keys(file: Path) -> list[x25519.Identity | ssh.Identity]:
    content = file.read_bytes()
    try:
        if ENDS.encode() in content:
            return [ssh.Identity.from_buffer(content)]
        lines = (line.strip() for line in content.decode().splitlines())
        found = [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise WrongKey(f"{file} holds no key; write the file that hotline backup --new-key made") from error
    if not found:
        raise WrongKey(f"{file} holds no key; write the file that hotline backup --new-key made")
    return [*found]


def _private(file: Path) -> BufferedWriter:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
