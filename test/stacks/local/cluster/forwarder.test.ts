// The forwarder over real sockets: bytes, half-close, backpressure, ends.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { forward } from "../../../../stacks/local/cluster/forwarder.ts";

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(onClient: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, onClient).listen(0, "127.0.0.1");
  open.push(server);
  await once(server, "listening");
  return portOf(server);
}

async function forwardTo(port: number): Promise<number> {
  const server = await forward(0, { host: "127.0.0.1", port, from: "127.0.0.1" });
  open.push(server);
  return portOf(server);
}

function portOf(server: Server): number {
  // A TCP server that listens has an address object.
  return (server.address() as AddressInfo).port;
}

describe("forward", () => {
  it("answers a caller who has already closed its half", async () => {
    const target = await serve((socket) => {
      void text(socket).then((asked) => socket.end(`got ${asked}`));
    });
    const client = connect({ host: "127.0.0.1", port: await forwardTo(target), allowHalfOpen: true });
    client.end("question");
    expect(await text(client)).toBe("got question");
  });

  it("carries eight megabytes unchanged past a slow reader", async () => {
    const sent = randomBytes(8 * 1024 * 1024);
    const target = await serve((socket) => socket.end(sent));
    const client = connect({ host: "127.0.0.1", port: await forwardTo(target) });
    const hash = createHash("sha256");
    for await (const chunk of client) {
      hash.update(chunk);
      client.pause();
      setImmediate(() => client.resume());
    }
    expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
  });

  it("ends the caller's connection when nobody listens behind it", async () => {
    const unused = await serve(() => {});
    const port = await forwardTo(unused);
    for (const server of open.splice(0, 1)) server.close();
    const client = connect({ host: "127.0.0.1", port });
    const closed = Promise.withResolvers<void>();
    client.on("error", () => {});
    client.once("close", () => closed.resolve());
    await closed.promise;
    expect(client.bytesRead).toBe(0);
  });

  it("lets go of the target when the caller breaks off", async () => {
    const closed = Promise.withResolvers<void>();
    const target = await serve((socket) => {
      socket.on("error", () => {});
      socket.once("close", () => closed.resolve());
      socket.write("first");
    });
    const client = connect({ host: "127.0.0.1", port: await forwardTo(target) });
    await once(client, "data");
    client.resetAndDestroy();
    await closed.promise;
  });

  it("refuses a port that is taken", async () => {
    const taken = await serve(() => {});
    await expect(forward(taken, { host: "127.0.0.1", port: 1, from: "127.0.0.1" })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
