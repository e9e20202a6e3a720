// SharedCache: Valkey for rate limits and cached answers, TLS only, signed in to by IAM.
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { ReplicationGroup } from "@pulumi/aws/elasticache/replicationGroup.js";
import { SubnetGroup } from "@pulumi/aws/elasticache/subnetGroup.js";
import { User } from "@pulumi/aws/elasticache/user.js";
import { UserGroup } from "@pulumi/aws/elasticache/userGroup.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { clientIngressArgs, storeSecurityGroupArgs } from "./private-store.ts";
import { type SharedCacheArgs, sharedCacheSettings } from "./shared-cache.args.ts";
import * as manifests from "./shared-cache.manifests.ts";
import { planSharedCache, type SharedCachePlan, VALKEY_PORT } from "./shared-cache.plan.ts";

const TOKEN = { area: "data", kind: "SharedCache" };

/** A Valkey cache that only named security groups reach. Throws ConfigError on a wrong setting. */
export class SharedCache extends BaseComponent {
  /** Host name of the primary; it stays the same when a replica takes over. */
  readonly endpoint: Output<string>;
  readonly port: Output<number>;
  readonly securityGroupId: Output<string>;
  /** Name that clients sign in as. */
  readonly userName: Output<string>;
  /** What a pod's role is allowed `elasticache:Connect` on: the cache and its user. */
  readonly connectArns: readonly Output<string>[];

  constructor(name: string, args: SharedCacheArgs, opts: ComponentResourceOptions = {}) {
    const plan = planSharedCache(parseSettings(sharedCacheSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.securityGroupId = this.#createSecurityGroup(plan, args);
    const user = new User(
      this.childName("user"),
      applyOverride(manifests.cacheUserArgs(plan), args.override?.user),
      this.childOptions(),
    );
    const group = this.#createGroup(plan, user, args);
    this.endpoint = group.primaryEndpointAddress;
    this.port = output(VALKEY_PORT);
    this.userName = user.userName;
    this.connectArns = [group.arn, user.arn];
    this.registerOutputs({ endpoint: this.endpoint });
  }

  #createSecurityGroup(plan: SharedCachePlan, { refs }: SharedCacheArgs): Output<string> {
    const { id } = new SecurityGroup(
      this.childName("access"),
      storeSecurityGroupArgs(plan.identifier, `Valkey of ${plan.identifier}`, refs.vpcId),
      this.childOptions(),
    );
    for (const [client, clientId] of Object.entries(refs.clients)) {
      new SecurityGroupIngressRule(
        this.childName(`from-${client}`),
        clientIngressArgs({ securityGroupId: id, client, clientId, port: VALKEY_PORT }),
        this.childOptions(),
      );
    }
    return id;
  }

  #createGroup(plan: SharedCachePlan, user: User, args: SharedCacheArgs): ReplicationGroup {
    const userGroup = new UserGroup(
      this.childName("users"),
      manifests.cacheUserGroupArgs(plan, user.userId),
      this.childOptions(),
    ).userGroupId;
    const subnetGroup = new SubnetGroup(
      this.childName("subnets"),
      manifests.cacheSubnetGroupArgs(plan, args.refs),
      this.childOptions(),
    ).name;
    const { securityGroupId } = this;
    const { storageKeyArn } = args.refs;
    return new ReplicationGroup(
      this.childName("group"),
      applyOverride(
        manifests.replicationGroupArgs(plan, { subnetGroup, securityGroupId, userGroup, storageKeyArn }),
        args.override?.group,
      ),
      this.childOptions({ protect: plan.protect }),
    );
  }
}
