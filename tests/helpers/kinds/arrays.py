"""NPZ and HDF5 files as other programs write them."""

import h5py
import numpy as np

from helpers.kinds import IMAGES, WORDS, A, B, N, Y, hdf5, npz, read, refused

X = np.stack([A, B], 1)
ONE_HOT = np.eye(3)[np.arange(N) * 7 % 5 % 3]
T, S = slice(0, 30), slice(30, N)
IMG, SPLIT = (
    {"x": IMAGES, "y": Y},
    {"x_train": IMAGES[T], "y_train": Y[T], "x_test": IMAGES[S], "y_test": Y[S]},
)
XY = {"x": X, "y": Y}


def arrays(file, *options, columns=None, words=(), **held):
    return read(
        file,
        npz(**held) if file.endswith("npz") else hdf5(**held),
        *options,
        columns=XY if columns is None else columns,
        words=words,
    )


def no(file, *options, words, **held):
    return refused(
        file, npz(**held) if file.endswith("npz") else hdf5(**held), *options, words=words
    )


def h5(fill, *options, columns=None, words=(), file="h.h5"):
    return read(
        file,
        hdf5(lambda f: (f.update(XY), fill(f))),
        *options,
        columns=XY if columns is None else columns,
        words=words,
    )


def no_h5(fill, *options, words, file="h.h5"):
    return refused(file, hdf5(lambda f: (f.update(XY), fill(f))), *options, words=words)


LEFT_OUT = {
    "coursera": read(
        "c.h5",
        hdf5(train_set_x=IMAGES, train_set_y=Y, list_classes=np.array([b"non-cat", b"cat"])),
        "--target-columns",
        "train_set_y",
        "--ignore-columns",
        "list_classes",
        columns={"train_set_x": IMAGES, "train_set_y": Y},
        targets=("train_set_y",),
    ),
    "scalar": h5(lambda f: f.update(z=3.0), "--ignore-columns", "z"),
    "records": h5(
        lambda f: f.update(z=np.zeros(N, [("p", "f8"), ("q", "i4")])), "--ignore-columns", "z"
    ),
    "ragged": h5(
        lambda f: f.create_dataset("z", (N,), h5py.vlen_dtype("f8")), "--ignore-columns", "z"
    ),
    "references": h5(
        lambda f: f.create_dataset("z", (N,), h5py.ref_dtype), "--ignore-columns", "z"
    ),
    "other rows": h5(lambda f: f.update(z=np.arange(7)), "--ignore-columns", "z"),
    "text in a block": h5(lambda f: f.update(z=np.full((N, 3), b"a")), "--ignore-columns", "z"),
    "never written": h5(lambda f: f.create_dataset("z", (N,), "f8"), "--ignore-columns", "z"),
    "huge, never written": h5(
        lambda f: f.create_dataset("z", (2**40,), "f8", chunks=True), "--ignore-columns", "z"
    ),
    "huge, in its first chunk": h5(
        lambda f: f.create_dataset(
            "z", (N, 2**33), "f8", chunks=(1, 64), compression="gzip"
        ).__setitem__((0, 0), 1),
        "--ignore-columns",
        "z",
    ),
    "opaque": h5(lambda f: f.update(z=np.zeros(N, "V8")), "--ignore-columns", "z"),
    "complex": h5(lambda f: f.update(z=np.zeros(N, complex)), "--ignore-columns", "z"),
    "empty": h5(lambda f: f.create_dataset("z", data=h5py.Empty("f4")), "--ignore-columns", "z"),
    "enumeration": h5(
        lambda f: f.create_dataset("z", (N,), h5py.enum_dtype({"A": 0, "B": 1}, "i4")),
        "--ignore-columns",
        "z",
    ),
    "text that is not UTF-8": h5(
        lambda f: f.update(z=np.full(N, b"caf\xe9")), "--ignore-columns", "z"
    ),
    "named type": h5(lambda f: f.__setitem__("z", np.dtype("f8")), words="z"),
    "a group": h5(lambda f: f.create_group("meta"), words="meta"),
    "dimension scales": h5(
        lambda f: (
            f.update(z=np.arange(N)),
            f["z"].make_scale("z"),
            f["x"].dims[0].attach_scale(f["z"]),
        ),
        "--ignore-columns",
        "z",
    ),
    "bool": read("b.h5", hdf5(x=X, y=Y == 1), columns={"x": X, "y": Y == 1}),
    "records that are used": no_h5(
        lambda f: f.update(z=np.zeros(N, [("p", "f8")])),
        words=("'z'", "records", "leave the column out"),
    ),
    "only groups": refused(
        "g.h5", hdf5(lambda f: f.create_group("train").update(XY)), words=("groups only", "train")
    ),
    "pandas": refused(
        "p.h5",
        hdf5(lambda f: f.create_group("df").update(axis0=np.array([b"a"]), block0_values=X)),
        words=("groups only", "df"),
    ),
    "images in HWC": read("i.h5", hdf5(**IMG), columns=IMG),
    "float16": read("i.h5", hdf5(x=X.astype("f2"), y=Y), columns=XY),
    "big endian": read("i.h5", hdf5(x=X.astype(">f4"), y=Y.astype(">i2")), columns=XY),
    "fletcher and gzip": read(
        "i.h5",
        hdf5(
            lambda f: (
                f.create_dataset("x", data=X, compression="gzip", shuffle=True, fletcher32=True),
                f.update(y=Y),
            )
        ),
        columns=XY,
    ),
    "long text": read(
        "i.h5",
        hdf5(
            lambda f: (f.update(x=X), f.create_dataset("y", data=WORDS, dtype=h5py.string_dtype()))
        ),
        columns={"x": X, "y": WORDS},
    ),
    "text of one width, padded by blanks": read(
        "i.h5",
        hdf5(x=X, y=np.array([w.ljust(8) for w in WORDS], "S8")),
        columns={"x": X, "y": WORDS},
    ),
    "text with a missing value": refused(
        "i.h5",
        hdf5(
            lambda f: (
                f.update(x=X),
                f.create_dataset("y", data=["", *WORDS[1:]], dtype=h5py.string_dtype()),
            )
        ),
        words=("'y'", "index 0", "has no label"),
    ),
    "a value that is missing": refused(
        "i.h5", hdf5(x=np.where(X > 4, np.nan, X), y=Y), words=("'x'", "index", "finite")
    ),
}


