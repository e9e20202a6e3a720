// An endpoint and its variants as the router sees them.

export type StickyBy = "request" | "session" | "user";

/** A model of a provider outside of the cluster. */
export type ExternalModel = {
  /** Name in the gateway's configuration. */
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
};

export type Variant = {
  /** Name of the backend, unique within the endpoint. */
  readonly id: string;
  readonly version: string;
  /** Share of requests relative to the sum over the variants; 0 takes none. */
  readonly weight: number;
  readonly host: string;
  readonly port: number;
  /** Whether it may be without a pod until somebody asks for it. */
  readonly maySleep: boolean;
  /** Who answers instead of `host`, which leads other data planes back to a gateway. Left out for our own pods. */
  readonly external?: ExternalModel;
};

export type Endpoint = {
  /** What callers send as `model`. */
  readonly name: string;
  readonly stickyBy: StickyBy;
  /** In the order of their ids, so that the order in which a writer lists them moves nobody. */
  readonly variants: readonly Variant[];
  /** Unix seconds; 0 when not known. */
  readonly created: number;
};

export function createEndpoint(endpoint: Endpoint): Endpoint {
  const variants = endpoint.variants.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { ...endpoint, variants };
}

export const totalWeight = (variants: readonly Variant[]): number =>
  variants.reduce((sum, variant) => sum + variant.weight, 0);
