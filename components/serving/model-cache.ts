// ModelCache: the nodes' directory of verified weights, offered to pods as a claim.
import {
  PersistentVolume,
  type PersistentVolumeArgs,
  PersistentVolumeClaim,
  type PersistentVolumeClaimArgs,
} from "@pulumi/kubernetes/core/v1/index.js";
import type { ComponentResourceOptions, Input, Output } from "@pulumi/pulumi";
import { z } from "zod";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { dnsLabel } from "../kit/names.ts";
import { ownership, standardLabels } from "../kit/ownership.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { memoryQuantity } from "../kit/quantities.ts";

export const modelCacheSettings = z.strictObject({
  ownership,
  namespace: dnsLabel.describe(
    "Namespace of the claim; part of the volume's name, as volumes have no namespace.",
  ),
  path: z
    .string()
    .regex(/^\/.+/, "an absolute path on the nodes")
    .describe("Directory on the nodes that holds `sha256/<digest>` files."),
  filledBy: z
    .enum(["host", "pods"])
    .default("host")
    .describe(
      "`host`: pods read only. `pods`: they may write, so that the first one on a node fetches for all that follow; the directory has to be writable for user 65532.",
    ),
  size: memoryQuantity.default("100Gi").describe("Size on paper; a directory has no limit of its own."),
});

export type ModelCacheSettings = z.output<typeof modelCacheSettings>;
export type ModelCacheArgs = z.input<typeof modelCacheSettings> & {
  readonly refs: { readonly namespace: Input<string> };
};

const CLAIM = "model-cache";
const TOKEN = { area: "serving", kind: "ModelCache" };

/** A claim on the nodes' cache of weights: on each node its own directory. */
export class ModelCache extends BaseComponent {
  readonly claimName: Output<string>;

  constructor(name: string, args: ModelCacheArgs, opts: ComponentResourceOptions = {}) {
    const settings = parseSettings(modelCacheSettings, args, { ...TOKEN, name });
    super(TOKEN, name, opts);
    const volume = named(
      PersistentVolume,
      this.childName("volume"),
      cacheVolumeArgs(settings),
      this.childOptions(),
    );
    this.claimName = named(
      PersistentVolumeClaim,
      this.childName("claim"),
      cacheClaimArgs(settings, { namespace: args.refs.namespace, volume }),
      this.childOptions(),
    );
    this.registerOutputs({ claimName: this.claimName });
  }
}

/**
 * The volume, reserved for the one claim. The restricted pod security standard forbids pods to mount directories of
 * the node by themselves, and rightly: this way an administrator's object names the directory, and no pod can.
 */
export function cacheVolumeArgs(settings: ModelCacheSettings): PersistentVolumeArgs {
  return {
    metadata: { name: `${settings.namespace}-${CLAIM}`, labels: labelsOf(settings) },
    spec: {
      capacity: { storage: settings.size },
      accessModes: [accessModeOf(settings)],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "",
      volumeMode: "Filesystem",
      hostPath: { path: settings.path, type: "Directory" },
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: settings.namespace,
        name: CLAIM,
      },
    },
  };
}

/** The claim that pods mount. */
export function cacheClaimArgs(
  settings: ModelCacheSettings,
  refs: { readonly namespace: Input<string>; readonly volume: Input<string> },
): PersistentVolumeClaimArgs {
  return {
    metadata: { name: CLAIM, namespace: refs.namespace, labels: labelsOf(settings) },
    spec: {
      accessModes: [accessModeOf(settings)],
      storageClassName: "",
      volumeMode: "Filesystem",
      volumeName: refs.volume,
      resources: { requests: { storage: settings.size } },
    },
  };
}

function accessModeOf({ filledBy }: ModelCacheSettings): string {
  return filledBy === "host" ? "ReadOnlyMany" : "ReadWriteMany";
}

function labelsOf(settings: ModelCacheSettings): Record<string, string> {
  return standardLabels(settings.ownership, { name: "model-cache", instance: CLAIM });
}
