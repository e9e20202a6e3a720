"""The official Python client against the local stack: lists, chats, streams, and meets the errors; prints JSON."""
import json
import os
import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key=os.environ["RAMPA_KEY"], max_retries=0, timeout=60)
messages = [{"role": "user", "content": "Hello"}]


def refused(call):
    """What the client raises for a call: class, status, code, param, and whether it carries a request id."""
    try:
        call()
    except openai.APIStatusError as error:
        return {
            "class": type(error).__name__,
            "status": error.status_code,
            "code": error.code,
            "param": error.param,
            "hasRequestId": bool(error.request_id),
        }
    return None


answer = client.chat.completions.create(model="chat", messages=messages, max_tokens=4)
completion = client.completions.create(model="chat", prompt="Hello", max_tokens=4)
stream = client.chat.completions.create(
    model="chat", messages=messages, max_tokens=4, stream=True, stream_options={"include_usage": True}
)
chunks = list(stream)
plain = list(client.chat.completions.create(model="chat", messages=messages, max_tokens=4, stream=True))
stranger = openai.OpenAI(base_url=sys.argv[1], api_key="rk-wrong", max_retries=0, timeout=60)

print(json.dumps({
    "models": [model.id for model in client.models.list()],
    "chat": {"role": answer.choices[0].message.role, "tokens": answer.usage.completion_tokens},
    "completion": {"object": completion.object, "tokens": completion.usage.completion_tokens},
    "stream": {
        "finish": next(c.choices[0].finish_reason for c in reversed(chunks) if c.choices),
        "tokens": chunks[-1].usage.completion_tokens,
    },
    "plainStream": {
        "finish": plain[-1].choices[0].finish_reason,
        "chunksWithUsage": sum("usage" in chunk.model_fields_set for chunk in plain),
    },
    "unknownModel": refused(lambda: client.chat.completions.create(model="nothing", messages=messages)),
    "negativeTokens": refused(
        lambda: client.chat.completions.create(model="chat", messages=messages, max_tokens=-1)
    ),
    "wrongKey": refused(stranger.models.list),
}))
