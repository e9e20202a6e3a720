// ClusterPostgres: Postgres as one pod on a volume of its own, with copies by the clock on another volume.
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/index.js";
import { CronJob } from "@pulumi/kubernetes/batch/v1/index.js";
import {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Secret,
  Service,
  ServiceAccount,
} from "@pulumi/kubernetes/core/v1/index.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/index.js";
import { type ComponentResourceOptions, type Input, type Output, output } from "@pulumi/pulumi";
import { LABELS } from "../contract/labels.ts";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ClusterPostgresArgs, clusterPostgresSettings } from "./cluster-postgres.args.ts";
import * as manifests from "./cluster-postgres.manifests.ts";
import {
  type ClusterPostgresPlan,
  DATABASE,
  POSTGRES,
  POSTGRES_PORT,
  planClusterPostgres,
  ROLE,
  type VolumePlan,
} from "./cluster-postgres.plan.ts";
import { PASSWORD_KEY } from "./cluster-postgres.scripts.ts";
import * as store from "./cluster-store.manifests.ts";
import { createStorePassword } from "./store-password.ts";

const TOKEN = { area: "data", kind: "ClusterPostgres" };

/** Postgres for one namespace. Needs the `random` and `kubernetes` providers. Throws ConfigError on a wrong setting. */
export class ClusterPostgres extends BaseComponent {
  /** Name of the Service, inside the namespace. */
  readonly host: Output<string>;
  readonly port: Output<number>;
  readonly database: Output<string>;
  /** The role that owns the database. */
  readonly user: Output<string>;
  /** Secret with the role's password. */
  readonly secretName: Output<string>;
  /** Key of the password inside it. */
  readonly secretKey: Output<string>;

  constructor(name: string, args: ClusterPostgresArgs, opts: ComponentResourceOptions = {}) {
    const plan = planClusterPostgres(parseSettings(clusterPostgresSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const { namespace } = args.refs;
    const { password, checksum } = createStorePassword(this.childName("password"), this.childOptions());
    this.secretName = named(
      Secret,
      this.childName("secret"),
      manifests.passwordSecretArgs(plan, { namespace, password }),
      this.childOptions(),
    );
    const shared = {
      ...args.refs,
      account: named(
        ServiceAccount,
        this.childName("account"),
        store.storeAccountArgs({ name: POSTGRES, namespace, labels: plan.labels }),
        this.childOptions(),
      ),
      files: named(
        ConfigMap,
        this.childName("files"),
        manifests.postgresFilesArgs(plan, namespace),
        this.childOptions(),
      ),
      password: this.secretName,
    };
    this.#createPaths(plan, namespace);
    this.host = this.#createServer(plan, args, { ...shared, passwordChecksum: checksum });
    new CronJob(
      this.childName("backup"),
      applyOverride(
        manifests.backupArgs(plan, {
          ...shared,
          copiesClaim: this.#createVolume(plan, plan.copies, namespace),
        }),
        args.override?.backup,
      ),
      this.childOptions(),
    );
    this.port = output(POSTGRES_PORT);
    this.database = output(DATABASE);
    this.user = output(ROLE);
    this.secretKey = output(PASSWORD_KEY);
    this.registerOutputs({ host: this.host });
  }

  /** The name of the Service, known once the server is ready. */
  #createServer(
    plan: ClusterPostgresPlan,
    { refs: { namespace }, override }: ClusterPostgresArgs,
    refs: Omit<manifests.ServerRefs, "dataClaim">,
  ): Output<string> {
    const dataClaim = this.#createVolume(plan, plan.data, namespace);
    const server = new StatefulSet(
      this.childName("server"),
      applyOverride(manifests.serverArgs(plan, { ...refs, dataClaim }), override?.server),
      this.childOptions({ customTimeouts: manifests.SERVER_TIMEOUTS }),
    );
    const place = { name: POSTGRES, namespace, labels: plan.labels };
    return named(
      Service,
      this.childName("service"),
      store.storeServiceArgs(place, { name: manifests.PORT_NAME, number: POSTGRES_PORT }, plan.selector),
      this.childOptions({ dependsOn: [server] }),
    );
  }

  /** The claim on a volume; with a directory of the node, that volume as well. */
  #createVolume(plan: ClusterPostgresPlan, volume: VolumePlan, namespace: Input<string>): Output<string> {
    const { protect, labels } = plan;
    const { name, size, className, path } = volume;
    const place = { name, namespace, labels };
    const directory =
      path === undefined
        ? undefined
        : named(
            PersistentVolume,
            this.childName(`${name}-directory`),
            store.directoryVolumeArgs({
              place,
              name: output(namespace).apply((it) => `${it}-${name}`),
              size,
              path,
            }),
            this.childOptions({ protect }),
          );
    return named(
      PersistentVolumeClaim,
      this.childName(`${name}-claim`),
      store.storeClaimArgs({ place, size, className, ...(directory && { volume: directory }) }),
      this.childOptions({ protect }),
    );
  }

  #createPaths(plan: ClusterPostgresPlan, namespace: Input<string>): void {
    const paths = { pods: { [LABELS.component]: POSTGRES }, port: POSTGRES_PORT };
    const place = (name: string): store.StorePlace => ({ name, namespace, labels: plan.labels });
    new NetworkPolicy(
      this.childName("from-clients"),
      store.fromClientsArgs({ ...paths, place: place("allow-postgres-from-clients") }, plan.clients),
      this.childOptions(),
    );
    new NetworkPolicy(
      this.childName("to-postgres"),
      store.toStoreArgs({ ...paths, place: place("allow-clients-to-postgres") }, plan.clients),
      this.childOptions(),
    );
  }
}
