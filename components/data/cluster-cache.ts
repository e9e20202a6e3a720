// ClusterCache: Valkey as one pod, for what pods share and can lose; nothing of it is kept.
import { Deployment } from "@pulumi/kubernetes/apps/v1/index.js";
import { Secret, Service, ServiceAccount } from "@pulumi/kubernetes/core/v1/index.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/index.js";
import { type ComponentResourceOptions, type Input, type Output, output, secret } from "@pulumi/pulumi";
import { LABELS } from "../contract/labels.ts";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { shortHash } from "../kit/names.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ClusterCacheArgs, clusterCacheSettings } from "./cluster-cache.args.ts";
import * as manifests from "./cluster-cache.manifests.ts";
import { CACHE, type ClusterCachePlan, planClusterCache } from "./cluster-cache.plan.ts";
import * as store from "./cluster-store.manifests.ts";
import { VALKEY_PORT } from "./shared-cache.plan.ts";
import { createStorePassword } from "./store-password.ts";

const TOKEN = { area: "data", kind: "ClusterCache" };

/** The cache of one namespace. Needs the `random` and `kubernetes` providers. Throws ConfigError on a wrong setting. */
export class ClusterCache extends BaseComponent {
  /** Name of the Service, inside the namespace. */
  readonly host: Output<string>;
  readonly port: Output<number>;
  /** What every key and channel has to start with. */
  readonly keyPrefix: Output<string>;
  /** Secret with the password of the one user. */
  readonly secretName: Output<string>;
  /** Key of the password inside it. */
  readonly secretKey: Output<string>;

  constructor(name: string, args: ClusterCacheArgs, opts: ComponentResourceOptions = {}) {
    const plan = planClusterCache(parseSettings(clusterCacheSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const { namespace } = args.refs;
    const { password, checksum } = createStorePassword(this.childName("password"), this.childOptions());
    const configuration = checksum.apply((hash) => manifests.cacheConfiguration(plan, hash));
    this.secretName = named(
      Secret,
      this.childName("secret"),
      manifests.cacheSecretArgs(plan, { namespace, password, configuration: secret(configuration) }),
      this.childOptions(),
    );
    const account = named(
      ServiceAccount,
      this.childName("account"),
      store.storeAccountArgs({ name: CACHE, namespace, labels: plan.labels }),
      this.childOptions(),
    );
    this.#createPaths(plan, namespace);
    this.host = this.#createServer(plan, args, {
      ...args.refs,
      account,
      secret: this.secretName,
      configurationChecksum: configuration.apply(shortHash),
    });
    this.port = output(VALKEY_PORT);
    this.keyPrefix = output(plan.keyPrefix);
    this.secretKey = output(manifests.CACHE_PASSWORD_KEY);
    this.registerOutputs({ host: this.host });
  }

  #createServer(
    plan: ClusterCachePlan,
    { refs: { namespace }, override }: ClusterCacheArgs,
    refs: manifests.CacheServerRefs,
  ): Output<string> {
    const server = new Deployment(
      this.childName("server"),
      applyOverride(manifests.cacheServerArgs(plan, refs), override?.server),
      this.childOptions({ customTimeouts: manifests.CACHE_TIMEOUTS }),
    );
    return named(
      Service,
      this.childName("service"),
      store.storeServiceArgs(
        { name: CACHE, namespace, labels: plan.labels },
        { name: manifests.PORT_NAME, number: VALKEY_PORT },
        plan.selector,
      ),
      this.childOptions({ dependsOn: [server] }),
    );
  }

  #createPaths(plan: ClusterCachePlan, namespace: Input<string>): void {
    const paths = { pods: { [LABELS.component]: CACHE }, port: VALKEY_PORT };
    const place = (name: string): store.StorePlace => ({ name, namespace, labels: plan.labels });
    new NetworkPolicy(
      this.childName("from-clients"),
      store.fromClientsArgs({ ...paths, place: place("allow-cache-from-clients") }, plan.clients),
      this.childOptions(),
    );
    new NetworkPolicy(
      this.childName("to-cache"),
      store.toStoreArgs({ ...paths, place: place("allow-clients-to-cache") }, plan.clients),
      this.childOptions(),
    );
  }
}
