// Paths of the Open Inference Protocol: model, version and action, and what is no such path.
import { describe, expect, it } from "vitest";
import { parseModelPath } from "../../../../serving/core/tensor/model-path.ts";

describe("parseModelPath", () => {
  it.each([
    ["GET", "/v2/models/iris", { model: "iris", version: undefined, action: "metadata" }],
    ["GET", "/v2/models/iris/ready", { model: "iris", version: undefined, action: "ready" }],
    ["POST", "/v2/models/iris/infer", { model: "iris", version: undefined, action: "infer" }],
    ["GET", "/v2/models/iris/versions/1.0.0", { model: "iris", version: "1.0.0", action: "metadata" }],
    ["GET", "/v2/models/a%2Fb/versions/1/ready", { model: "a/b", version: "1", action: "ready" }],
    ["POST", "/v2/models/ready/versions/infer/infer", { model: "ready", version: "infer", action: "infer" }],
  ])("%s %s", (method, path, expected) => {
    expect(parseModelPath(method, path)).toEqual(expected);
  });

  it.each([
    ["POST", "/v2/models/iris"],
    ["GET", "/v2/models/iris/infer"],
    ["POST", "/v2/models/iris/ready"],
    ["GET", "/v2/models/"],
    ["GET", "/v2/models/iris/"],
    ["GET", "/v2/models/iris/versions/"],
    ["GET", "/v2/models/iris/stats"],
    ["GET", "/v2/models/%ZZ"],
    ["GET", "/v2/models/a%0Ab"],
    ["GET", `/v2/models/${"a".repeat(201)}`],
    ["GET", "/v2/models/%20"],
  ])("%s %s is none", (method, path) => {
    expect(parseModelPath(method, path)).toBeUndefined();
  });
});
