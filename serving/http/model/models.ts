// GET /v1/models and /v1/models/{id} of a model server: the one model it serves.
import { faults } from "../../contract/openai/fault.ts";
import type { Model, ModelList } from "../../contract/openai/models.ts";
import type { Route } from "../server.ts";

const PREFIX = "/v1/models/";

/** `createdMs` is when this server started. */
export function modelsRoutes(endpoint: string, createdMs: number): readonly Route[] {
  const model: Model = {
    id: endpoint,
    object: "model",
    created: Math.floor(createdMs / 1000),
    owned_by: "rampa",
  };
  const list: ModelList = { object: "list", data: [model] };
  return [
    { method: "GET", path: "/v1/models", handle: (exchange) => exchange.json(200, list) },
    {
      method: "GET",
      path: `${PREFIX}*`,
      handle(exchange) {
        const id = decodeId(exchange.path.slice(PREFIX.length));
        if (id === endpoint) exchange.json(200, model);
        else exchange.refuse(faults.modelNotFound(id));
      },
    },
  ];
}

function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign: no model has such a name, so the text is as good as any.
    return text;
  }
}
