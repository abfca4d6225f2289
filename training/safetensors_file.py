"""Reading and writing .safetensors files: an 8-byte length, a JSON header, the tensors."""
import json
import os
import struct

import numpy as np
import torch

_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "U8": np.uint8}


def save_safetensors(path, tensors, metadata=None):
    """Write named tensors; metadata values that are no strings are written as JSON."""
    header, offset, blobs = {}, 0, []
    if metadata:
        header["__metadata__"] = {k: v if isinstance(v, str) else json.dumps(v) for k, v in metadata.items()}
    for name, t in tensors.items():
        a = np.ascontiguousarray(t.detach().cpu().numpy() if torch.is_tensor(t) else t)
        kind = next(k for k, v in _TYPES.items() if a.dtype == v)
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        offset += a.nbytes
        blobs.append(a)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for a in blobs:
            f.write(a.tobytes())
    os.replace(path + ".part", path)


def load_safetensors(path):
    """The tensors of a file by name, and its metadata."""
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + n])
    metadata = header.pop("__metadata__", {})
    out = {}
    for name, h in header.items():
        a, b = h["data_offsets"]
        out[name] = torch.from_numpy(np.frombuffer(raw[8 + n + a:8 + n + b], _TYPES[h["dtype"]]).reshape(h["shape"]).copy())
    return out, metadata
