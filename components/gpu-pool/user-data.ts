// What a node is told when it starts: TOML for Bottlerocket, a NodeConfig for AL2023; pure.
import { migOf } from "../contract/gpus.ts";
import { planGpuNodes } from "./gpu-nodes.plan.ts";
import type { PoolFields } from "./pool-fields.args.ts";

const PLUGIN = "settings.kubelet-device-plugins.nvidia";

/** How Bottlerocket's own device plugin shares GPUs, as TOML; undefined where it does not. */
export function sharingToml(pool: PoolFields): string | undefined {
  const { sharing } = pool;
  switch (sharing.kind) {
    case "none":
      return undefined;
    case "time-slicing":
      return toml([
        [PLUGIN, { "device-sharing-strategy": "time-slicing" }],
        [
          `${PLUGIN}.time-slicing`,
          // Two replicas may be of one GPU, so a pod with two would not have twice the GPU.
          { replicas: sharing.replicas, "rename-by-default": false, "fail-requests-greater-than-one": true },
        ],
      ]);
    case "mps":
      return toml([
        [PLUGIN, { "device-sharing-strategy": "mps" }],
        [`${PLUGIN}.mps`, { replicas: sharing.replicas, "rename-by-default": false }],
      ]);
    case "mig":
      return toml([
        [PLUGIN, { "device-partitioning-strategy": "mig" }],
        [`${PLUGIN}.mig.profile`, { [migKey(pool)]: sharing.profile }],
      ]);
  }
}

function migKey(pool: PoolFields): string {
  const { model } = planGpuNodes(pool).gpu;
  return migOf(model)?.bottlerocketKey ?? model;
}

/** User data of a managed node group, in base64; undefined where the image's own defaults do. */
export function managedUserData(pool: PoolFields): string | undefined {
  const text = pool.os === "bottlerocket" ? bottlerocketToml(pool) : nodeConfig(pool);
  return text === undefined ? undefined : Buffer.from(text).toString("base64");
}

/** Karpenter adds this by itself for its nodes. */
const INSTANCE_STORE_COMMAND = `[settings.bootstrap-commands.000-mount-instance-storage]
commands = [["apiclient", "ephemeral-storage", "init"], ["apiclient", "ephemeral-storage", "bind", "--dirs", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"]]
essential = true
mode = "always"
`;

function bottlerocketToml(pool: PoolFields): string | undefined {
  const parts = [sharingToml(pool), pool.instanceStore === "raid0" ? INSTANCE_STORE_COMMAND : undefined];
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0 ? undefined : given.join("\n");
}

const BOUNDARY = "//";

/** EKS adds what a node needs to join as a second part. */
function nodeConfig({ instanceStore }: PoolFields): string | undefined {
  if (instanceStore === "unused") return undefined;
  return `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="${BOUNDARY}"

--${BOUNDARY}
Content-Type: application/node.eks.aws

---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0

--${BOUNDARY}--
`;
}

type Table = readonly [name: string, values: Readonly<Record<string, string | number | boolean>>];

function toml(tables: readonly Table[]): string {
  const lines = tables.map(([name, values]) =>
    [
      `[${name}]`,
      ...Object.entries(values).map(([key, value]) => `${tomlKey(key)} = ${JSON.stringify(value)}`),
    ].join("\n"),
  );
  return `${lines.join("\n\n")}\n`;
}

function tomlKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
}
