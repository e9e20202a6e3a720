// s3: objects by signed requests where credentials are found, by unsigned ones where none are.
import type { ArtefactSource, FetchSurroundings } from "./artefact-source.ts";
import { createCredentials } from "./aws-credentials.ts";
import { httpSource } from "./http-source.ts";
import { encode, signRequest } from "./sigv4.ts";

export function s3Source(bucket: string, key: string, around: FetchSurroundings): ArtefactSource {
  const { env } = around;
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? "us-east-1";
  const url = objectUrl({
    bucket,
    key,
    region,
    endpoint: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL,
  });
  const findCredentials = createCredentials(around);
  const headers = async (to: URL, range: Readonly<Record<string, string>>) => {
    const credentials = await findCredentials();
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