def virtual(f):
    layout = h5py.VirtualLayout((N,), "f8")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (N,))
    f.create_virtual_dataset("z", layout)


LINKS = {
    "soft": h5(lambda f: f.__setitem__("z", h5py.SoftLink("/x")), "--ignore-columns", "z"),
    "soft, to nothing": h5(
        lambda f: f.__setitem__("z", h5py.SoftLink("/nowhere")), "--ignore-columns", "z"
    ),
    "soft, to itself": h5(
        lambda f: f.__setitem__("z", h5py.SoftLink("/z")), "--ignore-columns", "z"
    ),
    "soft, into a group": h5(
        lambda f: (f.create_group("g").update(v=A), f.__setitem__("z", h5py.SoftLink("/g/v"))),
        "--ignore-columns",
        "z",
        words="g",
    ),
    "soft, to the file": h5(
        lambda f: f.__setitem__("z", h5py.SoftLink("/")), "--ignore-columns", "z"
    ),
    "external": h5(
        lambda f: f.__setitem__("z", h5py.ExternalLink("other.h5", "/x")), "--ignore-columns", "z"
    ),
    "virtual": h5(virtual, "--ignore-columns", "z"),
    "external storage": h5(
        lambda f: f.create_dataset("z", (N,), "f8", external=[("other.bin", 0, N * 8)]),
        "--ignore-columns",
        "z",
    ),
    "hard, twice": h5(lambda f: f.__setitem__("z", f["x"]), "--ignore-columns", "z"),
    "hard, a group twice": h5(
        lambda f: (f.create_group("g"), f.__setitem__("h", f["g"])), words="g, h"
    ),
    "hard, the file itself": h5(lambda f: f.__setitem__("z", f["/"]), words="z"),
    "soft, used": no_h5(
        lambda f: f.__setitem__("z", h5py.SoftLink("/x")),
        words=("'z'", "link", "leave the column out"),
    ),
    "broken, used": no_h5(
        lambda f: f.__setitem__("z", h5py.SoftLink("/nowhere")), words=("'z'", "link")
    ),
    "external, used": no_h5(
        lambda f: f.__setitem__("z", h5py.ExternalLink("/etc/passwd", "/x")), words=("'z'", "link")
    ),
    "virtual, used": no_h5(virtual, words=("'z'", "other files")),
    "all are links": refused(
        "l.h5",
        hdf5(lambda f: f.update({"x": h5py.SoftLink("/g/x"), "y": h5py.SoftLink("/g/y")})),
        words=("'x'", "link"),
    ),
    "a name with a dot": h5(
        lambda f: f.__setitem__("z.old", h5py.SoftLink("/x")), "--ignore-columns", "z.old"
    ),
    "two of them": h5(
        lambda f: f.update({"z": h5py.SoftLink("/x"), "w": h5py.ExternalLink("o", "/")}),
        "--ignore-columns",
        "z,w",
    ),
    "the target": refused(
        "l.h5",
        hdf5(lambda f: (f.update(x=X, z=Y), f.__setitem__("y", h5py.SoftLink("/z")))),
        "--ignore-columns",
        "z",
        words=("'y'", "link"),
    ),
    "a user block": read(
        "l.h5",
        hdf5(
            lambda f: (f.update(XY), f.__setitem__("z", h5py.SoftLink("/x"))),
            block=512,
            first=b"#!/bin/sh\n",
        ),
        "--ignore-columns",
        "z",
        columns=XY,
    ),
    "chosen by name": h5(lambda f: f.__setitem__("z", h5py.SoftLink("/x")), "--arrays", "x,y"),
}

