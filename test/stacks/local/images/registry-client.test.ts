// Logging in to a registry, against a small server that plays the challenges of the distribution API.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createRegistryClient } from "../../../../stacks/local/images/registry-client.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Handler = (request: IncomingMessage, response: ServerResponse, url: string) => void;

async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => handler(request, response, url));
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return url;
}

const password = "planted-secret";
const ask = { method: "GET", target: "manifests/x", expect: [200] } as const;

describe("createRegistryClient", () => {
  it("answers a bearer challenge with a token of the named service and scope, and keeps using it", async () => {
    const seen: string[] = [];
    const url = await serve((request, response, self) => {
      seen.push(`${request.url} ${request.headers.authorization ?? "-"}`);
      if (request.url?.startsWith("/token")) return void response.end(JSON.stringify({ token: "t1" }));
      if (request.headers.authorization === "Bearer t1") return void response.end("here");
      const challenge = `Bearer realm="${self}/token",service="registry",scope="repository:a/b:pull"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    const client = createRegistryClient({ url, repository: "a/b", username: "user", password });
    expect(await (await client.send(ask)).text()).toBe("here");
    await client.send(ask);
    const basic = `Basic ${Buffer.from(`user:${password}`).toString("base64")}`;
    expect(seen).toEqual([
      "/v2/a/b/manifests/x -",
      `/token?service=registry&scope=repository%3Aa%2Fb%3Apull ${basic}`,
      "/v2/a/b/manifests/x Bearer t1",
      "/v2/a/b/manifests/x Bearer t1",
    ]);
  });

  it("says which status came, without the password", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end("denied");
    });
    const client = createRegistryClient({ url, repository: "a/b", username: "user", password });
    const error: unknown = await client.send(ask).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "image.registry" });
    expect(String(error)).toContain("answered 401 to GET a/b manifests/x: denied");
    expect(String(error)).not.toContain(password);
  });

  it("keeps its credentials from another host that an upload is sent to", async () => {
    const seen: (string | undefined)[] = [];
    const storage = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(201).end();
    });
    const url = await serve((request, response) => {
      if (request.headers.authorization !== undefined) return void response.end();
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    });
    const client = createRegistryClient({ url, repository: "a/b", username: "user", password });
    await client.send(ask);
    await client.send({ method: "PUT", target: `${storage}/upload`, body: "x", expect: [201] });
    expect(seen).toEqual([undefined]);
  });

  it("names the registry that does not answer", async () => {
    const client = createRegistryClient({ url: "http://127.0.0.1:1", repository: "a/b" });
    await expect(client.send(ask)).rejects.toThrow(/http:\/\/127\.0\.0\.1:1 does not answer: .+/);
  });
});
