// ExternalSecretsOperator: the controller that copies secrets of AWS Secrets Manager into one namespace.
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type OperatorArgs, operatorSettings } from "./operator.args.ts";
import { operatorValues } from "./operator.values.ts";

const TOKEN = { area: "secrets", kind: "ExternalSecretsOperator" };

/** The operator of one cluster, for one namespace. Its role is that of `OPERATOR_ACCOUNT`. */
export class ExternalSecretsOperator extends BaseComponent {
  constructor(name: string, args: OperatorArgs, opts: ComponentResourceOptions = {}) {
    const settings = parseSettings(operatorSettings, args, { ...TOKEN, name });
    super(TOKEN, name, opts);
    new Release(
      this.childName("release"),
      applyOverride(
        chartReleaseArgs("external-secrets", operatorValues(settings, args.refs), args.refs.ownNamespace),
        args.override?.release,
      ),
      this.childOptions(),
    );
    this.registerOutputs({});
  }
}
