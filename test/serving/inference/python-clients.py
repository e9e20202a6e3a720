"""Clients of other projects against a gateway: OpenAI's for embeddings, Triton's for the Open Inference Protocol."""
import json
import os
import sys

import numpy as np
import openai
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

url, texts = sys.argv[1], json.loads(sys.argv[2])
key = os.environ["RAMPA_KEY"]
# Copied for each call: the client writes the length of one request's JSON into the headers that it was given.
auth = {"Authorization": f"Bearer {key}"}
client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
# This client asks for base64 by itself; with an encoding named it takes what it gets.
packed = client.embeddings.create(model="embed", input=texts)
plain = client.embeddings.create(model="embed", input=texts, encoding_format="float")

server = triton.InferenceServerClient(url.removeprefix("http://"))
flowers = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], np.float32)


def ask(binary):
    given = triton.InferInput("X", flowers.shape, "FP32")
    given.set_data_from_numpy(flowers, binary_data=binary)
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
    answer = server.infer("iris", [given], request_id="t-1", outputs=wanted, headers=dict(auth))
    labels = [each.decode() if isinstance(each, bytes) else each for each in answer.as_numpy("label").tolist()]
    return {"labels": labels, "shape": answer.as_numpy("probabilities").shape, "id": answer.get_response()["id"]}


def refusal(call):
    try:
        call()
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}


wrong = triton.InferInput("X", [1, 3], "FP32")
wrong.set_data_from_numpy(np.zeros([1, 3], np.float32))
ids = triton.InferInput("input_ids", [1, 4], "INT64")
ids.set_data_from_numpy(np.array([[101, 7592, 2088, 102]]))
mask = triton.InferInput("attention_mask", [1, 4], "INT64")
mask.set_data_from_numpy(np.ones([1, 4], np.int64))
types = triton.InferInput("token_type_ids", [1, 4], "INT64")
types.set_data_from_numpy(np.zeros([1, 4], np.int64))

print(json.dumps({
    "packed": [each.embedding for each in packed.data],
    "plain": [each.embedding for each in plain.data],
    "tokens": packed.usage.total_tokens,
    "health": [server.is_server_live(), server.is_server_ready(), server.is_model_ready("iris", headers=dict(auth))],
    "server": server.get_server_metadata(headers=dict(auth)),
    "model": server.get_model_metadata("iris", headers=dict(auth)),
    "bytes": ask(True),
    "json": ask(False),
    "hidden": server.infer("embed", [ids, mask, types], headers=dict(auth)).as_numpy("last_hidden_state").shape,
    "refused": refusal(lambda: server.infer("iris", [wrong], headers=dict(auth))),
    "stranger": refusal(lambda: server.infer("iris", [wrong])),
}))
