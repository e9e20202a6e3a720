// Carries TCP from a port on 127.0.0.1 to the node, byte for byte, each direction closed on its own.
import { connect, createServer, type Server, type Socket } from "node:net";

export type Target = {
  readonly host: string;
  readonly port: number;
  /** Our end of the link: without it, a node that is gone would be looked for behind the default gateway. */
  readonly from: string;
};

const CONNECT_DEADLINE_MS = 5_000;

/** Resolves when listening; rejects with the system's error when the port is taken. */
export function forward(listenPort: number, target: Target): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) =>
      join(client, target),
    );
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: listenPort, exclusive: true }, () => {
      server.off("error", reject);
      // Running out of file descriptors refuses one connection; the forwarder goes on.
      server.on("error", () => {});
      resolve(server);
    });
  });
}

/** No time or length limit: an idle event stream is as good as a busy one; `pipe` holds back a fast sender. */
function join(client: Socket, target: Target): void {
  const { host, port, from } = target;
  const upstream = connect({ host, port, localAddress: from, allowHalfOpen: true, noDelay: true });
  // A reset on one side is passed on as one: a plain close would look like the polite end of a half.
  const drop = (): void => {
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };
  client.on("error", drop);
  upstream.on("error", drop);
  const late = setTimeout(drop, CONNECT_DEADLINE_MS);
  upstream.once("close", () => clearTimeout(late));
  upstream.once("connect", () => {
    clearTimeout(late);
    client.pipe(upstream);
    upstream.pipe(client);
  });
}
