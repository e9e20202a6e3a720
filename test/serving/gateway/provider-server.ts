// A provider of models over TLS, on loopback: asks for its key, and answers as the fixture's model servers do.

import type { IncomingHttpHeaders } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type SelfSigned, selfSigned } from "../../kit/self-signed.ts";
import { answer, type Behaviour } from "./fixture.ts";

export type ProviderServer = {
  readonly port: number;
  /** What an OpenAI client takes as its base URL; its host is the name of the certificate. */
  readonly baseUrl: string;
  /** The only authority of its certificate. */
  readonly authority: string;
  readonly tls: SelfSigned;
  readonly seen: {
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
    /** Host name by which the client asked for a certificate. */
    readonly servername: string | false | null | undefined;
    readonly status: number;
  }[];
  /** The keys that are good from now on. */
  readonly accept: (...keys: readonly string[]) => void;
  readonly behave: (behaviour: Behaviour) => void;
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

export const PROVIDER_KEY = "sk-planted-provider-key-0001";

export type ProviderServerSettings = {
  /** Whose name the certificate has. */
  readonly name?: string;
  readonly address?: string;
  /** A free one when left out. */
  readonly port?: number;
  /** A new one when left out. */
  readonly tls?: SelfSigned;
};

export async function startProvider(settings: ProviderServerSettings = {}): Promise<ProviderServer> {
  const { name = "localhost", address = "127.0.0.1" } = settings;
  const tls = settings.tls ?? (await selfSigned(name));
  const seen: ProviderServer["seen"] = [];
  let keys: readonly string[] = [`Bearer ${PROVIDER_KEY}`];
  let behaviour: Behaviour = answer;
  let connections = 0;
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const given = request.headers.authorization ?? String(request.headers["api-key"]);
      const isGood = keys.includes(given);
      if (isGood) behaviour(body, response, request.socket);
      else refuse(response, given);
      // A TLS server's sockets are its own kind.
      const { servername } = request.socket as TLSSocket;
      const { url = "", headers } = request;
      seen.push({ url, headers, body, servername, status: isGood ? 200 : 401 });
    });
  });
  server.on("secureConnection", (_socket: Socket) => {
    connections += 1;
  });
  const port = await listen(server, settings.port ?? 0, address);
  return {
    port,
    baseUrl: `https://${name}:${port}/base/v1`,
    authority: tls.cert,
    tls,
    seen,
    accept: (...good) => {
      keys = good.map((key) => `Bearer ${key}`);
    },
    behave: (next) => {
      behaviour = next;
    },
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** As OpenAI words it: with a part of the key. */
function refuse(response: Parameters<Behaviour>[1], given: string): void {
  const message = `Incorrect API key provided: ${given}. Find yours at https://platform.example.com/account.`;
  const error = { message, type: "invalid_request_error", param: null, code: "invalid_api_key" };
  response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error }));
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // A TCP server's address is an object, never a pipe's name.
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}