LINE = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan 1 00:00:00 2024"


def put(f, name, values, kind=b"double", **attributes):
    f[name] = values
    f[name].attrs["MATLAB_class"] = np.bytes_(kind)
    for key, value in attributes.items():
        f[name].attrs[key] = value


def matlab(fill, block=512, first=LINE):
    return hdf5(fill, block=block, first=first)


def xy(f, x=None, y=None, kind=b"double"):
    put(f, "x", X.T if x is None else x)
    put(f, "y", Y[None, :].astype(float) if y is None else y, kind)


def cells(f, name, texts):
    refs = f.require_group("#refs#")
    held = []
    for i, text in enumerate(texts):
        key = f"{name}{i}"
        refs[key] = np.array([[ord(c)] for c in text], np.uint16)
        refs[key].attrs["MATLAB_class"] = np.bytes_("char")
        held.append(refs[key].ref)
    f.create_dataset(name, data=np.array([held], h5py.ref_dtype), dtype=h5py.ref_dtype)
    f[name].attrs["MATLAB_class"] = np.bytes_("cell")


def mat(fill, *options, columns=None, words="MATLAB keeps", file="m.mat"):
    return read(
        file, matlab(fill), *options, columns=XY if columns is None else columns, words=words
    )


IMAGES_M = IMAGES.transpose(2, 1, 0)
MATLAB = {
    "as it is": mat(xy),
    "block of 1024": read("m.mat", matlab(xy, 1024), columns=XY, words="MATLAB keeps"),
    "block of 4096": read("m.mat", matlab(xy, 4096), columns=XY, words="MATLAB keeps"),
    "a row vector": mat(lambda f: xy(f, y=Y[:, None].astype(float))),
    "single": mat(
        lambda f: (
            put(f, "x", X.T.astype("f4"), b"single"),
            put(f, "y", Y[None, :].astype("u1"), b"uint8"),
        )
    ),
    "logical": mat(
        lambda f: xy(f, y=Y[None, :].astype("u1"), kind=b"logical"), columns={"x": X, "y": Y == 1}
    ),
    "three dimensions": mat(lambda f: xy(f, x=IMAGES_M), columns=IMG),
    "a struct beside": mat(
        lambda f: (
            xy(f),
            f.create_group("info").attrs.__setitem__("MATLAB_class", np.bytes_("struct")),
        ),
        words=("MATLAB keeps", "info"),
    ),
    "cells beside": mat(
        lambda f: (xy(f), cells(f, "names", ["a", "b"])), "--ignore-columns", "names"
    ),
    "a name beside": mat(
        lambda f: (xy(f), put(f, "who", np.array([[109], [101]], np.uint16), b"char")),
        "--ignore-columns",
        "who",
    ),
    "an empty array beside": mat(
        lambda f: (xy(f), put(f, "z", np.array([0, 0], np.uint64), b"double", MATLAB_empty=1)),
        "--ignore-columns",
        "z",
    ),
    "a scalar beside": mat(
        lambda f: (xy(f), put(f, "n", np.array([[40.0]]))), "--ignore-columns", "n"
    ),
    "sparse beside": mat(
        lambda f: (
            xy(f),
            f.create_group("s").attrs.__setitem__("MATLAB_class", np.bytes_("double")),
        ),
        words=("MATLAB keeps", "s"),
    ),
    "cells of labels": refused(
        "m.mat",
        matlab(lambda f: (put(f, "x", X.T), cells(f, "y", WORDS))),
        words=("'y'", "MATLAB", "numbers"),
    ),
    "characters as labels": refused(
        "m.mat",
        matlab(
            lambda f: (
                put(f, "x", X.T),
                put(f, "y", np.array([[ord(w[0]) for w in WORDS]], np.uint16), b"char"),
            )
        ),
        words=("'y'", "MATLAB", "numbers"),
    ),
    "all in a struct": refused(
        "m.mat", matlab(lambda f: xy(f.create_group("data"))), words=("groups only", "data")
    ),
    "complex": refused(
        "m.mat",
        matlab(lambda f: (xy(f), put(f, "z", np.zeros((1, N), [("real", "f8"), ("imag", "f8")])))),
        words=("'z'", "records|complex"),
    ),
    "under another suffix": read("m.h5", matlab(xy), columns=XY, words="MATLAB keeps"),
    "octave, without a block": read(
        "m.mat", hdf5(lambda f: xy(f)), columns=XY, words="MATLAB keeps"
    ),
    "version 5": refused(
        "m.mat",
        b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x01IM" + bytes(100),
        words=("before 7.3", "-v7.3"),
    ),
    "version 4": refused(
        "m.mat",
        bytes.fromhex("00000000280000000200000000000000020000007800") + bytes(700),
        words=("MATLAB|-v7.3|not an HDF5 file",),
    ),
    "text": refused("m.mat", b"x,y\n1,2\n" * 30, words=("text", "not an HDF5 file")),
}

