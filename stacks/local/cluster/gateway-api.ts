// The Gateway API's custom resource definitions (standard channel), read from its Go module.
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { runCommand } from "./commands.ts";
import { ensureGo } from "./go-toolchain.ts";
import type { Manifest } from "./kubernetes-api.ts";
import { withScratch } from "./scratch-folder.ts";
import { versions } from "./versions.ts";

const WANTED = ["gatewayclasses", "gateways", "httproutes"].map(
  (name) => `${name}.gateway.networking.k8s.io`,
);

const definition = z.looseObject({
  apiVersion: z.literal("apiextensions.k8s.io/v1"),
  kind: z.literal("CustomResourceDefinition"),
  metadata: z.object({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});

/** The three definitions the platform uses, ready to apply. */
export async function readGatewayDefinitions(progress: Progress): Promise<readonly Manifest[]> {
  const file = join(paths.cache, "cluster", `gateway-api-${versions.gatewayApi}.yaml`);
  if (!existsSync(file)) await fetchDefinitions(file, progress);
  return selectDefinitions(readFileSync(file, "utf8"));
}

export function selectDefinitions(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document): Manifest[] => {
    const parsed = definition.safeParse(document.toJS());
    if (!parsed.success || !WANTED.includes(parsed.data.metadata.name)) return [];
    return [parsed.data];
  });
}

async function fetchDefinitions(file: string, progress: Progress): Promise<void> {
  const go = await ensureGo("the Gateway API", progress);
  progress.report("fetching the Go module sigs.k8s.io/gateway-api");
  const module = `sigs.k8s.io/gateway-api@v${versions.gatewayApi}`;
  const answer = await runCommand(go, ["mod", "download", "-json", module], {
    deadlineMs: 300_000,
    cwd: "/",
  });
  const { Dir } = z.looseObject({ Dir: z.string() }).parse(JSON.parse(answer));
  const directory = join(Dir, "config", "crd", "standard");
  const texts = readdirSync(directory)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => readFileSync(join(directory, name), "utf8"));
  await withScratch(file, async (scratch) => {
    writeFileSync(join(scratch, "definitions.yaml"), texts.join("\n---\n"));
    renameSync(join(scratch, "definitions.yaml"), file);
  });
}
