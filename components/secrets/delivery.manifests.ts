// Plan of the delivery → the SecretStore and ExternalSecrets of the External Secrets Operator.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { Input } from "@pulumi/pulumi";
import { PROVIDER_KEY } from "../kit/provider-secret.ts";
import type { DeliveryRefs } from "./delivery.args.ts";
import type { DeliveryPlan, ProviderKeyPlan } from "./delivery.plan.ts";
import { KEYS_FILE, KEYS_SECRET } from "./secrets.manifests.ts";

const API_VERSION = "external-secrets.io/v1";
const STORE = "secrets-manager";

/** The deployment goes on only when the Secret is there. Source: Pulumi Kubernetes provider, await annotations. */
const WAIT = { "pulumi.com/waitFor": "condition=Ready" } as const;

/** A change of an annotation makes the operator read the secret at once. */
const ANNOTATION_CHECKSUM = "rampa.dev/keys-checksum";

/**
 * Where secrets come from. It names no credentials: the operator's own pod identity is used, as the operator cannot
 * take the identity of another ServiceAccount.
 */
export function storeArgs(plan: DeliveryPlan, namespace: Input<string>): CustomResourceArgs {
  return {
    apiVersion: API_VERSION,
    kind: "SecretStore",
    metadata: { name: STORE, namespace, labels: { ...plan.labels }, annotations: { ...WAIT } },
    spec: { provider: { aws: { service: "SecretsManager", region: plan.region } } },
  };
}

/** The client keys file, under the name and key that the gateway mounts. */
export function clientKeysArgs(plan: DeliveryPlan, refs: DeliveryRefs & StoreRef): CustomResourceArgs {
  return externalSecretArgs(plan.refreshInterval, {
    name: KEYS_SECRET,
    namespace: refs.namespace,
    store: refs.store,
    labels: plan.labels,
    annotations: { [ANNOTATION_CHECKSUM]: refs.clientKeysChecksum },
    data: { secretKey: KEYS_FILE, remoteRef: { key: refs.clientKeysSecretArn } },
  });
}

/** A third party's key. */
export function providerKeyArgs(
  plan: DeliveryPlan,
  { name, secretArn, property, labels }: ProviderKeyPlan,
  refs: Pick<DeliveryRefs, "namespace"> & StoreRef,
): CustomResourceArgs {
  return externalSecretArgs(plan.refreshInterval, {
    name,
    namespace: refs.namespace,
    store: refs.store,
    labels,
    annotations: {},
    data: {
      secretKey: PROVIDER_KEY,
      remoteRef: { key: secretArn, ...(property !== undefined && { property }) },
    },
  });
}

type StoreRef = { readonly store: Input<string> };

type Delivered = {
  readonly name: string;
  readonly namespace: Input<string>;
  readonly store: Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, Input<string>>>;
  readonly data: {
    readonly secretKey: string;
    readonly remoteRef: { readonly key: Input<string>; readonly property?: string };
  };
};

function externalSecretArgs(refreshInterval: string, delivered: Delivered): CustomResourceArgs {
  const { name, namespace, store, labels, annotations, data } = delivered;
  return {
    apiVersion: API_VERSION,
    kind: "ExternalSecret",
    metadata: { name, namespace, labels: { ...labels }, annotations: { ...WAIT, ...annotations } },
    spec: {
      refreshInterval,
      secretStoreRef: { kind: "SecretStore", name: store },
      target: {
        name,
        creationPolicy: "Owner",
        // The Secret outlives its source: a mistake in AWS must not take keys from running pods.
        deletionPolicy: "Retain",
        template: { type: "Opaque", metadata: { labels: { ...labels } } },
      },
      data: [data],
    },
  };
}