CHOSEN = ("--arrays", "x=x_train,y=y_train", "--test-arrays", "x=x_test,y=y_test")


def own_test():
    from ntk_uq.datasets import own
    from ntk_uq.datasets.own.arrays import column_of

    return own.Table("f", (column_of("f", "x", IMAGES[S]), column_of("f", "y", Y[S])))


BY_PLACE = npz(arr_0=X, arr_1=Y)
TRAIN = {"x": IMAGES[T], "y": Y[T]}
MED = {
    f"{part}_{what}": v
    for part, at in (("train", slice(0, 20)), ("val", slice(20, 30)), ("test", S))
    for what, v in (("images", IMAGES[at]), ("labels", Y[at][:, None]))
}
KERAS = {
    "keras, chosen": read("k.npz", npz(**SPLIT), *CHOSEN, columns=TRAIN, test=own_test()),
    "keras, hdf5": read("k.h5", hdf5(**SPLIT), *CHOSEN, columns=TRAIN, test=own_test()),
    "keras, nothing said": refused(
        "k.npz", npz(**SPLIT), words=("x_train", "--arrays|--target-columns")
    ),
    "keras, x alone": read("k.npz", npz(**SPLIT), "--arrays", "x=x_train,y=y_train", columns=TRAIN),
    "medmnist": read(
        "m.npz",
        npz(**MED),
        "--arrays",
        "x=train_images,y=train_labels",
        "--test-arrays",
        "x=test_images,y=test_labels",
        columns={"x": IMAGES[:20], "y": Y[:20]},
        test=own_test(),
    ),
    "medmnist, the target alone": refused(
        "m.npz",
        npz(**MED),
        "--target-columns",
        "train_labels",
        words=("rows where", "--arrays|leave the column out"),
    ),
    "by place": refused("p.npz", BY_PLACE, words=("arr_0, arr_1", "--target-columns")),
    "by place, named": read("p.npz", BY_PLACE, "--arrays", "x=arr_0,y=arr_1", columns=XY),
    "capitals": read("k.npz", npz(X=X, Y=Y), columns=XY),
    "scikit-learn": read(
        "k.npz", npz(data=X, target=Y), columns={"data": X, "target": Y}, targets=("target",)
    ),
    "images and labels": refused(
        "k.npz", npz(images=IMAGES, labels=Y), words=("--target-columns", "images, labels")
    ),
    "images and labels, named": read(
        "k.npz",
        npz(images=IMAGES, labels=Y),
        "--target-columns",
        "labels",
        columns={"images": IMAGES, "labels": Y},
        targets=("labels",),
    ),
    "column of labels": read("k.npz", npz(x=IMAGES, y=Y[:, None]), columns=IMG),
    "channel": read(
        "k.npz", npz(x=IMAGES[..., None], y=Y), columns={"x": IMAGES[..., None], "y": Y}
    ),
    "fortran order": read("k.npz", npz(x=np.asfortranarray(X), y=Y), columns=XY),
    "float16": read("k.npz", npz(x=X.astype("f2"), y=Y.astype("i1")), columns=XY),
    "big endian": read("k.npz", npz(x=X.astype(">f8"), y=Y.astype(">u2")), columns=XY),
    "bool": read("k.npz", npz(x=X, y=Y == 1), columns={"x": X, "y": Y == 1}),
    "text": read("k.npz", npz(x=X, y=np.array(WORDS)), columns={"x": X, "y": WORDS}),
    "bytes": read("k.npz", npz(x=X, y=np.array(WORDS, "S")), columns={"x": X, "y": WORDS}),
    "text, blanks": read(
        "k.npz", npz(x=X, y=np.array([w.ljust(6) for w in WORDS])), columns={"x": X, "y": WORDS}
    ),
    "objects": refused(
        "k.npz", npz(x=X, y=np.array(WORDS, object)), words=("y", "pickle", "astype")
    ),
    "objects left out": read(
        "k.npz", npz(x=X, y=Y, z=np.array([{}] * N, object)), "--ignore-columns", "z", columns=XY
    ),
    "a scalar left out": read(
        "k.npz", npz(x=X, y=Y, epoch=3), "--ignore-columns", "epoch", columns=XY
    ),
    "dates left out": read(
        "k.npz", npz(x=X, y=Y, t=np.arange(N).astype("M8[s]")), "--ignore-columns", "t", columns=XY
    ),
    "records left out": read(
        "k.npz",
        npz(x=X, y=Y, t=np.zeros(N, [("a", "f8"), ("b", "i4", (2,))])),
        "--ignore-columns",
        "t",
        columns=XY,
    ),
    "an empty array left out": read(
        "k.npz", npz(x=X, y=Y, t=np.zeros((0, 3))), "--ignore-columns", "t", columns=XY
    ),
    "long doubles left out": read(
        "k.npz", npz(x=X, y=Y, t=A.astype("g")), "--ignore-columns", "t", columns=XY
    ),
    "text in a block left out": read(
        "k.npz", npz(x=X, y=Y, t=np.full((N, 2), "a")), "--ignore-columns", "t", columns=XY
    ),
    "text that is not UTF-8 left out": read(
        "k.npz", npz(x=X, y=Y, t=np.full(N, b"\xe9")), "--ignore-columns", "t", columns=XY
    ),
    "complex": refused("k.npz", npz(x=X, y=Y, z=A + 1j), words=("'z'", "complex")),
    "missing": refused(
        "k.npz", npz(x=X, y=np.where(A == 0, np.nan, Y)), words=("'y'", "index 6", "nan")
    ),
    "masked": refused(
        "k.npz", npz(x=np.where(X > 4, np.inf, X), y=Y), words=("'x'", "index", "inf")
    ),
    "a folder in the archive": read(
        "k.npz", npz(**{"x": X, "y": Y, "old/x": X}), columns=XY, words="left out: old/x"
    ),
}

