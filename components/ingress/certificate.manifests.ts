// Plan of the way in → arguments of its certificate and of its records in Route 53.
import type { CertificateArgs } from "@pulumi/aws/acm/certificate.js";
import type { RecordArgs } from "@pulumi/aws/route53/record.js";
import type { acm } from "@pulumi/aws/types/output.js";
import type { Input, Output } from "@pulumi/pulumi";
import type { IngressPlan } from "./ingress.plan.ts";

const VALIDATION_TTL_SECONDS = 300;

/** A certificate of ACM, renewed by AWS for as long as its validation record stands. */
export function certificateArgs({ hostname }: IngressPlan): CertificateArgs {
  return { domainName: hostname, validationMethod: "DNS", keyAlgorithm: "EC_prime256v1" };
}

/** Proves that the name is ours. A certificate for one name asks for one record. */
export function validationRecordArgs(
  { validationZoneId }: IngressPlan,
  asked: Output<acm.CertificateDomainValidationOption[]>,
): RecordArgs {
  const read = (field: keyof acm.CertificateDomainValidationOption): Output<string> =>
    asked.apply((options) => options?.[0]?.[field] ?? "");
  return {
    zoneId: validationZoneId,
    name: read("resourceRecordName"),
    type: read("resourceRecordType"),
    records: [read("resourceRecordValue")],
    ttl: VALIDATION_TTL_SECONDS,
    // Another environment may have had a certificate for the same name: ACM asks both for the same record.
    allowOverwrite: true,
  };
}

/** The name that callers use, following the load balancer's own. */
export function aliasArgs(
  { hostname, recordZoneId, aliasZoneId }: IngressPlan,
  address: Input<string>,
): RecordArgs {
  return {
    zoneId: recordZoneId,
    name: hostname,
    type: "A",
    aliases: [{ name: address, zoneId: aliasZoneId, evaluateTargetHealth: true }],
  };
}
