// s3: objects by signed requests where credentials are found, by unsigned ones where none are.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ArtefactError } from "./artefact-error.ts";
import type { ArtefactSource, FetchSurroundings } from "./artefact-source.ts";
import { getOnce, httpSource } from "./http-source.ts";
import { type AwsCredentials, encode, signRequest } from "./sigv4.ts";

const CREDENTIALS_TIMEOUT_MS = 10_000;

export function s3Source(bucket: string, key: string, around: FetchSurroundings): ArtefactSource {
  const { env } = around;
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? "us-east-1";
  const url = objectUrl({
    bucket,
    key,
    region,
    endpoint: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL,
  });
  const headers = async (to: URL, range: Readonly<Record<string, string>>) => {
    const credentials = await findCredentials(around);
    if (credentials === undefined) return range;
    return signRequest(
      { method: "GET", url: to, headers: range, region, service: "s3", now: around.now() },
      credentials,
    );
  };
  return httpSource({ url, headers }, around);
}

type Place = {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  readonly endpoint: string | undefined;
};

/** A bucket name with dots fits no wildcard certificate, so it goes into the path like that of another endpoint. */
function objectUrl({ bucket, key, region, endpoint }: Place): URL {
  const path = key.split("/").map(encode).join("/");
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/+$/, "")}/${bucket}/${path}`);
  if (bucket.includes(".")) return new URL(`https://s3.${region}.amazonaws.com/${bucket}/${path}`);
  return new URL(`https://${bucket}.s3.${region}.amazonaws.com/${path}`);
}

/** From the environment, else from the credentials endpoint that EKS Pod Identity and ECS offer, else none. */
async function findCredentials(around: FetchSurroundings): Promise<AwsCredentials | undefined> {
  const { env } = around;
  const accessKeyId = env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = env.AWS_SESSION_TOKEN;
  if (accessKeyId && secretAccessKey) {
    return sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : { accessKeyId, secretAccessKey };
  }
  const endpoint = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  return endpoint === undefined ? undefined : readContainerCredentials(new URL(endpoint), around);
}

const containerCredentials = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
});

async function readContainerCredentials(url: URL, around: FetchSurroundings): Promise<AwsCredentials> {
  const file = around.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const token =
    file === undefined ? around.env.AWS_CONTAINER_AUTHORIZATION_TOKEN : await readFile(file, "utf8");
  const headers = token === undefined ? {} : { authorization: token.trim() };
  const response = await getOnce(url, headers, {
    around,
    signal: AbortSignal.timeout(CREDENTIALS_TIMEOUT_MS),
  });
  const parsed = containerCredentials.safeParse(await response.body.json().catch(() => undefined));
  if (response.statusCode !== 200 || !parsed.success) {
    throw new ArtefactError(
      "artefact.http",
      `credentials endpoint ${url.host}: got status ${response.statusCode}, want 200 with credentials`,
      true,
    );
  }
  return {
    accessKeyId: parsed.data.AccessKeyId,
    secretAccessKey: parsed.data.SecretAccessKey,
    sessionToken: parsed.data.Token,
  };
}
