// HTTPRoute object → endpoint, pure: the Gateway API carries the weights, our annotations the rest.
import { z } from "zod";
import {
  ROUTE_ANNOTATION_PROVIDERS,
  ROUTE_ANNOTATION_SLEEPING,
  ROUTE_ANNOTATION_STICKY_BY,
  ROUTE_ANNOTATION_VERSIONS,
  ROUTE_LABEL_ENDPOINT,
} from "../../contract/route-annotations.ts";
import { createEndpoint, type Endpoint, type Variant } from "../../core/route/endpoint.ts";

/** Gateway API: a backendRef without a weight has weight 1, and without a kind is a Service. */
const backendRef = z.looseObject({
  group: z.literal("", "only core Services can be backends").default(""),
  kind: z.literal("Service", "only Services can be backends").default("Service"),
  name: z.string().min(1),
  namespace: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535),
  weight: z.int().min(0).max(1_000_000).default(1),
});

const annotationJson = (whenLeftOut: string) =>
  z
    .string()
    .default(whenLeftOut)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        context.addIssue({ code: "custom", message: "not valid JSON" });
        return z.NEVER;
      }
    });

const externalModel = z.object({ provider: z.string().min(1), model: z.string().min(1) });

const httpRoute = z.looseObject({
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().min(1).default("default"),
    creationTimestamp: z.string().nullish(),
    labels: z.looseObject({ [ROUTE_LABEL_ENDPOINT]: z.string().min(1).optional() }).default({}),
    annotations: z
      .looseObject({
        [ROUTE_ANNOTATION_VERSIONS]: annotationJson("{}").pipe(z.record(z.string(), z.string())),
        [ROUTE_ANNOTATION_SLEEPING]: annotationJson("[]").pipe(z.array(z.string())),
        [ROUTE_ANNOTATION_PROVIDERS]: annotationJson("{}").pipe(z.record(z.string(), externalModel)),
        [ROUTE_ANNOTATION_STICKY_BY]: z.enum(["request", "session", "user"]).default("session"),
      })
      .prefault({}),
  }),
  spec: z.looseObject({
    rules: z.array(z.looseObject({ backendRefs: z.array(backendRef).default([]) })).min(1),
  }),
});

type HttpRoute = z.output<typeof httpRoute>;
type BackendRef = z.output<typeof backendRef>;

type Decoded =
  | { readonly ok: true; readonly endpoint: Endpoint }
  | { readonly ok: false; readonly reason: string };

/** Reads the first rule that has backends; header and path matches are for other data planes. */
export function decodeHttpRoute(object: unknown): Decoded {
  const result = httpRoute.safeParse(object);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    return { ok: false, reason: problems.join("; ") };
  }
  const { metadata, spec } = result.data;
  const refs = spec.rules.find((rule) => rule.backendRefs.length > 0)?.backendRefs ?? [];
  if (refs.length === 0) return { ok: false, reason: "spec.rules: no rule has backendRefs" };
  const variants = refs.map((ref) => toVariant(ref, metadata));
  const twice = variants.find(({ id }, at) => variants.findIndex((other) => other.id === id) !== at);
  if (twice) return { ok: false, reason: `spec.rules: backend ${twice.id} is listed twice` };
  return {
    ok: true,
    endpoint: createEndpoint({
      name: metadata.labels[ROUTE_LABEL_ENDPOINT] ?? metadata.name,
      stickyBy: metadata.annotations[ROUTE_ANNOTATION_STICKY_BY],
      variants,
      created: toUnixSeconds(metadata.creationTimestamp),
    }),
  };
}

function toVariant(ref: BackendRef, { namespace, annotations }: HttpRoute["metadata"]): Variant {
  const id = isHost(ref.name) ? `${ref.name}:${ref.port}` : ref.name;
  const versions = annotations[ROUTE_ANNOTATION_VERSIONS];
  const version = versions[id] ?? versions[ref.name] ?? ref.name;
  const models = annotations[ROUTE_ANNOTATION_PROVIDERS];
  // A Service may be called `constructor`.
  const external = Object.hasOwn(models, version) ? models[version] : undefined;
  return {
    id,
    version,
    weight: ref.weight,
    host: isHost(ref.name) ? ref.name : `${ref.name}.${ref.namespace ?? namespace}.svc`,
    port: ref.port,
    maySleep: external === undefined && annotations[ROUTE_ANNOTATION_SLEEPING].includes(version),
    ...(external && { external }),
  };
}

/** A Service's name has no dot; with one it is a full host name or an address, as a gateway without a cluster needs. */
const isHost = (name: string): boolean => name.includes(".");

const toUnixSeconds = (timestamp: string | null | undefined): number =>
  Math.floor(Date.parse(timestamp ?? "") / 1000) || 0;
