// AWS Signature Version 4 for requests without a body, as S3 wants it: paths are encoded once and never normalised.
import { createHash, createHmac } from "node:crypto";

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

export type SignInput = {
  readonly method: string;
  readonly url: URL;
  /** Headers to sign besides host and the x-amz ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly region: string;
  readonly service: string;
  readonly now: Date;
};

/** SHA-256 of an empty body. */
const EMPTY_BODY = createHash("sha256").update("").digest("hex");

/** Headers to send: the given ones, x-amz-date, x-amz-content-sha256 (S3), the session token and authorization. */
export function signRequest(input: SignInput, credentials: AwsCredentials): Record<string, string> {
  const stamp = input.now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = stamp.slice(0, 8);
  const sent: Record<string, string> = { ...input.headers, "x-amz-date": stamp };
  if (input.service === "s3") sent["x-amz-content-sha256"] = EMPTY_BODY;
  if (credentials.sessionToken !== undefined) sent["x-amz-security-token"] = credentials.sessionToken;
  const signed = Object.entries({ ...sent, host: input.url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, " ")] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(";");
  const canonical = [
    input.method,
    input.url.pathname,
    canonicalQuery(input.url),
    ...signed.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    EMPTY_BODY,
  ].join("\n");
  const scope = `${day}/${input.region}/${input.service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical)].join("\n");
  const signature = hmac(
    signingKey(credentials.secretAccessKey, [day, input.region, input.service]),
    toSign,
  ).toString("hex");
  sent.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`;
  return sent;
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

/** Percent-encoding of RFC 3986, which encodes five characters that encodeURIComponent leaves. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey(secret: string, parts: readonly string[]): Buffer {
  return [...parts, "aws4_request"].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secret}`),
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
