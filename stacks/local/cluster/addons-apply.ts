// Brings images and add-ons into a cluster whose API server answers, and waits until they work.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Progress, silent } from "../progress.ts";
import { planDns } from "./addons.ts";
import type { ClusterBinaries } from "./binaries.ts";
import { clusterError } from "./cluster-error.ts";
import { readGatewayDefinitions } from "./gateway-api.ts";
import { type Ctr, hasImageBy, importBy, isContainerdReady, requireEmbeddedCtr } from "./image-import.ts";
import { type Layout, NODE_NAME } from "./instance.ts";
import { connectApi, type KubernetesApi, type Manifest, objectPath } from "./kubernetes-api.ts";
import { PAUSE_IMAGE } from "./part-configs.ts";
import { assembleScratchImage } from "./scratch-image.ts";
import { architecture, versions } from "./versions.ts";

const READY_DEADLINE_MS = 120_000;
const CONTAINERD_DEADLINE_MS = 60_000;
const DNS_IMAGE = `rampa.local/coredns:${versions.coredns}`;
const DNS_PATH = "/apis/apps/v1/namespaces/kube-system/deployments/coredns";

/** The images no pod can start without; needs containerd only, so it runs while the API server starts. */
export async function ensureBaseImages(
  layout: Layout,
  binaries: ClusterBinaries,
  progress: Progress,
): Promise<void> {
  const home = dirname(layout.root);
  await awaitAll("containerd", [() => isContainerdReady(home)], silent, CONTAINERD_DEADLINE_MS);
  const ctr = requireEmbeddedCtr(home);
  const images = [
    { program: binaries.pause, reference: PAUSE_IMAGE },
    { program: binaries.coredns, reference: DNS_IMAGE },
  ];
  for (const image of images) {
    if (await hasImageBy(ctr, image.reference)) continue;
    progress.report(`importing ${image.reference}`);
    await importProgram(ctr, layout, image);
  }
}

/** DNS and Gateway API definitions; returns when the node is Ready and DNS answers. */
export async function ensureAddons(layout: Layout, progress: Progress): Promise<void> {
  const api = await connectApi(layout.kubeconfig, "rampa-local");
  const definitions = await readGatewayDefinitions(progress);
  progress.report("applying DNS and the Gateway API");
  for (const manifest of [...planDns(DNS_IMAGE), ...definitions]) await api.apply(manifest);
  await awaitReady(api, definitions, progress);
  writeFileSync(layout.addons, markOf());
}

/** Gateway API alone, for a cluster that has its own DNS. */
export async function ensureGatewayDefinitions(api: KubernetesApi, progress: Progress): Promise<void> {
  const definitions = await readGatewayDefinitions(progress);
  const known = await Promise.all(definitions.map((d) => api.get(objectPath(d))));
  const missing = definitions.filter((_, i) => known[i]?.status === 404);
  for (const definition of missing) await api.apply(definition);
  await awaitAll(
    "the Gateway API",
    missing.map((d) => () => isEstablished(api, d)),
    progress,
  );
}

/** Reads only: were these versions applied, is the node Ready, is DNS up? */
export async function isAddonsCurrent(layout: Layout, api: KubernetesApi): Promise<boolean> {
  try {
    if (readFileSync(layout.addons, "utf8") !== markOf()) return false;
  } catch {
    // No mark: the add-ons were never completed here.
    return false;
  }
  return (await isNodeReady(api)) && (await isDnsAvailable(api));
}

function markOf(): string {
  const facts = JSON.stringify([versions, planDns(DNS_IMAGE)]);
  return createHash("sha256").update(facts).digest("hex");
}

async function importProgram(
  ctr: Ctr,
  layout: Layout,
  image: { readonly program: string; readonly reference: string },
): Promise<void> {
  const name = basename(image.program);
  const { tar } = assembleScratchImage({
    program: readFileSync(image.program),
    path: `/${name}`,
    architecture: architecture(),
  });
  const file = join(layout.images, `${name}.tar`);
  mkdirSync(layout.images, { recursive: true });
  writeFileSync(file, tar);
  await importBy(ctr, file, image.reference);
  rmSync(file);
}

async function awaitReady(
  api: KubernetesApi,
  definitions: readonly Manifest[],
  progress: Progress,
): Promise<void> {
  await awaitAll(
    "the Gateway API",
    definitions.map((d) => () => isEstablished(api, d)),
    progress,
  );
  await awaitAll("the node", [() => isNodeReady(api)], progress);
  await awaitAll("DNS", [() => isDnsAvailable(api)], progress);
}

async function awaitAll(
  what: string,
  checks: readonly (() => Promise<boolean>)[],
  progress: Progress,
  deadlineMs = READY_DEADLINE_MS,
): Promise<void> {
  const until = Date.now() + deadlineMs;
  while (!(await Promise.all(checks.map((check) => check()))).every(Boolean)) {
    if (Date.now() > until) {
      throw clusterError(
        "cluster.not-ready",
        `${what} was not ready within ${deadlineMs / 1000} s`,
        "npm run rampa -- status",
      );
    }
    progress.report(`waiting for ${what}`);
    await sleep(100);
  }
}

const conditioned = z.looseObject({
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
  }),
});

function hasCondition(object: unknown, type: string): boolean {
  const conditions = conditioned.safeParse(object).data?.status.conditions ?? [];
  return conditions.some((condition) => condition.type === type && condition.status === "True");
}

export async function isNodeReady(api: KubernetesApi): Promise<boolean> {
  return hasCondition((await api.get(`/api/v1/nodes/${NODE_NAME}`)).body, "Ready");
}

export async function isDnsAvailable(api: KubernetesApi): Promise<boolean> {
  return hasCondition((await api.get(DNS_PATH)).body, "Available");
}

async function isEstablished(api: KubernetesApi, definition: Manifest): Promise<boolean> {
  return hasCondition((await api.get(objectPath(definition))).body, "Established");
}
