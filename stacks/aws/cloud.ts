// defineCloud: the AWS half of a stack, from its keys and network to its cluster, stores and buckets. Decides nothing.
import type { Output, ProviderResource } from "@pulumi/pulumi";
import { EksCluster } from "../../components/cluster/cluster.ts";
import { BackupPlan } from "../../components/data/backup-plan.ts";
import { ControlStore } from "../../components/data/control-store.ts";
import { SharedCache } from "../../components/data/shared-cache.ts";
import type { EncryptionKeySettings } from "../../components/encryption/encryption.args.ts";
import { EncryptionKey } from "../../components/encryption/encryption.ts";
import { ModelBucket } from "../../components/model-bucket/model-bucket.ts";
import { ImageRegistry } from "../../components/registry/registry.ts";
import { Vpc } from "../../components/vpc/vpc.ts";
import { type AwsArguments, type AwsContext, awsArguments } from "./aws-arguments.ts";

type Purpose = EncryptionKeySettings["purpose"];

/** What the cluster's inside and the platform build upon. */
export type Cloud = {
  readonly context: AwsContext;
  /** Of every component, from the context. */
  readonly given: AwsArguments;
  readonly provider: ProviderResource;
  readonly keys: Readonly<Record<Purpose, Output<string>>>;
  readonly network: Vpc;
  readonly cluster: EksCluster;
  readonly models: ModelBucket;
};

/** Creates everything that AWS itself has to hold. Needs checked settings. */
export function defineCloud(context: AwsContext, provider: ProviderResource): Cloud {
  const given = awsArguments(context);
  const opts = { providers: [provider] };
  const keys = defineKeys(given, provider);
  const network = new Vpc("network", { ...given.network, refs: { logsKeyArn: keys.logs } }, opts);
  const { privateSubnetIds } = network;
  const cluster = new EksCluster(
    "cluster",
    {
      ...given.cluster,
      refs: {
        privateSubnetIds,
        secretsKeyArn: keys.secrets,
        volumesKeyArn: keys.volumes,
        logsKeyArn: keys.logs,
      },
    },
    opts,
  );
  const models = new ModelBucket("models", { ...given.models, refs: { keyArn: keys.models } }, opts);
  if (given.records) new ModelBucket("records", { ...given.records, refs: { keyArn: keys.records } }, opts);
  if (given.registry)
    new ImageRegistry("registry", { ...given.registry, refs: { keyArn: keys.images } }, opts);
  const cloud = { context, given, provider, keys, network, cluster, models };
  defineStores(cloud);
  return cloud;
}

const PURPOSES: readonly Purpose[] = ["secrets", "volumes", "logs", "models", "records", "images", "data"];

function defineKeys({ key }: AwsArguments, provider: ProviderResource): Cloud["keys"] {
  const entries = PURPOSES.map((purpose): [Purpose, Output<string>] => [
    purpose,
    new EncryptionKey(`${purpose}-key`, key(purpose), { providers: [provider] }).keyArn,
  ]);
  // Object.fromEntries forgets which keys its entries have.
  return Object.fromEntries(entries) as Record<Purpose, Output<string>>;
}

function defineStores({ given, provider, keys, network, cluster }: Cloud): void {
  const opts = { providers: [provider] };
  const refs = {
    vpcId: network.vpcId,
    subnetIds: network.privateSubnetIds,
    clients: { cluster: cluster.clusterSecurityGroupId },
    storageKeyArn: keys.data,
  };
  const storeRefs = { ...refs, secretsKeyArn: keys.data, logsKeyArn: keys.logs };
  const store = given.store && new ControlStore("store", { ...given.store, refs: storeRefs }, opts);
  if (given.cache) new SharedCache("cache", { ...given.cache, refs }, opts);
  if (given.backups && store) {
    new BackupPlan(
      "backups",
      { ...given.backups, refs: { keyArn: keys.data, resources: [store.arn] } },
      opts,
    );
  }
}
