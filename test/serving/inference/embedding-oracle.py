"""The embedding model once more, in NumPy over its published weights: texts as JSON in, tokens and vectors as JSON out."""
import json
import math
import struct
import sys

import numpy as np
import tokenizers

weights_file, tokenizer_file, texts = sys.argv[1:4]
with open(weights_file, "rb") as file:
    size = struct.unpack("<Q", file.read(8))[0]
    header = json.loads(file.read(size))
    data = file.read()


def weight(name):
    start, end = header[name]["data_offsets"]
    return np.frombuffer(data[start:end], np.float32).reshape(header[name]["shape"]).astype(np.float64)


def linear(x, name):
    return x @ weight(f"{name}.weight").T + weight(f"{name}.bias")


def normalise(x, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return scaled * weight(f"{name}.weight") + weight(f"{name}.bias")


def heads(x):
    return x.reshape(len(x), 12, 32).transpose(1, 0, 2)


def attend(x, name):
    query, key, value = (heads(linear(x, f"{name}.self.{part}")) for part in ("query", "key", "value"))
    scores = query @ key.transpose(0, 2, 1) / math.sqrt(32)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed = (shares @ value).transpose(1, 0, 2).reshape(len(x), 384)
    return normalise(x + linear(mixed, f"{name}.output.dense"), f"{name}.output.LayerNorm")


gelu = np.vectorize(lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))))


def embed(ids):
    table = "embeddings.{}_embeddings.weight".format
    x = weight(table("word"))[ids] + weight(table("position"))[: len(ids)] + weight(table("token_type"))[0]
    x = normalise(x, "embeddings.LayerNorm")
    for index in range(6):
        layer = f"encoder.layer.{index}"
        x = attend(x, f"{layer}.attention")
        wide = gelu(linear(x, f"{layer}.intermediate.dense"))
        x = normalise(x + linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    pooled = x.mean(0)
    return pooled / np.linalg.norm(pooled)


tokenizer = tokenizers.Tokenizer.from_file(tokenizer_file)
tokenizer.no_padding()
tokenizer.no_truncation()
tokens = [tokenizer.encode(text).ids for text in json.loads(texts)]
print(json.dumps({"tokens": [len(ids) for ids in tokens], "vectors": [embed(ids).tolist() for ids in tokens]}))
