"""A small archive as CIFAR-10's."""

import io
import tarfile

FOLDER = "cifar-10-batches-bin"
NAME = "cifar-10-binary.tar.gz"
SIZE = 30_000
BATCHES = [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]
CONTENTS = {f"{FOLDER}/{name}": bytes([i]) * SIZE for i, name in enumerate(BATCHES)}
CONTENTS[f"{FOLDER}/batches.meta.txt"] = b"airplane\nautomobile\n"


def entry(name, content=b"", **fields):
    """A member of an archive, and its content."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def members(**changes):
    """The members of a good archive; ``batch1`` and others replace or, as None, leave out one."""
    made = {name: entry(name, content) for name, content in CONTENTS.items()}
    for name, change in changes.items():
        made[f"{FOLDER}/{name}"] = change
    return [one for one in made.values() if one is not None]


def packed(entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
