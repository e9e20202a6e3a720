// Settings of a stack's AWS half → the plain arguments of each of its components. Pure.
import type { EncryptionKeySettings } from "../../components/encryption/encryption.args.ts";
import type { Ownership } from "../../components/kit/ownership.ts";
import { bucketNameOf } from "../../components/model-bucket/model-bucket.args.ts";
import type { AwsSettings } from "./aws-settings.ts";

export type AwsContext = {
  readonly stack: string;
  readonly ownership: Ownership;
  readonly aws: AwsSettings;
};

/** Start of every physical name, and the cluster's own. */
export function awsPrefix(stack: string): string {
  return `rampa-${stack}`;
}

/** What the components take besides refs; checked settings and those to be checked go through here alike. */
export function awsArguments({ stack, ownership, aws }: AwsContext) {
  const { account, region, zones, protect } = aws;
  const { weightsPrefix: _weightsPrefix, ...models } = aws.models;
  const named = { ownership, prefix: awsPrefix(stack) };
  const placed = { ...named, account, region };
  const store = { ...named, zones, protect };
  return {
    key: (purpose: EncryptionKeySettings["purpose"]) => ({ ...aws.keys, ...placed, purpose, protect }),
    network: { ...aws.network, ...placed, zones },
    cluster: { ...aws.cluster, ...named, region, protect },
    gpuPools: aws.gpuPools.map((pool) => ({ ...pool, ...named, vpcZones: zones })),
    gpuSupport: {
      ...named,
      accountId: account,
      region,
      compute: aws.cluster.mode,
      kubernetesVersion: aws.cluster.version,
      pools: aws.gpuPools,
    },
    registry: aws.registry && { ...aws.registry, ...named, protect },
    models: { ...models, ...placed, purpose: "models" as const, protect },
    records: aws.records && { ...aws.records, ...placed, purpose: "records" as const, protect },
    store: aws.store && {
      ...aws.store,
      ...store,
      deletionProtection: aws.store.deletionProtection && protect,
    },
    cache: aws.cache && { ...aws.cache, ...store },
    backups: aws.backups && { ...aws.backups, ...named, protect },
    clientKeys: { ownership, protect },
    delivery: { ...aws.secrets, ownership, region },
    controller: { region },
    ingress: aws.ingress && { ...aws.ingress, ownership, region, protect },
  };
}

export type AwsArguments = ReturnType<typeof awsArguments>;

/** Start of the addresses of all weights that the model pods of the stack's own cluster may read. */
export function ownWeights(context: AwsContext): string {
  return `s3://${bucketNameOf(awsArguments(context).models)}/${context.aws.models.weightsPrefix}`;
}