SIGNS = 2 * ONE_HOT - 1
HOT = {
    f"{kind}": arrays(
        "o.npz",
        x=X,
        y=ONE_HOT.astype(kind),
        columns={"x": X, "y": ONE_HOT},
        words="looks like classes.*argmax",
    )
    for kind in ("bool", "i1", "u1", "i8", "f2", "f4", "f8", ">f4")
}
HOT |= {
    "two columns": arrays(
        "o.npz",
        x=X,
        y=np.stack([1 - Y, Y], 1),
        columns={"x": X, "y": np.stack([1 - Y, Y], 1).astype(float)},
        words="looks like classes",
    ),
    "hdf5": arrays(
        "o.h5",
        x=X,
        y=ONE_HOT.astype("i1"),
        columns={"x": X, "y": ONE_HOT},
        words="looks like classes",
    ),
    "hdf5, bool": arrays(
        "o.h5",
        x=X,
        y=ONE_HOT.astype(bool),
        columns={"x": X, "y": ONE_HOT},
        words="looks like classes",
    ),
    "plus and minus": arrays(
        "o.npz", x=X, y=SIGNS, columns={"x": X, "y": SIGNS}, words="looks like classes"
    ),
    "centred": arrays(
        "o.npz",
        x=X,
        y=ONE_HOT - 1 / 3,
        columns={"x": X, "y": ONE_HOT - 1 / 3},
        words="looks like classes",
    ),
    "smoothed": arrays(
        "o.npz",
        x=X,
        y=ONE_HOT * 0.9 + 0.1 / 3,
        columns={"x": X, "y": ONE_HOT * 0.9 + 0.1 / 3},
        words="looks like classes",
    ),
    "one class without examples": refused(
        "o.npz",
        npz(x=X, y=np.pad(ONE_HOT, ((0, 0), (0, 1)))),
        words=("y3", "looks like classes|argmax"),
    ),
    "in a middle axis": refused("o.npz", npz(x=X, y=ONE_HOT[:, None, :]), words=("shape",)),
    "transposed": refused("o.npz", npz(x=X, y=ONE_HOT.T), words=("y", "3 .*40|40 .*3")),
    "classification by choice": refused(
        "o.npz", npz(x=X, y=ONE_HOT), "--task", "classification", words=("argmax",)
    ),
    "columns of csv": read(
        "o.csv",
        "a,b,p,q,r\n"
        + "".join(
            f"{a},{b},{int(h[0])},{int(h[1])},{int(h[2])}\n"
            for a, b, h in zip(A, B, ONE_HOT, strict=True)
        ),
        "--target-columns",
        "p,q,r",
        columns={"a": A, "b": B, "p": ONE_HOT[:, 0], "q": ONE_HOT[:, 1], "r": ONE_HOT[:, 2]},
        targets=("p", "q", "r"),
        words="looks? like classes",
    ),
    "two groups at once": arrays(
        "o.npz",
        x=X,
        y=np.concatenate([ONE_HOT, ONE_HOT], 1),
        columns={"x": X, "y": np.concatenate([ONE_HOT, ONE_HOT], 1)},
    ),
    "a count of none or one": arrays(
        "o.npz",
        x=X,
        y=(ONE_HOT * (A > 3)[:, None]),
        columns={"x": X, "y": (ONE_HOT * (A > 3)[:, None])},
    ),
}

KINDS = {"left out": LEFT_OUT, "links": LINKS, "matlab": MATLAB, "keras": KERAS, "one-hot": HOT}
