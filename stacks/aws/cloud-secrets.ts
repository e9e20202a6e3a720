// defineCloudKeys: client keys kept in AWS Secrets Manager and brought into the environment's namespace.
import type { Output, ProviderResource, Resource } from "@pulumi/pulumi";
import { PodRole } from "../../components/identity/identity.ts";
import { readSecretPermissions } from "../../components/identity/permissions.ts";
import { ControllerSpace } from "../../components/network/controller-space.ts";
import { SecretDelivery } from "../../components/secrets/delivery.ts";
import { ManagedClientKeys } from "../../components/secrets/managed-keys.ts";
import { ExternalSecretsOperator } from "../../components/secrets/operator.ts";
import { OPERATOR_ACCOUNT } from "../../components/secrets/operator.values.ts";
import type { Keys } from "../platform.ts";
import type { Cloud } from "./cloud.ts";
import { apiServerRanges } from "./cluster-base.ts";
import { secretsSpace } from "./controller-spaces.ts";

type Place = {
  readonly cloud: Cloud;
  readonly namespace: Output<string>;
  readonly rotation: number;
  /** Namespace of Prometheus; undefined where the stack has none. */
  readonly scraper: string | undefined;
  readonly providers: ProviderResource[];
  readonly dependsOn: Resource[];
};

export function defineCloudKeys(place: Place): Keys {
  const { cloud, namespace, rotation, scraper, providers, dependsOn } = place;
  const { given } = cloud;
  const keyArn = cloud.keys.data;
  const keys = new ManagedClientKeys(
    "client-keys",
    { ...given.clientKeys, rotation, refs: { keyArn } },
    { providers },
  );
  const { account, region, secrets } = cloud.context.aws;
  const foreign = Object.values(secrets.providerKeys).map(({ secretArn }) => secretArn);
  const { clusterName, clusterArn } = cloud.cluster;
  const { roleArn } = new PodRole(
    "secrets-role",
    {
      ...OPERATOR_ACCOUNT,
      permissions: readSecretPermissions({
        secretArns: [keys.secretArn, ...foreign],
        keyArns: [keyArn],
        region,
      }),
      refs: { clusterName, clusterArn, accountId: account },
    },
    { providers },
  );
  const around = { apiServers: apiServerRanges(cloud.context.aws), scraper };
  const space = new ControllerSpace("external-secrets-space", secretsSpace(cloud.context, around), {
    providers,
    dependsOn,
  });
  const operator = new ExternalSecretsOperator(
    "external-secrets",
    { refs: { namespace, ownNamespace: space.namespace, roleArn } },
    { providers, dependsOn },
  );
  const { secretArn: clientKeysSecretArn, checksum: clientKeysChecksum } = keys;
  const delivery = new SecretDelivery(
    "secrets",
    { ...given.delivery, refs: { namespace, clientKeysSecretArn, clientKeysChecksum } },
    { providers, dependsOn: [operator] },
  );
  return { apiKey: keys.apiKey, checksum: keys.checksum, secretName: delivery.secretName };
}
