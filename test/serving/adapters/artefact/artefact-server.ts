// A web server on the loopback for one artefact: ranges, cuts and redirects as a test wants them, also over TLS.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** Lets the caller read what was sent before the connection breaks. */
const CUT_AFTER_MS = 50;

export type Seen = { readonly url: string; readonly headers: IncomingMessage["headers"] };
export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;
export type ArtefactServer = {
  readonly origin: string;
  readonly seen: Seen[];
  readonly close: () => Promise<void>;
};

export async function serveArtefact(
  answer: Answer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<ArtefactServer> {
  const seen: Seen[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    answer(request, response, seen.length);
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is an object, never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`, seen, close };
}

/** Sends the bytes from where the caller asks; stops after `cutAt` bytes of the artefact by breaking the connection. */
export function sendBytes(bytes: Buffer, cutAt = Number.POSITIVE_INFINITY): Answer {
  return (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (from > 0 && from >= bytes.length) {
      response.writeHead(416).end();
      return;
    }
    const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { "content-length": bytes.length - from, ...range });
    if (cutAt >= bytes.length) response.end(bytes.subarray(from));
    else
      response.write(bytes.subarray(from, cutAt), () => setTimeout(() => response.destroy(), CUT_AFTER_MS));
  };
}
