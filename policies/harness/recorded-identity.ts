// What a recorded resource is known by: ids, ARNs and addresses of AWS's own form, the same every time. Pure.
import { createHash } from "node:crypto";

const ACCOUNT = "123456789012";
const REGION = "us-east-1";

export type RecordedIdentity = {
  readonly id: string;
  /** Outputs that every resource of AWS has, or all of its type. */
  readonly outputs: Readonly<Record<string, string>>;
};

/** `name` is the resource's own in the program. */
export function recordedIdentity(type: string, name: string): RecordedIdentity {
  const [, service, kind] = /^aws:(\w+)\/\w+:(\w+)$/.exec(type) ?? [];
  if (service === undefined || kind === undefined) return { id: `${name}-id`, outputs: {} };
  if (type === "aws:sqs/queue:Queue") {
    const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
    return { id: url, outputs: { arn: arnOf("sqs", name), url } };
  }
  const arn = arnOf(service, `${KINDS[kind] ?? kind.toLowerCase()}/${name}`);
  const id = type === "aws:ec2/subnet:Subnet" ? `subnet-${hexOf(name)}` : `${name}-id`;
  return { id, outputs: { arn } };
}

const KINDS: Readonly<Record<string, string>> = { InstanceProfile: "instance-profile" };

/** IAM is the same in all regions, so its ARNs name none. */
function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${service === "iam" ? "" : REGION}:${ACCOUNT}:${resource}`;
}

function hexOf(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 17);
}
