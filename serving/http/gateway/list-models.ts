// GET /v1/models and /v1/models/{id}: the endpoints that the caller's key may call.
import { faults } from "../../contract/openai/fault.ts";
import type { Model, ModelList } from "../../contract/openai/models.ts";
import { mayCall } from "../../core/auth/authorize-key.ts";
import type { Endpoint, Variant } from "../../core/route/endpoint.ts";
import type { RouteTable } from "../../ports.ts";
import type { Route } from "../server.ts";
import { type AuthenticationParts, authenticate } from "./authenticate.ts";

const OWN = "rampa";

export function createModelRoutes(table: RouteTable, parts: AuthenticationParts): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/v1/models",
      handle: (exchange) => {
        const caller = authenticate(exchange, parts);
        if (!caller.ok) return exchange.refuse(caller.fault);
        const endpoints = table.list().filter((endpoint) => mayCall(caller.key, endpoint.name));
        const list: ModelList = { object: "list", data: endpoints.map(toModel).toSorted(byId) };
        exchange.json(200, list);
      },
    },
    {
      method: "GET",
      path: "/v1/models/*",
      handle: (exchange) => {
        const caller = authenticate(exchange, parts);
        if (!caller.ok) return exchange.refuse(caller.fault);
        const id = decodeName(exchange.path.slice("/v1/models/".length));
        const endpoint = table.find(id);
        if (!endpoint || !mayCall(caller.key, id)) return exchange.refuse(faults.modelNotFound(id));
        exchange.json(200, toModel(endpoint));
      },
    },
  ];
}

const toModel = ({ name, created, variants }: Endpoint): Model => ({
  id: name,
  object: "model",
  created,
  owned_by: ownerOf(variants),
});

/** The cluster names its objects in no order. */
const byId = (a: Model, b: Model): number => (a.id < b.id ? -1 : 1);

/** A provider's name where it alone takes all requests. */
function ownerOf(variants: readonly Variant[]): string {
  const owners = new Set(
    variants.filter(({ weight }) => weight > 0).map(({ external }) => external?.provider ?? OWN),
  );
  const [owner = OWN] = owners;
  return owners.size === 1 ? owner : OWN;
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
