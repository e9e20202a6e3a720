// Environment: a namespace with restricted pod security, quota, default limits, identities and priorities.
import { LimitRange, Namespace, ResourceQuota, ServiceAccount } from "@pulumi/kubernetes/core/v1/index.js";
import { Role, RoleBinding } from "@pulumi/kubernetes/rbac/v1/index.js";
import { PriorityClass } from "@pulumi/kubernetes/scheduling/v1/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type EnvironmentArgs, type EnvironmentOverride, environmentSettings } from "./environment.args.ts";
import * as manifests from "./environment.manifests.ts";
import { type EnvironmentPlan, planEnvironment, type RolePlan } from "./environment.plan.ts";

const TOKEN = { area: "environment", kind: "Environment" };

/** What another component needs to run pods as a role of this environment. */
export type RoleOutputs = {
  readonly serviceAccount: Output<string>;
  readonly priorityClass: Output<string>;
};

/** A namespace that is ready for the other components. Throws ConfigError on a wrong setting. */
export class Environment extends BaseComponent {
  readonly namespace: Output<string>;
  readonly roles: Readonly<Record<RolePlan["name"], RoleOutputs>>;

  constructor(name: string, args: EnvironmentArgs, opts: ComponentResourceOptions = {}) {
    const plan = planEnvironment(parseSettings(environmentSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.namespace = this.#createNamespace(plan, args.override ?? {});
    this.roles = {
      gateway: this.#createRole(plan, plan.roles.gateway),
      model: this.#createRole(plan, plan.roles.model),
    };
    this.#createRouteReader(plan);
    this.registerOutputs({ namespace: this.namespace });
  }

  #createNamespace(plan: EnvironmentPlan, override: EnvironmentOverride): Output<string> {
    const namespace = named(
      Namespace,
      this.childName("namespace"),
      applyOverride(manifests.namespaceArgs(plan), override.namespace),
      this.childOptions(),
    );
    new ResourceQuota(
      this.childName("quota"),
      applyOverride(manifests.resourceQuotaArgs(plan, namespace), override.quota),
      this.childOptions(),
    );
    new LimitRange(
      this.childName("limits"),
      applyOverride(manifests.limitRangeArgs(plan, namespace), override.limits),
      this.childOptions(),
    );
    return namespace;
  }

  #createRole(plan: EnvironmentPlan, role: RolePlan): RoleOutputs {
    const serviceAccount = named(
      ServiceAccount,
      this.childName(`${role.name}-account`),
      manifests.serviceAccountArgs(plan, role, this.namespace),
      this.childOptions(),
    );
    const priorityClass = named(
      PriorityClass,
      this.childName(`${role.name}-priority`),
      manifests.priorityClassArgs(plan, role),
      this.childOptions(),
    );
    return { serviceAccount, priorityClass };
  }

  #createRouteReader(plan: EnvironmentPlan): void {
    const { namespace } = this;
    const role = named(
      Role,
      this.childName("gateway-routes"),
      manifests.routeReaderArgs(plan, namespace),
      this.childOptions(),
    );
    new RoleBinding(
      this.childName("gateway-routes-binding"),
      manifests.routeReaderBindingArgs(plan, {
        namespace,
        role,
        serviceAccount: this.roles.gateway.serviceAccount,
      }),
      this.childOptions(),
    );
  }
}
