// ControlStore: Postgres for records and control data, in private subnets, without a password in the state.
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Cluster } from "@pulumi/aws/rds/cluster.js";
import { ClusterInstance } from "@pulumi/aws/rds/clusterInstance.js";
import { ClusterParameterGroup } from "@pulumi/aws/rds/clusterParameterGroup.js";
import { Instance } from "@pulumi/aws/rds/instance.js";
import { ParameterGroup } from "@pulumi/aws/rds/parameterGroup.js";
import { SubnetGroup } from "@pulumi/aws/rds/subnetGroup.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { all, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ControlStoreArgs, controlStoreSettings } from "./control-store.args.ts";
import * as manifests from "./control-store.manifests.ts";
import {
  type AuroraPlan,
  type ControlStorePlan,
  databaseUserArn,
  POSTGRES_PORT,
  planControlStore,
  type RdsPlan,
} from "./control-store.plan.ts";
import { clientIngressArgs, storeSecurityGroupArgs } from "./private-store.ts";

const TOKEN = { area: "data", kind: "ControlStore" };

type Store = {
  readonly arn: Output<string>;
  readonly resourceId: Output<string>;
  readonly endpoint: Output<string>;
  readonly secrets: Output<readonly { readonly secretArn: string }[]>;
};

type Places = manifests.StorePlaces;

/** A Postgres store that only named security groups reach. Throws ConfigError on a wrong setting. */
export class ControlStore extends BaseComponent {
  /** Host name of the writer. */
  readonly endpoint: Output<string>;
  readonly port: Output<number>;
  readonly database: Output<string>;
  /** Secret that RDS keeps the master user and password in. */
  readonly masterSecretArn: Output<string>;
  readonly securityGroupId: Output<string>;
  readonly arn: Output<string>;
  /** What a pod's role is allowed `rds-db:connect` on. */
  readonly connectArn: Output<string>;

  constructor(name: string, args: ControlStoreArgs, opts: ComponentResourceOptions = {}) {
    const plan = planControlStore(parseSettings(controlStoreSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.securityGroupId = this.#createSecurityGroup(plan, args);
    const { engine } = plan;
    const store =
      engine.kind === "aurora"
        ? this.#createAurora(plan, engine, args)
        : this.#createInstance(plan, engine, args);
    this.endpoint = store.endpoint;
    this.port = output(POSTGRES_PORT);
    this.database = output(plan.database);
    // Known after creation only; in a recorded program there is none at all.
    this.masterSecretArn = store.secrets.apply((secrets) => secrets?.[0]?.secretArn ?? "");
    this.arn = store.arn;
    this.connectArn = all([store.arn, store.resourceId]).apply(([arn, resourceId]) =>
      databaseUserArn(arn ?? "", resourceId ?? "", plan.applicationUser),
    );
    this.registerOutputs({ endpoint: this.endpoint });
  }

  #createSecurityGroup(plan: ControlStorePlan, { refs }: ControlStoreArgs): Output<string> {
    const { id } = new SecurityGroup(
      this.childName("access"),
      storeSecurityGroupArgs(plan.identifier, `Postgres of ${plan.identifier}`, refs.vpcId),
      this.childOptions(),
    );
    for (const [client, clientId] of Object.entries(refs.clients)) {
      new SecurityGroupIngressRule(
        this.childName(`from-${client}`),
        clientIngressArgs({ securityGroupId: id, client, clientId, port: POSTGRES_PORT }),
        this.childOptions(),
      );
    }
    return id;
  }

  #createPlaces(plan: ControlStorePlan, { refs }: ControlStoreArgs): Places & { logs: LogGroup[] } {
    const subnetGroup = new SubnetGroup(
      this.childName("subnets"),
      manifests.subnetGroupArgs(plan, refs),
      this.childOptions(),
    ).name;
    const Parameters = plan.engine.kind === "aurora" ? ClusterParameterGroup : ParameterGroup;
    const parameterGroup = new Parameters(
      this.childName("parameters"),
      manifests.parameterGroupArgs(plan),
      this.childOptions(),
    ).name;
    const logs = plan.logs.map(
      ({ type, group }) =>
        new LogGroup(
          this.childName(`${type}-log`),
          manifests.logGroupArgs(plan, group, refs.logsKeyArn),
          this.childOptions(),
        ),
    );
    return { subnetGroup, parameterGroup, securityGroupId: this.securityGroupId, logs };
  }

  #createAurora(plan: ControlStorePlan, engine: AuroraPlan, args: ControlStoreArgs): Store {
    const { logs, ...places } = this.#createPlaces(plan, args);
    const { protect } = plan;
    const cluster = new Cluster(
      this.childName("cluster"),
      applyOverride(manifests.clusterArgs(plan, engine, { ...args.refs, places }), args.override?.cluster),
      this.childOptions({ protect, dependsOn: logs }),
    );
    const refs = { cluster: cluster.clusterIdentifier, storageKeyArn: args.refs.storageKeyArn };
    for (const instance of engine.instances) {
      new ClusterInstance(
        this.childName(`instance-${instance.suffix}`),
        applyOverride(manifests.clusterInstanceArgs(plan, instance, refs), args.override?.clusterInstance),
        this.childOptions({ protect }),
      );
    }
    const { arn, clusterResourceId: resourceId, endpoint, masterUserSecrets: secrets } = cluster;
    return { arn, resourceId, endpoint, secrets };
  }

  #createInstance(plan: ControlStorePlan, engine: RdsPlan, args: ControlStoreArgs): Store {
    const { logs, ...places } = this.#createPlaces(plan, args);
    const { protect } = plan;
    const instance = new Instance(
      this.childName("instance"),
      applyOverride(manifests.instanceArgs(plan, engine, { ...args.refs, places }), args.override?.instance),
      this.childOptions({ protect, dependsOn: logs }),
    );
    const { arn, resourceId, address: endpoint, masterUserSecrets: secrets } = instance;
    return { arn, resourceId, endpoint, secrets };
  }
}
