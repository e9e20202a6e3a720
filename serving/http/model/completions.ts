// POST /v1/completions of a model server.
import { completionRequest } from "../../contract/openai/completions.ts";
import { checkBody } from "../../contract/openai/request-fields.ts";
import { toCompletionCall } from "../../core/chat/model-call.ts";
import type { Route } from "../server.ts";
import { answerRequest, type Operation, type Serving } from "./answer-request.ts";
import { completionEncoder } from "./encode-completion.ts";

const completion: Operation = {
  name: "text_completion",
  encoder: completionEncoder,
  decode(body) {
    const checked = checkBody(completionRequest, body);
    if (!checked.ok) return checked;
    const call = toCompletionCall(checked.value);
    return call.ok ? { ok: true, value: { model: checked.value.model, call: call.value } } : call;
  },
};

export function completionsRoute(serving: Serving): Route {
  return {
    method: "POST",
    path: "/v1/completions",
    handle: (exchange) => answerRequest(exchange, serving, completion),
  };
}
