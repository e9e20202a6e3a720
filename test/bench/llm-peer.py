"""Tokens per second of llama.cpp itself through the low-level interface of llama-cpp-python: `llm-peer.py MODEL THREADS STREAMS TOKENS`. Prints JSON."""
import json
import sys
import time

import llama_cpp as L

path, (threads, streams, tokens) = sys.argv[1], map(int, sys.argv[2:5])
PROMPT = 16
L.llama_backend_init()
model_params = L.llama_model_default_params()
model_params.n_gpu_layers = 0
# Repacked buffers crash on virtual machines that announce AMX without having it.
model_params.use_extra_bufts = False
model = L.llama_model_load_from_file(path.encode(), model_params)
params = L.llama_context_default_params()
params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = 512 * streams, 512, 512, streams
params.n_threads = params.n_threads_batch = threads
context = L.llama_init_from_model(model, params)
batch = L.llama_batch_init(512, 0, streams)


def put(slot, token, position, sequence, wants_logits):
    batch.token[slot], batch.pos[slot], batch.n_seq_id[slot] = token, position, 1
    batch.seq_id[slot][0], batch.logits[slot] = sequence, 1 if wants_logits else 0


def decode(count):
    batch.n_tokens = count
    assert L.llama_decode(context, batch) == 0
    L.llama_synchronize(context)


for sequence in range(streams):
    for position in range(PROMPT):
        put(position, 300 + position * 97, position, sequence, position == PROMPT - 1)
    decode(PROMPT)
started = time.perf_counter()
for step in range(tokens):
    for sequence in range(streams):
        put(sequence, 300 + (step * 31 + sequence) % 40000, PROMPT + step, sequence, True)
    decode(streams)
print(json.dumps({"tokensPerSecond": streams * tokens / (time.perf_counter() - started)}))
