// POST /v1/chat/completions of a model server.
import { chatRequest } from "../../contract/openai/chat.ts";
import { checkBody } from "../../contract/openai/request-fields.ts";
import { toChatCall } from "../../core/chat/model-call.ts";
import type { Route } from "../server.ts";
import { answerRequest, type Operation, type Serving } from "./answer-request.ts";
import { chatEncoder } from "./encode-chat.ts";

const chat: Operation = {
  name: "chat",
  encoder: chatEncoder,
  decode(body) {
    const checked = checkBody(chatRequest, body);
    if (!checked.ok) return checked;
    const call = toChatCall(checked.value);
    return call.ok ? { ok: true, value: { model: checked.value.model, call: call.value } } : call;
  },
};

export function chatCompletionsRoute(serving: Serving): Route {
  return {
    method: "POST",
    path: "/v1/chat/completions",
    handle: (exchange) => answerRequest(exchange, serving, chat),
  };
}
