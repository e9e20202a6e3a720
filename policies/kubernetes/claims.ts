// What pods claim by Dynamic Resource Allocation: their claims, who uses them, and whether those are of GPUs.
import { GPU_DEVICE_CLASS } from "../../components/contract/gpus.ts";
import type { Subject } from "../rule.ts";
import type { Value } from "../value.ts";
import { containersOf, type PodTemplate } from "./pods.ts";

/** What claims are made of, and claims that pods share. */
const CLAIMS = /^kubernetes:resource\.k8s\.io\/[^:]+:ResourceClaim(Template)?$/;
const GPU_CLASSES: readonly string[] = [GPU_DEVICE_CLASS, "mig.nvidia.com"];

export function claimsOf({ spec }: PodTemplate): Value {
  return spec.at("resourceClaims");
}

/** The names of claims that the pod's containers refer to. */
export function claimUses(pod: PodTemplate): readonly Value[] {
  return containersOf(pod).flatMap((container) =>
    container
      .at("resources", "claims")
      .items()
      .map((claim) => claim.at("name")),
  );
}

/** Whether one of the pod's claims is of GPUs, as far as the stack's own objects tell. */
export function claimsGpus(pod: PodTemplate, subjects: readonly Subject[]): boolean {
  const names = claimsOf(pod)
    .items()
    .flatMap((claim) => [claim.at("resourceClaimTemplateName").text(), claim.at("resourceClaimName").text()])
    .filter((name) => name !== undefined);
  return subjects.some(
    ({ type, props }) =>
      CLAIMS.test(type) &&
      names.includes(props.at("metadata", "name").text() ?? "") &&
      deviceClasses(props).some((name) => GPU_CLASSES.includes(name)),
  );
}

/** A template has the claim's spec inside its own. */
function deviceClasses(props: Value): readonly string[] {
  const requests = [props.at("spec", "devices"), props.at("spec", "spec", "devices")].flatMap((devices) =>
    devices.at("requests").items(),
  );
  return requests
    .flatMap((request) => [request.at("exactly"), ...request.at("firstAvailable").items()])
    .flatMap((choice) => choice.at("deviceClassName").text() ?? []);
}
