// Settings of a provider's version → the Service that stands for it in routes.
import type { ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import type { z } from "zod";
import { ANNOTATIONS } from "../contract/annotations.ts";
import { LABELS, PORTS } from "../contract/labels.ts";
import { workloadName } from "../kit/names.ts";
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import type { externalVersionSettings } from "./external.args.ts";
import { cardAnnotations } from "./model-card.args.ts";

/** The pods that call the provider, whoever asks: the gateway's. */
const GATEWAY_PODS = selectorLabels({ name: "gateway", instance: "gateway" });

export function externalServiceArgs(
  settings: z.output<typeof externalVersionSettings>,
  namespace: Input<string>,
): ServiceArgs {
  const { ownership, endpoint, version, provider, model, card } = settings;
  const name = workloadName(endpoint, version);
  const { name: portName, number } = PORTS.http;
  return {
    metadata: {
      name,
      namespace,
      labels: standardLabels(
        ownership,
        { name: "external-model", instance: name },
        { [LABELS.endpoint]: endpoint, [LABELS.version]: version },
      ),
      annotations: {
        [ANNOTATIONS.provider]: provider,
        [ANNOTATIONS.providerModel]: model,
        ...cardAnnotations(card),
      },
    },
    spec: {
      type: "ClusterIP",
      selector: GATEWAY_PODS,
      ports: [{ name: portName, port: number, targetPort: portName, protocol: "TCP", appProtocol: "http" }],
    },
  };
}
