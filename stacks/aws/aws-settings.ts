// Settings of a stack's own AWS half: one section a component, its fields those of the component. Pure.
import { z } from "zod";
import { clusterSettings } from "../../components/cluster/cluster.args.ts";
import { backupPlanFields } from "../../components/data/backup-plan.args.ts";
import { controlStoreFields } from "../../components/data/control-store.args.ts";
import { sharedCacheFields } from "../../components/data/shared-cache.args.ts";
import { encryptionKeySettings } from "../../components/encryption/encryption.args.ts";
import { gpuPoolFields } from "../../components/gpu-pool/gpu-pool.args.ts";
import { ingressSettings } from "../../components/ingress/ingress.args.ts";
import { accountId, regionName } from "../../components/kit/aws-account.ts";
import { modelsBucketFields, recordsBucketFields } from "../../components/model-bucket/model-bucket.args.ts";
import { imageRegistrySettings } from "../../components/registry/registry.args.ts";
import { deliverySettings } from "../../components/secrets/delivery.args.ts";
import { vpcFields } from "../../components/vpc/vpc.args.ts";

/** What the stack says once for all components. */
const SHARED = { ownership: true, prefix: true } as const;

const VCPUS = "a whole number of vCPUs from 0 up";
const vcpus = z.int(VCPUS).min(0, VCPUS).optional();

const quotas = z
  .strictObject({
    onDemandG: vcpus.describe("Service quota `Running On-Demand G and VT instances`, in vCPUs."),
    onDemandP: vcpus.describe("Service quota `Running On-Demand P instances`, in vCPUs."),
    spotG: vcpus.describe("Service quota `All G and VT Spot Instance Requests`, in vCPUs."),
    spotP: vcpus.describe("Service quota `All P Spot Instance Requests`, in vCPUs."),
  })
  .prefault({})
  .describe("What the account may start of GPU instances; pools are not held against those left out.");

export const awsSettings = z
  .strictObject({
    account: accountId,
    region: regionName,
    zones: vpcFields.shape.zones,
    protect: z
      .boolean()
      .default(true)
      .describe(
        "Refuses to delete cluster, stores, buckets and keys; turn it off and deploy before a `destroy`.",
      ),
    quotas,
    keys: encryptionKeySettings
      .pick({ rotationPeriodInDays: true, deletionWindowInDays: true })
      .prefault({})
      .describe("The encryption keys, one a purpose."),
    network: vpcFields
      .omit({ ...SHARED, account: true, region: true, zones: true })
      .prefault({})
      .describe("The network."),
    cluster: clusterSettings.omit({ ...SHARED, region: true, protect: true }).describe("The EKS cluster."),
    gpuPools: z.array(gpuPoolFields).default([]).describe("Pools of GPU nodes."),
    registry: imageRegistrySettings
      .omit({ ...SHARED, protect: true })
      .optional()
      .describe("A registry for images; none is created when left out."),
    models: modelsBucketFields
      .omit({ ...SHARED, account: true, region: true, protect: true, purpose: true })
      .extend({
        weightsPrefix: z
          .string()
          .regex(
            /^([A-Za-z0-9][A-Za-z0-9._-]*\/)+$/,
            "the start of keys, with its closing slash, e.g. models/",
          )
          .default("models/")
          .describe("Start of the keys that model pods may read."),
      })
      .prefault({})
      .describe("The bucket of model weights."),
    records: recordsBucketFields
      .omit({ ...SHARED, account: true, region: true, protect: true, purpose: true })
      .optional()
      .describe("A bucket for records of requests; none when left out."),
    store: controlStoreFields
      .omit({ ...SHARED, zones: true, protect: true })
      .optional()
      .describe("Postgres; none is created when left out."),
    cache: sharedCacheFields
      .omit({ ...SHARED, zones: true, protect: true })
      .optional()
      .describe("Valkey; none is created when left out."),
    backups: backupPlanFields
      .omit({ ...SHARED, protect: true, select: true })
      .optional()
      .describe("Copies of the store that outlive it; none when left out."),
    secrets: deliverySettings
      .pick({ refreshSeconds: true, providerKeys: true })
      .prefault({})
      .describe("How secrets come into the cluster."),
    ingress: ingressSettings
      .omit({ ownership: true, region: true, protect: true })
      .optional()
      .describe("A load balancer with certificate and name; none when left out."),
  })
  .describe("The AWS half of the stack: account, network, cluster, GPU pools and stores.");

export type AwsSettings = z.output<typeof awsSettings>;
