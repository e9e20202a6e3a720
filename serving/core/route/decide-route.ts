// Which variant answers: a pure weighted choice, sticky by the hash of its unit.
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import { type Endpoint, totalWeight, type Variant } from "./endpoint.ts";
import { hashUnit } from "./unit-hash.ts";

export type RouteInput = {
  readonly endpoint: Endpoint;
  readonly unit: string;
  /** The `x-rampa-version` header: a tester names the version, one with weight 0 included. */
  readonly wantedVersion?: string | undefined;
  /** Variants that could not be reached for this request. */
  readonly unreachable?: readonly string[];
};

export type RouteDecision =
  | { readonly kind: "serve"; readonly variant: Variant; readonly reason: "weight" | "override" }
  | { readonly kind: "refuse"; readonly fault: OpenAiFault };

/**
 * Same input, same decision. The variants own adjoining parts of [0, 1); when one grows and no other does, its part
 * only widens, so ramping a variant up never takes one of its units away. With two variants nobody else moves either;
 * with more, units may pass between the ones that shrink.
 */
export function decideRoute(input: RouteInput): RouteDecision {
  const { endpoint, wantedVersion } = input;
  if (wantedVersion) return decideOverride(endpoint, wantedVersion);
  const candidates = endpoint.variants.filter((variant) => isCandidate(variant, input));
  const point = hashUnit(endpoint.name, input.unit) * totalWeight(candidates);
  let upperEdge = 0;
  for (const variant of candidates) {
    upperEdge += variant.weight;
    if (point < upperEdge) return { kind: "serve", variant, reason: "weight" };
  }
  return { kind: "refuse", fault: faults.noBackend(endpoint.name) };
}

const isCandidate = (variant: Variant, { unreachable }: RouteInput): boolean =>
  variant.weight > 0 && !unreachable?.includes(variant.id);

function decideOverride(endpoint: Endpoint, version: string): RouteDecision {
  const variant = endpoint.variants.find((candidate) => candidate.version === version);
  if (variant) return { kind: "serve", variant, reason: "override" };
  return { kind: "refuse", fault: faults.versionNotFound(version) };
}
