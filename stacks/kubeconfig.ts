// Kubeconfig texts: one context of a file, alone, as a provider takes it.
import { dirname, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";

const entry = z.looseObject({ name: z.string() });
const fields = z.record(z.string(), z.unknown());

const kubeconfig = z.looseObject({
  "current-context": z.string().optional(),
  clusters: z.array(entry.extend({ cluster: z.looseObject({ server: z.string() }) })).default([]),
  users: z.array(entry.extend({ user: fields.nullish() })).default([]),
  contexts: z
    .array(entry.extend({ context: z.looseObject({ cluster: z.string(), user: z.string().optional() }) }))
    .default([]),
});

export type SelectedContext = {
  /** Address of the API server. */
  readonly server: string;
  /** A kubeconfig with this context only: credentials of other clusters stay where they are. */
  readonly text: string;
};

/** Fields that name a file, relative to the kubeconfig that they stand in. */
const FILE_FIELDS = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/** Cuts `context` out of the kubeconfig `text` that lies at `path`; undefined when it is not in there. */
export function selectContext(text: string, path: string, context: string): SelectedContext | undefined {
  const parsed = kubeconfig.safeParse(parse(text));
  if (!parsed.success) return undefined;
  const chosen = parsed.data.contexts.find((it) => it.name === context);
  const cluster = parsed.data.clusters.find((it) => it.name === chosen?.context.cluster);
  if (chosen === undefined || cluster === undefined) return undefined;
  const users = parsed.data.users
    .filter((it) => it.name === chosen.context.user)
    .map((it) => ({ ...it, user: withAbsoluteFiles(it.user ?? {}, path) }));
  const one = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    contexts: [chosen],
    clusters: [{ ...cluster, cluster: withAbsoluteFiles(cluster.cluster, path) }],
    users,
  };
  return { server: cluster.cluster.server, text: stringify(one) };
}

/** The context that the kubeconfig `text` is set to; undefined without one. */
export function currentContext(text: string): string | undefined {
  return kubeconfig.safeParse(parse(text)).data?.["current-context"];
}

function withAbsoluteFiles(record: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key,
      FILE_FIELDS.includes(key) && typeof value === "string" ? resolve(dirname(path), value) : value,
    ]),
  );
}
