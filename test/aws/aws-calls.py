"""moto's server on a free loopback port, whose address is the first line out; then a JSON request a line in, an answer out."""
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator
from moto.server import ThreadedMotoServer

REGION, ACCOUNT = sys.argv[1:3]
PAIR = ({"key", "value"}, {"tagkey", "tagvalue"})


def word(name: str) -> str:
    return name.replace("_", "").lower()


def is_pair(shape: Shape) -> bool:
    return isinstance(shape, StructureShape) and {word(name) for name in shape.members} in PAIR


def fit(value: Any, shape: Shape) -> Any:
    """The value with AWS's own spelling of names, wrapped where AWS wraps; what fits nowhere stays, to be refused."""
    if isinstance(shape, StructureShape):
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            return fit(value[0], shape)
        if not isinstance(value, dict):
            alone = list(shape.members.items())
            return {alone[0][0]: fit(value, alone[0][1])} if len(alone) == 1 else value
        own = {word(name): name for name in shape.members}
        names = {given: own.get(word(given), given) for given in value}
        return {
            names[given]: fit(each, shape.members[names[given]]) if names[given] in shape.members else each
            for given, each in value.items()
        }
    if isinstance(shape, ListShape):
        if isinstance(value, dict) and is_pair(shape.member):
            key, held = sorted(shape.member.members, key=lambda name: "value" in name.lower())
            return [{key: name, held: each} for name, each in value.items()]
        return [fit(each, shape.member) for each in (value if isinstance(value, list) else [value])]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: fit(each, shape.value) for name, each in value.items()}
    if shape.type_name in ("integer", "long") and isinstance(value, str) and value.isdecimal():
        return int(value)
    if shape.type_name == "boolean" and value in ("true", "false"):
        return value == "true"
    if shape.type_name == "string" and isinstance(value, bool | int):
        return str(value).lower()
    return value


def beyond(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """What the service's model says of texts and botocore leaves to the service: values, patterns, lengths."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, each in value.items():
            if name in shape.members:
                yield from beyond(each, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for each in value:
            yield from beyond(each, shape.member, path)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for name, each in value.items():
            yield from beyond(name, shape.key, path)
            yield from beyond(each, shape.value, f"{path}.{name}")
    elif isinstance(shape, StringShape) and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"
        if len(value) > shape.metadata.get("max", len(value)):
            yield f"{path}: {len(value)} characters, at most {shape.metadata['max']}"
        pattern = shape.metadata.get("pattern")
        if pattern and not matches(pattern, value):
            yield f"{path}: {value!r} is not of the form {pattern}"


def matches(pattern: str, value: str) -> bool:
    try:
        # The models write Java's expressions: a few have classes that Python does not know.
        return re.fullmatch(f"(?:{pattern})", value) is not None
    except re.error:
        return True


def client_of(service: str, endpoint: str) -> Any:
    client = boto3.client(service, region_name=REGION, endpoint_url=endpoint)
    client.meta.events.register(
        "before-sign.*", lambda request, **_: request.headers.add_header("x-moto-account-id", ACCOUNT)
    )
    return client


def answer(request: dict[str, Any], endpoint: str) -> dict[str, Any]:
    client = client_of(request["service"], endpoint)
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[request["call"]])
    sent = fit(request["given"], model.input_shape)
    problems = [
        *filter(None, ParamValidator().validate(sent, model.input_shape).generate_report().split("\n")),
        *beyond(sent, model.input_shape, model.name),
    ]
    if problems or request["checkOnly"]:
        return {"problems": problems, "answer": {}}
    try:
        found = getattr(client, request["call"])(**sent)
    except ClientError as error:
        return {"problems": [str(error)], "answer": {}}
    # A stream, as of an object's content, is read whole.
    found = {name: each.read().decode() if hasattr(each, "read") else each for name, each in found.items()}
    return {"problems": [], "answer": found}


server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"http://{host}:{port}", flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line), f"http://{host}:{port}"), default=str), flush=True)
server.stop()
