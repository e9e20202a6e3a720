// Names of Kubernetes objects: DNS labels within their length, and schemas that refuse anything else.
import { createHash } from "node:crypto";
import { z } from "zod";
import { InvariantError } from "./invariant-error.ts";

const LABEL_LENGTH = 63;
const HASH_LENGTH = 8;
const LABEL = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

/** A DNS label that starts with a letter (RFC 1035): what a Service needs, and so what every name here obeys. */
export const dnsLabel = z
  .string()
  .regex(LABEL, "lower-case letters, digits and dashes, starting with a letter")
  .max(LABEL_LENGTH, `at most ${LABEL_LENGTH} characters`);

/** An endpoint's name: short enough to leave room for a version behind it in a Service's name. */
export const endpointName = z
  .string()
  .regex(LABEL, "lower-case letters, digits and dashes, starting with a letter")
  .max(40, "at most 40 characters");

/** A semantic version without build metadata, in lower case: it is a label's value and part of a name. */
export const semanticVersion = z
  .string()
  .regex(
    /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9a-z]([0-9a-z.-]*[0-9a-z])?)?$/,
    "a semantic version without build metadata, in lower case, e.g. 1.4.0 or 2.0.0-rc.1",
  )
  .max(40, "at most 40 characters");

/** A Kubernetes label's value, as it is used for owner and cost centre. */
export const labelValue = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    "1 to 63 letters, digits, dots, dashes and underscores, starting and ending with a letter or digit",
  );

/** Joins parts into a DNS label. A label that would be too long is cut and gets a hash of the whole, so it stays unique. */
export function toDnsLabel(...parts: readonly string[]): string {
  const whole = parts.join("-").replaceAll(".", "-");
  if (!LABEL.test(whole)) throw new InvariantError(`"${whole}" is no DNS label`);
  if (whole.length <= LABEL_LENGTH) return whole;
  const head = whole.slice(0, LABEL_LENGTH - HASH_LENGTH - 1).replace(/-+$/, "");
  return `${head}-${shortHash(whole)}`;
}

/** Name of a version's Deployment and Service: `chat`, `1.0.0` → `chat-1-0-0`. */
export function workloadName(endpoint: string, version: string): string {
  return toDnsLabel(endpoint, version);
}

/** The first hexadecimal digits of a SHA-256; names content, protects nothing. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}
