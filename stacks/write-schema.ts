// Writes what is generated from the settings schemas: the JSON Schema of stack files and the tables of the READMEs.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { canarySettings } from "../components/canary/canary.args.ts";
import { clusterSettings } from "../components/cluster/cluster.args.ts";
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
import { networkSettings } from "../components/network/network.args.ts";
import { imageRegistrySettings } from "../components/registry/registry.args.ts";
import { deliverySettings } from "../components/secrets/delivery.args.ts";
import { managedKeysSettings } from "../components/secrets/managed-keys.args.ts";
import { secretsSettings } from "../components/secrets/secrets.args.ts";
import { modelVersionSettings } from "../components/serving/serving.args.ts";
import { vpcSettings } from "../components/vpc/vpc.args.ts";
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
  "components/secrets/README.md": secretsSettings,
  "components/serving/README.md": modelVersionSettings,
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
  return [
    { path: "stacks/stack-config.schema.json", text: stackFileSchema() },
    ...(await Promise.all(readmes)),
  ];
}

/** The JSON Schema of a whole stack file, as text. */
function stackFileSchema(): string {
  const schema = z.toJSONSchema(stackFile, { io: "input", target: "draft-7", reused: "inline" });
  return `${JSON.stringify({ title: "Rampa stack file", ...schema }, null, 2)}\n`;
}

if (import.meta.main) {
  const files = [...(await generateFiles()), ...(await writePlans(["dev", "staging", "prod"]))];
  for (const { path, text } of files) {
    await writeFile(join(checkout, path), text);
    process.stdout.write(`${path}\n`);
  }
}
