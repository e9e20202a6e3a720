// Where the gateway of a stack answers: on loopback, or by its name inside the cluster.
import { PORTS } from "../components/contract/labels.ts";
import type { StackSettings } from "./settings.ts";

/** What an OpenAI client takes as its base URL. */
export function gatewayBaseUrl({ local, namespace }: StackSettings): string {
  const host =
    local === undefined
      ? `gateway.${namespace}.svc.cluster.local:${PORTS.http.number}`
      : `127.0.0.1:${local.gatewayPort}`;
  return `http://${host}/v1`;
}
