// Ingress: a load balancer with a certificate and a name of its own in front of the platform's gateway.
import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { CertificateValidation } from "@pulumi/aws/acm/certificateValidation.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/index.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/index.js";
import type { ComponentResourceOptions, Input, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { aliasArgs, certificateArgs, validationRecordArgs } from "./certificate.manifests.ts";
import { GatewayResource } from "./gateway-resource.ts";
import { type IngressArgs, type IngressOverride, ingressSettings } from "./ingress.args.ts";
import * as manifests from "./ingress.manifests.ts";
import { type IngressPlan, planIngress } from "./ingress.plan.ts";

const TOKEN = { area: "ingress", kind: "Ingress" };

/** A load balancer takes minutes to come up, and its names and targets minutes more to go. */
const GATEWAY_TIMEOUTS = { create: "15m", update: "15m", delete: "15m" };

/** The way in from outside. Must depend on `LoadBalancerController`, which makes the load balancer and unmakes it. */
export class Ingress extends BaseComponent {
  /** Base of every address, e.g. `https://models.example.com`. */
  readonly url: string;
  /** The load balancer's own name. */
  readonly address: Output<string>;

  constructor(name: string, args: IngressArgs, opts: ComponentResourceOptions = {}) {
    const plan = planIngress(parseSettings(ingressSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.url = `https://${plan.hostname}`;
    const override = args.override ?? {};
    const namespace = named(
      Namespace,
      this.childName("namespace"),
      manifests.namespaceArgs(plan),
      this.childOptions(),
    );
    const certificateArn = this.#createCertificate(plan, override);
    const gateway = this.#createGateway(plan, args, { namespace, certificateArn });
    this.address = gateway.address;
    this.#createRoutes(plan, args, { namespace, gateway: gateway.metadata.name });
    new DnsRecord(this.childName("record"), aliasArgs(plan, this.address), this.childOptions());
    this.registerOutputs({ url: this.url, address: this.address });
  }

  /** Returns the certificate's ARN once it has been issued. */
  #createCertificate(plan: IngressPlan, override: IngressOverride): Output<string> {
    const certificate = new Certificate(
      this.childName("certificate"),
      applyOverride(certificateArgs(plan), override.certificate),
      this.childOptions(),
    );
    const record = new DnsRecord(
      this.childName("validation-record"),
      validationRecordArgs(plan, certificate.domainValidationOptions),
      this.childOptions(),
    );
    return new CertificateValidation(
      this.childName("validation"),
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      this.childOptions(),
    ).certificateArn;
  }

  #createGateway(
    plan: IngressPlan,
    { refs, override = {} }: IngressArgs,
    made: { readonly namespace: Input<string>; readonly certificateArn: Input<string> },
  ): GatewayResource {
    const subnetIds = plan.subnets === "public" ? refs.publicSubnetIds : refs.privateSubnetIds;
    const className = named(
      CustomResource,
      this.childName("class"),
      manifests.gatewayClassArgs(plan),
      this.childOptions(),
    );
    const configuration = named(
      CustomResource,
      this.childName("load-balancer"),
      applyOverride(manifests.loadBalancerArgs(plan, { ...made, subnetIds }), override.loadBalancer),
      this.childOptions(),
    );
    return new GatewayResource(
      this.childName("gateway"),
      applyOverride(
        manifests.gatewayArgs(plan, { namespace: made.namespace, className, configuration }),
        override.gateway,
      ),
      this.childOptions({ protect: plan.protect, customTimeouts: GATEWAY_TIMEOUTS }),
    );
  }

  #createRoutes(
    plan: IngressPlan,
    { refs, override = {} }: IngressArgs,
    made: { readonly namespace: Input<string>; readonly gateway: Input<string> },
  ): void {
    const grant = new CustomResource(
      this.childName("grant"),
      manifests.grantArgs(plan, refs),
      this.childOptions(),
    );
    const targets = new CustomResource(
      this.childName("targets"),
      applyOverride(manifests.targetsArgs(plan, refs), override.targets),
      this.childOptions(),
    );
    new CustomResource(
      this.childName("route"),
      applyOverride(manifests.routeArgs(plan, { ...refs, ...made }), override.route),
      // A route before them would send requests nowhere, or judge targets by the wrong path.
      this.childOptions({ dependsOn: [grant, targets] }),
    );
    if (!plan.redirectsHttp) return;
    new CustomResource(
      this.childName("redirect"),
      manifests.redirectArgs(plan, { ...refs, ...made }),
      this.childOptions(),
    );
  }
}
