// AiGateway: the pods that callers reach, the Gateway their routes belong to, and the way in.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/index.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/index.js";
import { ConfigMap, Secret, Service } from "@pulumi/kubernetes/core/v1/index.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/index.js";
import { type ComponentResourceOptions, type Input, type Output, output, secret } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { InvariantError } from "../kit/invariant-error.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { rolloutTimeouts } from "../kit/rollout.ts";
import { type GatewayArgs, type GatewayOverride, type GatewayRefs, gatewaySettings } from "./gateway.args.ts";
import * as manifests from "./gateway.manifests.ts";
import { type GatewayPlan, planGateway } from "./gateway.plan.ts";

const TOKEN = { area: "gateway", kind: "AiGateway" };

/** The gateway of one environment. Throws ConfigError on a wrong setting, before anything is created. */
export class AiGateway extends BaseComponent {
  /** Name of the Gateway that routes name as their parent. */
  readonly gatewayName: Output<string>;
  /** Name of the Service in front of its pods. */
  readonly serviceName: Output<string>;

  constructor(name: string, args: GatewayArgs, opts: ComponentResourceOptions = {}) {
    const plan = planGateway(parseSettings(gatewaySettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const override = args.override ?? {};
    this.gatewayName = this.#createGateway(plan, args.refs.namespace, override);
    this.#createPods(plan, args);
    this.serviceName = this.#createService(plan, args.refs.namespace, override);
    this.registerOutputs({ gatewayName: this.gatewayName });
  }

  #createGateway(plan: GatewayPlan, namespace: Input<string>, override: GatewayOverride): Output<string> {
    const className = plan.createGatewayClass
      ? named(CustomResource, this.childName("class"), manifests.gatewayClassArgs(plan), this.childOptions())
      : output(manifests.GATEWAY_CLASS);
    return named(
      CustomResource,
      this.childName("gateway"),
      applyOverride(manifests.gatewayArgs(plan, { namespace, className }), override.gateway),
      this.childOptions(),
    );
  }

  #createPods(plan: GatewayPlan, { refs, override }: GatewayArgs): void {
    const config = named(
      ConfigMap,
      this.childName(`config-${plan.config.checksum}`),
      manifests.gatewayConfigArgs(plan, refs.namespace),
      this.childOptions({ aliases: [{ name: this.childName("config") }] }),
    );
    const providerSecrets = this.#createProviderKeys(plan, refs, override?.providerKey);
    const all = { ...refs, config, providerSecrets };
    new Deployment(
      this.childName("deployment"),
      applyOverride(manifests.gatewayDeploymentArgs(plan, all), override?.deployment),
      this.childOptions({ customTimeouts: rolloutTimeouts(plan) }),
    );
  }

  /** Names of the Secrets, by provider. */
  #createProviderKeys(
    plan: GatewayPlan,
    refs: GatewayRefs,
    override: GatewayOverride["providerKey"],
  ): Record<string, Output<string>> {
    const own = plan.providerKeys.filter(({ made }) => made !== undefined);
    return Object.fromEntries(
      own.map((key) => {
        const value = refs.providerKeys?.[key.provider];
        if (value === undefined) throw new InvariantError(`no key was given for provider ${key.provider}`);
        const args = manifests.providerSecretArgs(key, { namespace: refs.namespace, value: secret(value) });
        const name = this.childName(key.secretName);
        const made = applyOverride(args, override);
        return [key.provider, named(Secret, name, made, this.childOptions())];
      }),
    );
  }

  #createService(plan: GatewayPlan, namespace: Input<string>, override: GatewayOverride): Output<string> {
    new PodDisruptionBudget(
      this.childName("disruption-budget"),
      applyOverride(manifests.gatewayDisruptionArgs(plan, namespace), override.disruptionBudget),
      this.childOptions(),
    );
    return named(
      Service,
      this.childName("service"),
      applyOverride(manifests.gatewayServiceArgs(plan, namespace), override.service),
      this.childOptions(),
    );
  }
}
