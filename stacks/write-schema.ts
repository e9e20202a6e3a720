// Writes what is generated from the settings schemas: the JSON Schema of stack files and the tables of the READMEs.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { canarySettings } from "../components/canary/canary.args.ts";
import { clusterSettings } from "../components/cluster/cluster.args.ts";
import { findInstanceType, GPU_MODELS, INSTANCE_TYPES } from "../components/contract/instance-types.ts";
import { dataSettings } from "../components/data/data.args.ts";
import { encryptionKeySettings } from "../components/encryption/encryption.args.ts";
import { environmentSettings } from "../components/environment/environment.args.ts";
import { gatewaySettings } from "../components/gateway/gateway.args.ts";
import { gpuPoolFields } from "../components/gpu-pool/gpu-pool.args.ts";
import { podRoleSettings } from "../components/identity/identity.args.ts";
import { imageSettings } from "../components/image/image.args.ts";
import { ingressSettings } from "../components/ingress/ingress.args.ts";
import { withSettingsTable } from "../components/kit/settings-table.ts";
import { modelBucketSettings } from "../components/model-bucket/model-bucket.args.ts";
import { monitoringAreaSettings } from "../components/monitoring/monitoring-area.args.ts";
import { controllerSpaceSettings } from "../components/network/controller-space.args.ts";
import { networkSettings } from "../components/network/network.args.ts";
import { imageRegistrySettings } from "../components/registry/registry.args.ts";
import { deliverySettings } from "../components/secrets/delivery.args.ts";
import { managedKeysSettings } from "../components/secrets/managed-keys.args.ts";
import { secretsSettings } from "../components/secrets/secrets.args.ts";
import { externalVersionSettings } from "../components/serving/external.args.ts";
import { modelVersionSettings } from "../components/serving/serving.args.ts";
import { vpcSettings } from "../components/vpc/vpc.args.ts";
import { replaceFile } from "./replace-file.ts";
import { stackConfig, stackFile } from "./settings.ts";
import { writePlans } from "./write-plans.ts";

const checkout = join(import.meta.dirname, "..");

/** README → the schema whose table it shows. */
const TABLES: Readonly<Record<string, z.ZodType>> = {
  "components/canary/README.md": canarySettings,
  "components/data/README.md": dataSettings,
  "components/environment/README.md": environmentSettings,
  "components/gateway/README.md": gatewaySettings,
  "components/gpu-pool/README.md": gpuPoolFields,
  "components/image/README.md": imageSettings,
  "components/monitoring/README.md": monitoringAreaSettings,
  "components/network/README.md": networkSettings,
  "components/network/controller-space.md": controllerSpaceSettings,
  "components/secrets/README.md": secretsSettings,
  "components/serving/README.md": modelVersionSettings,
  "components/serving/external.md": externalVersionSettings,
  "components/encryption/README.md": encryptionKeySettings,
  "components/model-bucket/README.md": modelBucketSettings,
  "components/registry/README.md": imageRegistrySettings,
  "components/vpc/README.md": vpcSettings,
  "components/cluster/README.md": clusterSettings,
  "components/identity/README.md": podRoleSettings,
  "components/ingress/README.md": ingressSettings,
  "components/secrets/delivery.md": deliverySettings,
  "components/secrets/managed-keys.md": managedKeysSettings,
  "stacks/README.md": stackConfig,
};

export type GeneratedFile = {
  /** Inside the checkout. */
  readonly path: string;
  readonly text: string;
};

/** Every generated file as it should be. */
export async function generateFiles(): Promise<GeneratedFile[]> {
  const readmes = Object.entries(TABLES).map(async ([path, schema]) => ({
    path,
    text: withSettingsTable(await readFile(join(checkout, path), "utf8"), schema),
  }));
  const instances = "components/contract/README.md";
  return [
    { path: "stacks/stack-config.schema.json", text: stackFileSchema() },
    { path: instances, text: instanceTable() },
    ...(await Promise.all(readmes)),
  ];
}

/** Types with GPUs, as their table has them. */
function instanceTable(): string {
  const rows = Object.keys(INSTANCE_TYPES).flatMap((name) => {
    const row = findInstanceType(name);
    if (row?.gpu === undefined) return [];
    const { model, count } = row.gpu;
    const { memoryGib, isMigCapable } = GPU_MODELS[model];
    const cells = [
      `\`${name}\``,
      `${count} × ${model}`,
      `${memoryGib} GiB`,
      isMigCapable ? "yes" : "no",
      row.efaInterfaces === 0 ? "no" : String(row.efaInterfaces),
      `${row.vcpus}`,
      `${row.memoryGib} GiB`,
      row.usdPerHour.toFixed(3),
      row.pricedOn,
    ];
    return [`| ${cells.join(" | ")} |`];
  });
  return `${INSTANCES_HEAD}${rows.join("\n")}\n`;
}

const INSTANCES_HEAD = `# contract

What components, policies and stacks share: labels, annotations, and tables of facts as data. Each table is the one source of
its facts: validation, cost preview and policies read it, and so does this page, which \`npm run schema\` writes.

## Instance types with GPUs

On demand in us-east-1, Linux, USD an hour.

| type | GPUs | memory of each | MIG | EFA | vCPUs | memory | USD an hour | as of |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
`;

/** The JSON Schema of a whole stack file, as text. */
function stackFileSchema(): string {
  const schema = z.toJSONSchema(stackFile, { io: "input", target: "draft-7", reused: "inline" });
  return `${JSON.stringify({ title: "Rampa stack file", ...schema }, null, 2)}\n`;
}

if (import.meta.main) {
  const files = [...(await generateFiles()), ...(await writePlans(["dev", "staging", "prod"]))];
  for (const { path, text } of files) {
    await replaceFile(join(checkout, path), text);
    process.stdout.write(`${path}\n`);
  }
}
